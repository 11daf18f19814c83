/**
 * One connection and the three streams: stdin goes out, what comes goes to stdout.
 *
 *     stdin ──▶ send ──▶ FIN at its end          neither loop ever waits
 *     stdout ◀── receive ◀── until the peer's FIN     for the other
 *
 * The peer's FIN ends stdout at once, stdin may go on; when both directions are
 * over, so is the conversation. Ctrl-C, a stdout that nobody reads and a stdin that
 * cannot be read end it before.
 */
import { NetError } from "../base/errors.ts";
import type { Ending } from "../base/events.ts";
import type { Connection } from "../net/index.ts";
import { exitOfEnding, type ExitName } from "./exit.ts";
import type { Narrator } from "./narrator.ts";
import { Interruption } from "./signals.ts";
import type { Terminal } from "./terminal.ts";

export interface ConverseOptions {
  /** Shows a peer's control bytes to a terminal as they are. */
  readonly raw: boolean;
  /** Tells why it ended, if not well. */
  readonly narrator: Narrator;
}

/** Talks until both sides are done; resolves to what that means for the exit. */
export async function converse(
  connection: Connection,
  terminal: Terminal,
  options: ConverseOptions,
): Promise<ExitName> {
  const signals = new Interruption();
  const outcome = await Promise.race([
    signals.asked.then((): ExitName => "interrupted"),
    terminal.stdoutBroken.then((): ExitName => "brokenPipe"),
    sendInput(connection, terminal),
    receiveOutput(connection, terminal, options.raw),
  ]);
  signals.ignore();
  if (typeof outcome === "string") await connection.abort();
  if (terminal.stdoutIsBroken) return terminal.brokenStdout();
  if (typeof outcome === "string") return outcome;
  if (outcome.error !== undefined) options.narrator.ended(outcome.error);
  return exitOfEnding(outcome);
}

/** Sends stdin to its end, then FIN. Resolves only if stdin cannot be read. */
async function sendInput(connection: Connection, terminal: Terminal): Promise<ExitName> {
  try {
    for await (const chunk of terminal.input()) await connection.write(chunk);
  } catch (error) {
    // A failed send is told by the connection's ending.
    if (!(error instanceof NetError)) {
      terminal.say(`portcall: standard input: ${(error as Error).message}`);
      return "file";
    }
  }
  await connection.end().catch(() => undefined);
  return new Promise(() => undefined);
}

/** Prints what comes; resolves when the connection has ended, and all of it is printed. */
async function receiveOutput(connection: Connection, terminal: Terminal, raw: boolean): Promise<Ending> {
  const output = terminal.output(raw);
  try {
    for await (const chunk of connection) await output.write(chunk);
  } catch {
    // Why it ended is told by the connection's ending, after its last words.
  }
  await output.end();
  await terminal.endOutput();
  // Nobody is left to answer to: what a person types would go nowhere.
  if (terminal.stdinIsTerminal) await connection.close();
  return connection.closed;
}
