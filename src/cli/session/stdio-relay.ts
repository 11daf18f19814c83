/**
 * The stdio relay: joins one connection to stdin and stdout.
 *
 *     stdin ──▶ send ──▶ FIN at its end               neither loop ever waits
 *     stdout ◀── receive ◀── until the peer's FIN     for the other
 *
 * The peer's FIN ends stdout at once. stdin goes on until it ends, or gives nothing for a while (quiet-stdin.ts). The
 * relay is over when both directions are. `EndRules` say what the end of stdin means. Ctrl-C, a broken stdout or an
 * unreadable stdin end the relay early. On a terminal, lines are edited, and Ctrl-C gives the peer time to finish.
 */
import { pause, systemClock } from "../../base/clock.ts";
import type { CloseInfo } from "../../base/events.ts";
import type { Connection } from "../../net/index.ts";
import { exitOfClose, type ExitName } from "../exit.ts";
import { QuietStdin } from "./quiet-stdin.ts";
import { never, relay } from "./relay.ts";
import { pumpStdin } from "./stdin-pump.ts";
import type { InteractiveChoices } from "../args/interactive-options.ts";
import { HexDump } from "../tty/hex.ts";
import { CloseGrace } from "../tty/close-grace.ts";
import { nameOf } from "../report/verbose.ts";
import type { Reporter } from "../report/reporter.ts";
import { interruptedByKey, Interruption } from "../signals.ts";
import { stdinIsNull } from "../tty/stdin-null.ts";
import type { PeerOutput, Terminal } from "../tty/terminal.ts";

/** What the end of stdin and the peer's FIN mean. */
export interface EndRules {
  /** Whether stdin is read and sent. */
  readonly sends: boolean;
  /** Whether received bytes are written out, or discarded. */
  readonly receives: boolean;
  /** At the end of stdin: send FIN, send FIN unless stdin is /dev/null, wait for the peer's FIN, or close. */
  readonly atInputEnd: "fin" | "fin-unless-null" | "wait" | "close";
  /** Ends this long after FIN is sent at the end of stdin. */
  readonly quitMs: number;
  /** After the peer's FIN, ends when stdin gives nothing for this long. */
  readonly halfCloseMs: number;
}

export interface StdioRelayOptions extends InteractiveChoices {
  /** Reports why the connection closed, if it failed. */
  readonly reporter: Reporter;
  readonly ends: EndRules;
  /** The input in place of stdin. */
  readonly input?: AsyncIterable<Uint8Array>;
  readonly output?: PeerOutput;
  /** Ctrl-C on a terminal ends at once. */
  readonly interruptEndsAtOnce?: boolean;
  /** The exit for a closed connection. Default: `exitOfClose`. */
  readonly exitOf?: (ending: CloseInfo) => ExitName;
  /** The exit after the reader of stdout has gone, if all of stdin was sent. Default: `brokenPipe`. */
  readonly brokenStdoutExit?: ExitName;
}

/** Relays until both directions have ended; resolves to the exit. */
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
    // Telnet decides itself when keys are passed. Hex rows need the line discipline of the terminal.
    if (options.raw && terminal.promptCommands === undefined) terminal.passKeys(true);
    if (!options.hex) await terminal.offerKeys(interrupted);
  }
  const givenUp = talk.closeGrace.givenUp.then((): ExitName => "interrupted");
  const directions = [givenUp, sendInput(talk), receiveOutput(talk)];
  const outcome = await relay(terminal, signals, directions, async (first) => {
    talk.closeGrace.end();
    talk.quietStdin.stop();
    // A reset would discard what the peer has not received yet.
    const mayEndWell = first === "brokenPipe" && options.brokenStdoutExit !== undefined && talk.inputHasEnded;
    if (mayEndWell && connection.bytesSent > 0) await connection.close();
    else if (typeof first === "string") await connection.abort();
  });
  if (outcome === "brokenPipe") return exitOfBrokenStdout(talk);
  return typeof outcome === "string" ? outcome : exitOf(outcome, talk);
}

function exitOfBrokenStdout({ connection, terminal, options, inputHasEnded }: RelayedConnection): ExitName {
  const isSent = inputHasEnded || terminal.stdinIsTerminal;
  const isLost = !isSent || connection.closeInfo?.how === "reset" || connection.closeInfo?.bytesUnsent !== 0;
  return isLost ? "brokenPipe" : (options.brokenStdoutExit ?? "brokenPipe");
}

interface RelayedConnection {
  readonly connection: Connection;
  readonly terminal: Terminal;
  readonly options: StdioRelayOptions;
  readonly closeGrace: CloseGrace;
  readonly quietStdin: QuietStdin;
  readonly dump: HexDump | undefined;
  /** Resolves when `peerHasEnded` is called: the peer has ended, and all received bytes are written out. */
  readonly peerEnded: Promise<void>;
  readonly peerHasEnded: () => void;
  /** Data that was lost without an error. */
  readonly lost: { input: boolean; receivedBytes: number };
  /** All of stdin has been passed to the connection, or none is sent. */
  inputHasEnded: boolean;
}

function createTalk(
  connection: Connection,
  terminal: Terminal,
  options: StdioRelayOptions,
): RelayedConnection {
  const clock = systemClock;
  const say = (line: string): void => {
    terminal.say(line);
  };
  let peerHasEnded!: () => void;
  const peerEnded = new Promise<void>((resolve) => {
    peerHasEnded = resolve;
  });
  return {
    connection,
    terminal,
    options,
    closeGrace: new CloseGrace({ clock, say: terminal.stderrIsTerminal ? say : undefined }),
    quietStdin: new QuietStdin(clock, options.ends.halfCloseMs),
    dump: options.hex ? new HexDump() : undefined,
    peerEnded,
    peerHasEnded,
    lost: { input: false, receivedBytes: 0 },
    inputHasEnded: false,
  };
}

/** Sends stdin to its end, and then does what the rules say. Resolves only if stdin cannot be read. */
async function sendInput(talk: RelayedConnection): Promise<ExitName> {
  const { connection, terminal, options, closeGrace, quietStdin } = talk;
  const { sends, atInputEnd, quitMs } = options.ends;
  const hasInput = sends && !(atInputEnd === "fin-unless-null" && stdinIsNull());
  if (hasInput) {
    const failure = await pumpStdin(terminal, {
      input: options.input,
      crlf: options.crlf,
      through: (input) => quietStdin.watch(input),
      send: (piece) => sendPiece(talk, piece),
    });
    if (typeof failure === "string") return failure;
    // Why a write failed stands in the connection's CloseInfo, unless the half-close timeout closed it.
    if (failure !== undefined) talk.lost.input = quietStdin.isOver;
    else talk.inputHasEnded = true;
  } else {
    talk.inputHasEnded = true;
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

async function sendPiece(
  { connection, terminal, dump }: RelayedConnection,
  piece: Uint8Array,
): Promise<void> {
  await connection.write(piece);
  if (dump !== undefined) await terminal.printRows(dump.sent(piece));
}

/** Ends this long after our FIN, although the peer has not ended. */
async function quit(
  { connection, terminal, options, lost }: RelayedConnection,
  quitMs: number,
): Promise<void> {
  await pause(systemClock, quitMs);
  if (connection.closeInfo !== undefined) return;
  const before = connection.bytesReceived;
  const { bytesReceived } = await connection.close();
  if (options.ends.receives) lost.receivedBytes = bytesReceived - before;
  if (quitMs > 0 && options.exitOf === undefined)
    terminal.say(`portcall: closed ${quitMs} ms after the end of stdin (-q), before the peer's FIN`);
}

/** Writes out received bytes; resolves when the connection is closed and all of them are written. */
async function receiveOutput(talk: RelayedConnection): Promise<CloseInfo> {
  const { connection, terminal, options, quietStdin, dump } = talk;
  const { sends, receives } = options.ends;
  const output = receives ? (options.output ?? stdoutOf(terminal, options.raw)) : nowhere;
  try {
    for await (const chunk of connection) {
      if (dump === undefined) await output.write(chunk);
      else if (receives) await terminal.printRows(dump.received(chunk));
    }
  } catch {
    // The close info shows the reason, after all bytes that were received before.
  }
  await output.end();
  talk.peerHasEnded();
  void quietStdin.over.then(() => connection.close());
  // The peer no longer reads, so what a user types would be lost.
  if (terminal.stdinIsTerminal && sends) await connection.close();
  else quietStdin.peerEnded();
  return connection.closed;
}

const nowhere: PeerOutput = { write: () => Promise.resolve(), end: () => Promise.resolve() };

/** Writes received bytes to stdout, and ends stdout with them. */
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

/** The exit for a closed connection: never success if bytes were lost. Reports a loss that has no error. */
function exitOf(ending: CloseInfo, { connection, terminal, options, lost }: RelayedConnection): ExitName {
  const exit = (options.exitOf ?? exitOfClose)(ending);
  if (ending.error !== undefined && exit !== "ok") options.reporter.ended(ending.error);
  if (ending.how !== "fin") return exit;
  const peer = nameOf(connection.remote);
  if (ending.bytesUnsent > 0) {
    terminal.fail(`portcall: ${peer} did not receive the last ${ending.bytesUnsent} bytes`);
    return "closedEarly";
  }
  if (lost.input) {
    terminal.fail(`portcall: input after the FIN of ${peer} was not sent`);
    return "closedEarly";
  }
  if (lost.receivedBytes > 0) {
    terminal.fail(`portcall: ${lost.receivedBytes} bytes from ${peer} arrived after -q and were discarded`);
    return options.exitOf === undefined ? "closedEarly" : exit;
  }
  // Some servers and proxies take a FIN to mean that the client has disconnected.
  const isUnanswered = ending.by === "us" && ending.bytesReceived === 0 && ending.bytesSent > 0;
  const byDefault = options.ends.atInputEnd === "fin-unless-null" && options.ends.receives;
  if (isUnanswered && byDefault && !terminal.stdinIsTerminal) {
    terminal.say(
      `portcall: ${peer} ended without sending a byte after our FIN; if you expected an answer, try --no-shutdown`,
    );
  }
  return exit;
}
