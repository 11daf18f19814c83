/**
 * One connection and the three streams: stdin goes out, what comes goes to stdout.
 *
 *     stdin ──▶ send ──▶ FIN at its end               neither loop ever waits
 *     stdout ◀── receive ◀── until the peer's FIN     for the other
 *
 * The peer's FIN ends stdout at once; stdin may go on, until it ends or gives nothing for a
 * while (half-close.ts). When both directions are over, so is the conversation. `EndRules`
 * say what the end of stdin means. Ctrl-C, a broken stdout and an unreadable stdin end it
 * before. On a terminal, lines are edited, and Ctrl-C gives the peer time to finish.
 */
import { pause, systemClock } from "../../base/clock.ts";
import { NetError } from "../../base/errors.ts";
import type { CloseInfo } from "../../base/events.ts";
import type { Connection } from "../../net/index.ts";
import { exitOfClose, type ExitName } from "../exit.ts";
import { HalfClose } from "./half-close.ts";
import { withCrlf } from "../tty/crlf.ts";
import type { InteractiveChoices } from "../args/interactive-options.ts";
import { HexDump } from "../tty/hex.ts";
import { CloseGrace } from "../tty/close-grace.ts";
import { nameOf } from "../report/verbose.ts";
import type { Reporter } from "../report/reporter.ts";
import { interruptedByKey, Interruption } from "../signals.ts";
import { stdinIsNull } from "../tty/stdin-null.ts";
import type { PeerOutput, Terminal } from "../tty/terminal.ts";

/** What the ends of stdin and of the peer mean. */
export interface EndRules {
  /** Whether stdin is read and sent. */
  readonly sends: boolean;
  /** Whether what comes is written out; otherwise it is discarded. */
  readonly receives: boolean;
  /** Sends FIN at the end of stdin, or unless stdin is /dev/null; waits for the peer's FIN; or closes. */
  readonly atInputEnd: "fin" | "fin-unless-null" | "wait" | "close";
  /** Ends so long after FIN is sent at the end of stdin. */
  readonly quitMs: number;
  /** After the peer's FIN, ends when stdin gives nothing for so long. */
  readonly halfCloseMs: number;
}

export interface StdioRelayOptions extends InteractiveChoices {
  /** Reports why it ended, if not well. */
  readonly reporter: Reporter;
  readonly ends: EndRules;
  /** Sent in place of stdin. */
  readonly input?: AsyncIterable<Uint8Array>;
  /** Written to in place of stdout. */
  readonly output?: PeerOutput;
  /** Ctrl-C on a terminal ends at once. */
  readonly interruptEndsAtOnce?: boolean;
  /** The exit for an ending; `exitOfEnding` unless given. */
  readonly exitOf?: (ending: CloseInfo) => ExitName;
}

/** Talks until both sides are done; resolves to what that means for the exit. */
export async function relayStdio(
  connection: Connection,
  terminal: Terminal,
  options: StdioRelayOptions,
): Promise<ExitName> {
  const signals = new Interruption();
  const talk = createTalk(connection, terminal, options);
  if (options.input === undefined && options.ends.sends) {
    const interrupted = (): void => {
      interruptedByKey();
      talk.closeGrace.hurry(options.interruptEndsAtOnce === true ? 0 : undefined);
    };
    if (terminal.isInteractive) await terminal.interact({ history: options.history, interrupted });
    // Telnet decides by itself when keys are passed; rows of hex need a terminal that starts lines.
    if (options.raw && terminal.promptCommands === undefined) terminal.passKeys(true);
    if (!options.hex) await terminal.offerKeys(interrupted);
  }
  const outcome = await Promise.race([
    signals.asked.then((): ExitName => "interrupted"),
    talk.closeGrace.givenUp.then((): ExitName => "interrupted"),
    terminal.stdoutBroken.then((): ExitName => "brokenPipe"),
    sendInput(talk),
    receiveOutput(talk),
  ]);
  signals.ignore();
  talk.closeGrace.end();
  talk.halfClose.stop();
  if (typeof outcome === "string") await connection.abort();
  terminal.release();
  if (terminal.stdoutIsBroken) return terminal.brokenStdout();
  if (typeof outcome === "string") return outcome;
  return exitOf(outcome, talk);
}

/** What both directions of a conversation share. */
interface Talk {
  readonly connection: Connection;
  readonly terminal: Terminal;
  readonly options: StdioRelayOptions;
  readonly closeGrace: CloseGrace;
  readonly halfClose: HalfClose;
  readonly dump: HexDump | undefined;
  /** Resolves when `tellPeerEnded` is called: the peer has ended, and all that came is written out. */
  readonly peerEnded: Promise<void>;
  readonly tellPeerEnded: () => void;
  /** What was lost although no error says so. */
  readonly lost: { input: boolean; receivedBytes: number };
}

function createTalk(connection: Connection, terminal: Terminal, options: StdioRelayOptions): Talk {
  const clock = systemClock;
  const say = (line: string): void => {
    terminal.say(line);
  };
  let tellPeerEnded!: () => void;
  const peerEnded = new Promise<void>((resolve) => {
    tellPeerEnded = resolve;
  });
  return {
    connection,
    terminal,
    options,
    closeGrace: new CloseGrace({ clock, say: terminal.stderrIsTerminal ? say : undefined }),
    halfClose: new HalfClose(clock, options.ends.halfCloseMs),
    dump: options.hex ? new HexDump() : undefined,
    peerEnded,
    tellPeerEnded,
    lost: { input: false, receivedBytes: 0 },
  };
}

/** Sends stdin to its end, and does then what the rules say. Resolves only if stdin cannot be read. */
async function sendInput(talk: Talk): Promise<ExitName> {
  const { connection, terminal, options, closeGrace } = talk;
  const { sends, atInputEnd, quitMs } = options.ends;
  const hasInput = sends && !(atInputEnd === "fin-unless-null" && stdinIsNull());
  try {
    if (hasInput) await sendAll(talk);
  } catch (error) {
    if (!(error instanceof NetError)) return terminal.brokenStdin(error);
    // The connection's ending tells why it could not be sent, unless we had closed for want of input.
    talk.lost.input = talk.halfClose.isOver;
  }
  if (atInputEnd === "close") {
    await connection.close();
    return never;
  }
  if (!hasInput || atInputEnd === "wait") await talk.peerEnded;
  const isSent = await connection.end().then(
    () => true,
    () => false,
  );
  if (isSent) closeGrace.finSent();
  if (isSent && quitMs !== Infinity) await quit(talk, quitMs);
  return never;
}

const never: Promise<never> = new Promise<never>(() => undefined);

async function sendAll({ connection, terminal, options, halfClose, dump }: Talk): Promise<void> {
  const input = options.input ?? terminal.input();
  const chunks = (options.crlf ? withCrlf(input) : input)[Symbol.asyncIterator]();
  for (;;) {
    halfClose.inputAwaited();
    const next = await chunks.next();
    halfClose.inputCame();
    if (next.done === true) return;
    await connection.write(next.value);
    if (dump !== undefined) await terminal.printRows(dump.sent(next.value));
  }
}

/** Ends although the peer has not, so long after FIN. */
async function quit({ connection, terminal, options, lost }: Talk, quitMs: number): Promise<void> {
  await pause(systemClock, quitMs);
  if (connection.closeInfo !== undefined) return;
  const before = connection.bytesReceived;
  const { bytesReceived } = await connection.close();
  if (options.ends.receives) lost.receivedBytes = bytesReceived - before;
  if (quitMs > 0 && options.exitOf === undefined)
    terminal.say(`portcall: ended ${quitMs} ms after the end of stdin (-q), before the peer had ended`);
}

/** Writes out what comes; resolves when the connection has ended, and all of it is written. */
async function receiveOutput(talk: Talk): Promise<CloseInfo> {
  const { connection, terminal, options, halfClose, dump } = talk;
  const { sends, receives } = options.ends;
  const output = receives ? (options.output ?? stdoutOf(terminal, options.raw)) : nowhere;
  try {
    for await (const chunk of connection) {
      if (dump === undefined) await output.write(chunk);
      else if (receives) await terminal.printRows(dump.received(chunk));
    }
  } catch {
    // Why it ended is told by the connection's ending, after all that had come before.
  }
  await output.end();
  talk.tellPeerEnded();
  void halfClose.over.then(() => connection.close());
  // Nobody reads any more what a person would type.
  if (terminal.stdinIsTerminal && sends) await connection.close();
  else halfClose.peerEnded();
  return connection.closed;
}

const nowhere: PeerOutput = { write: () => Promise.resolve(), end: () => Promise.resolve() };

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

/** What an ending means for the exit: never success when bytes were lost. Says what its error does not. */
function exitOf(ending: CloseInfo, { connection, terminal, options, lost }: Talk): ExitName {
  const exit = (options.exitOf ?? exitOfClose)(ending);
  if (ending.error !== undefined && exit !== "ok") options.reporter.ended(ending.error);
  if (ending.how !== "fin") return exit;
  const peer = nameOf(connection.remote);
  if (ending.bytesUnsent > 0) {
    terminal.fail(`portcall: ${peer} did not take the last ${ending.bytesUnsent} bytes`);
    return "closedEarly";
  }
  if (lost.input) {
    terminal.fail(`portcall: what stdin gave after ${peer} had ended was not sent`);
    return "closedEarly";
  }
  if (lost.receivedBytes > 0) {
    terminal.fail(`portcall: ${lost.receivedBytes} bytes of ${peer} came after -q, and were discarded`);
    return options.exitOf === undefined ? "closedEarly" : exit;
  }
  // Some servers and proxies take FIN for a client that has gone.
  const isUnanswered = ending.by === "us" && ending.bytesReceived === 0 && ending.bytesSent > 0;
  const byDefault = options.ends.atInputEnd === "fin-unless-null" && options.ends.receives;
  if (isUnanswered && byDefault && !terminal.stdinIsTerminal) {
    terminal.say(
      `portcall: ${peer} ended without sending a byte after our FIN; if you expected an answer, try --no-shutdown`,
    );
  }
  return exit;
}
