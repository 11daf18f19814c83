/**
 * One connection and the three streams: stdin goes out, what comes goes to stdout.
 *
 *     stdin ──▶ send ──▶ FIN at its end          neither loop ever waits
 *     stdout ◀── receive ◀── until the peer's FIN     for the other
 *
 * The peer's FIN ends stdout at once, stdin may go on; when both directions are
 * over, so is the conversation.
 */
import { NetError } from "../base/errors.ts";
import type { Ending } from "../base/events.ts";
import type { Connection } from "../net/index.ts";
import { exitOfEnding, type ExitName } from "./exit.ts";
import { onInterrupt } from "./signals.ts";
import type { Terminal } from "./terminal.ts";

export interface ConverseOptions {
  /** Shows a peer's control bytes to a terminal as they are. */
  readonly raw: boolean;
}

/** Talks until both sides are done; resolves to what that means for the exit. */
export async function converse(
  connection: Connection,
  terminal: Terminal,
  options: ConverseOptions,
): Promise<ExitName> {
  let interrupted = false;
  const ignoreSignals = onInterrupt(() => {
    interrupted = true;
    void connection.abort();
  });
  void terminal.stdoutBroken.then(() => connection.abort());
  const inputFailure = sendInput(connection, terminal);
  await receiveOutput(connection, terminal, options.raw);
  const ending = await connection.closed;
  ignoreSignals();
  if (terminal.stdoutIsBroken) return "brokenPipe";
  if (interrupted) return "interrupted";
  return exitOf(ending, await Promise.race([inputFailure, undefined]), terminal);
}

/** Sends stdin to its end, then FIN. Resolves to why stdin could not be read, if so. */
async function sendInput(connection: Connection, terminal: Terminal): Promise<string | undefined> {
  try {
    for await (const chunk of terminal.input()) await connection.write(chunk);
  } catch (error) {
    // A failed send is told by the connection's ending.
    if (!(error instanceof NetError)) {
      await connection.close();
      return (error as Error).message;
    }
  }
  await connection.end().catch(() => undefined);
  return undefined;
}

async function receiveOutput(connection: Connection, terminal: Terminal, raw: boolean): Promise<void> {
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
}

function exitOf(ending: Ending, inputFailure: string | undefined, terminal: Terminal): ExitName {
  if (inputFailure !== undefined) {
    terminal.say(`portcall: standard input: ${inputFailure}`);
    return "file";
  }
  if (ending.error !== undefined) terminal.say(`portcall: ${ending.error.message}`);
  return exitOfEnding(ending);
}
