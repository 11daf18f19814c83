/**
 * One connection and the three streams: stdin goes out, what comes goes to stdout.
 *
 *     stdin ──▶ send ──▶ FIN at its end          neither loop ever waits
 *     stdout ◀── receive ◀── until the peer's FIN     for the other
 *
 * The peer's FIN ends stdout at once, stdin may go on; when both directions are
 * over, so is the conversation. Ctrl-C, a stdout that nobody reads and a stdin that
 * cannot be read end it before. On a terminal, lines are edited, and Ctrl-C gives
 * the peer the time for its last words.
 */
import { setImmediate as eventLoopTurns } from "node:timers/promises";
import { systemClock } from "../base/clock.ts";
import { NetError } from "../base/errors.ts";
import type { Ending } from "../base/events.ts";
import type { Connection } from "../net/index.ts";
import { exitOfEnding, type ExitName } from "./exit.ts";
import { CrlfHint } from "./interactive/crlf-hint.ts";
import { withCrlf } from "./interactive/crlf.ts";
import type { HandChoices } from "./interactive/hand-options.ts";
import { HexDump } from "./interactive/hex.ts";
import { Parting } from "./interactive/parting.ts";
import type { Narrator } from "./narrator.ts";
import { Interruption } from "./signals.ts";
import type { PeerOutput, Terminal } from "./terminal.ts";

export interface ConverseOptions extends HandChoices {
  /** Tells why it ended, if not well. */
  readonly narrator: Narrator;
  /** Where the manners are others than those above. */
  readonly manners?: Manners;
}

/** How else a conversation can be held. */
export interface Manners {
  /** What is sent in place of stdin. */
  readonly input?: AsyncIterable<Uint8Array>;
  /** Where what comes goes in place of stdout. */
  readonly output?: PeerOutput;
  /** Called at the end of the input, in place of sending FIN; `peerEnded` resolves when all that came is shown. */
  readonly inputEnded?: (connection: Connection, peerEnded: Promise<void>) => Promise<unknown>;
  /** The peer's FIN ends it, whatever could still be sent. */
  readonly endsWithPeer?: boolean;
}

/** Talks until both sides are done; resolves to what that means for the exit. */
export async function converse(
  connection: Connection,
  terminal: Terminal,
  options: ConverseOptions,
): Promise<ExitName> {
  const signals = new Interruption();
  const talk = createTalk(connection, terminal, options);
  if (options.manners?.input === undefined) {
    const interrupted = (): void => {
      talk.hint?.end();
      talk.parting.hurry();
    };
    if (terminal.isInteractive) await terminal.interact({ history: options.history, interrupted });
    // Telnet decides by itself when keys are passed; rows of hex need a terminal that starts lines.
    if (options.raw && terminal.promptCommands === undefined) terminal.passKeys(true);
    if (!options.hex) await terminal.offerKeys(interrupted);
  }
  const outcome = await Promise.race([
    signals.asked.then((): ExitName => "interrupted"),
    talk.parting.givenUp.then((): ExitName => "interrupted"),
    terminal.stdoutBroken.then((): ExitName => "brokenPipe"),
    sendInput(talk),
    receiveOutput(talk),
  ]);
  signals.ignore();
  talk.parting.end();
  talk.hint?.end();
  if (typeof outcome === "string") await connection.abort();
  terminal.release();
  if (terminal.stdoutIsBroken) return terminal.brokenStdout();
  if (typeof outcome === "string") return outcome;
  if (outcome.error !== undefined) options.narrator.ended(outcome.error);
  return exitOfEnding(outcome);
}

/** What both directions of a conversation need. */
interface Talk {
  readonly connection: Connection;
  readonly terminal: Terminal;
  readonly options: ConverseOptions;
  readonly parting: Parting;
  readonly hint: CrlfHint | undefined;
  readonly dump: HexDump | undefined;
  /** Resolves when `tellPeerEnded` is called: the peer has ended, and all that came is shown. */
  readonly peerEnded: Promise<void>;
  readonly tellPeerEnded: () => void;
}

function createTalk(connection: Connection, terminal: Terminal, options: ConverseOptions): Talk {
  const clock = systemClock;
  const { remote } = connection;
  const port = remote === undefined || remote.family === "unix" ? undefined : remote.port;
  const say = (line: string): void => {
    terminal.say(line);
  };
  const isWatched = terminal.stderrIsTerminal;
  let tellPeerEnded!: () => void;
  const peerEnded = new Promise<void>((resolve) => {
    tellPeerEnded = resolve;
  });
  return {
    connection,
    terminal,
    options,
    parting: new Parting({ clock, say: isWatched ? say : undefined }),
    hint: isWatched ? new CrlfHint({ clock, say, port }) : undefined,
    dump: options.hex ? new HexDump() : undefined,
    peerEnded,
    tellPeerEnded,
  };
}

/** Sends stdin to its end, then FIN. Resolves only if stdin cannot be read. */
async function sendInput(talk: Talk): Promise<ExitName> {
  const { connection, terminal, options, parting, hint, dump } = talk;
  const { manners: { inputEnded = endOurSide, ...manners } = {} } = options;
  try {
    const input = manners.input ?? terminal.input();
    for await (const chunk of options.crlf ? withCrlf(input) : input) {
      await connection.write(chunk);
      hint?.sent(chunk);
      if (dump !== undefined) await terminal.printRows(dump.sent(chunk));
    }
  } catch (error) {
    // A failed send is told by the connection's ending.
    if (!(error instanceof NetError)) {
      return terminal.brokenStdin(error);
    }
  }
  await inputEnded(connection, talk.peerEnded).then(
    () => {
      parting.finSent();
    },
    () => undefined,
  );
  return new Promise(() => undefined);
}

function endOurSide(connection: Connection): Promise<void> {
  return connection.end();
}

/** Prints what comes; resolves when the connection has ended, and all of it is printed. */
async function receiveOutput(talk: Talk): Promise<Ending> {
  const { connection, terminal, options, hint, dump } = talk;
  const output = options.manners?.output ?? stdoutOf(terminal, options.raw);
  try {
    for await (const chunk of connection) {
      hint?.received(chunk);
      await (dump === undefined ? output.write(chunk) : terminal.printRows(dump.received(chunk)));
    }
  } catch {
    // Why it ended is told by the connection's ending, after its last words.
  }
  await output.end();
  talk.tellPeerEnded();
  const endsWithPeer = options.manners?.endsWithPeer === true;
  // What stands in stdin by now goes first: the peer's last words and its FIN may have come before it was looked at.
  if (endsWithPeer) for (let turns = 0; turns < 2; turns++) await eventLoopTurns();
  // Nobody is left to answer to: what a person types would go nowhere.
  if (terminal.stdinIsTerminal || endsWithPeer) await connection.close();
  return connection.closed;
}

/** Shows what comes on stdout, and ends that with it. */
function stdoutOf(terminal: Terminal, raw: boolean): PeerOutput {
  const output = terminal.output(raw);
  return {
    write: (bytes) => output.write(bytes),
    async end() {
      await output.end();
      await terminal.endOutput();
    },
  };
}
