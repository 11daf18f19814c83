/**
 * The stdio relay for datagrams: sends stdin, and writes received datagrams to stdout.
 *
 * A peer cannot send an end of stream. So the relay ends when the port is unreachable, after silence, some time after
 * the end of stdin, or at Ctrl-C.
 */
import { systemClock } from "../../../base/clock.ts";
import { NetError } from "../../../base/errors.ts";
import { exitOfError, type ExitName } from "../../exit.ts";
import { HexDump } from "../../tty/hex.ts";
import type { Reporter } from "../../report/reporter.ts";
import { Interruption } from "../../signals.ts";
import type { Terminal } from "../../tty/terminal.ts";
import { never, relay } from "../relay.ts";
import { pumpStdin } from "../stdin-pump.ts";
import { datagramsOf } from "./input.ts";
import type { DatagramPeer } from "./peer.ts";

export interface DatagramRelayOptions {
  /** Shows a peer's control bytes to a terminal as they are. */
  readonly raw: boolean;
  /** Shows sent and received bytes as offset, hex and ASCII. */
  readonly hex?: boolean;
  /** Whether received datagrams are written out, or discarded. Default: written out. */
  readonly receives?: boolean;
  readonly reporter: Reporter;
  /** The input in place of stdin. */
  readonly input?: AsyncIterable<Uint8Array>;
  /** When to end after the end of stdin. Without it, the end of stdin ends nothing. */
  readonly afterInput: AfterInput | undefined;
  /** Ends after this many received datagrams. */
  readonly datagramsMax?: number;
}

/** When the relay is over, once stdin has ended. */
export interface AfterInput {
  /** This long after the end of stdin, whatever is received. */
  readonly quitMs: number;
  /** When nothing has been received for this long. */
  readonly silenceMs: number;
}

/** Relays until something ends it; resolves to the exit. */
export async function relayDatagrams(
  peer: DatagramPeer,
  terminal: Terminal,
  options: DatagramRelayOptions,
): Promise<ExitName> {
  const inputEnded = new AbortController();
  const dump = options.hex === true ? new HexDump() : undefined;
  const directions = [
    sendInput(peer, terminal, options, inputEnded, dump),
    receiveOutput(peer, terminal, options, inputEnded.signal, dump),
  ];
  return relay(terminal, new Interruption(), directions, () => peer.close());
}

/** Sends stdin to its end. Resolves only if that fails. */
async function sendInput(
  peer: DatagramPeer,
  terminal: Terminal,
  { reporter, input }: DatagramRelayOptions,
  ended: AbortController,
  dump: HexDump | undefined,
): Promise<ExitName> {
  const failure = await pumpStdin(terminal, {
    input,
    through: datagramsOf,
    async send(bytes) {
      await peer.send(bytes);
      if (dump !== undefined) await terminal.printRows(dump.sent(bytes));
    },
  });
  if (typeof failure === "string") return failure;
  // When the socket has closed, the reader reports why.
  if (failure !== undefined && failure.code !== "ERR_CLOSED" && failure.code !== "ERR_IDLE_TIMEOUT") {
    reporter.ended(failure);
    return exitOfError(failure);
  }
  ended.abort();
  return never;
}

async function receiveOutput(
  peer: DatagramPeer,
  terminal: Terminal,
  options: DatagramRelayOptions,
  inputEnded: AbortSignal,
  dump: HexDump | undefined,
): Promise<ExitName> {
  const output = terminal.output(options.raw);
  const show = (bytes: Uint8Array): Promise<void> =>
    dump === undefined ? output.write(bytes) : terminal.printRows(dump.received(bytes));
  try {
    return await receiveAll(peer, show, options, inputEnded);
  } finally {
    await output.end();
    await terminal.endOutput();
  }
}

async function receiveAll(
  peer: DatagramPeer,
  print: (bytes: Uint8Array) => Promise<void>,
  { receives = true, reporter, afterInput, datagramsMax = Infinity }: DatagramRelayOptions,
  inputEnded: AbortSignal,
): Promise<ExitName> {
  const noSignal = new AbortController().signal;
  let quitAtMs = Infinity;
  for (let left = datagramsMax; left > 0;) {
    const ending = inputEnded.aborted ? afterInput : undefined;
    if (ending !== undefined && quitAtMs === Infinity) quitAtMs = systemClock.now() + ending.quitMs;
    const timeoutMs = Math.min(quitAtMs - systemClock.now(), ending?.silenceMs ?? Infinity);
    if (timeoutMs <= 0) return "ok";
    try {
      const signal = inputEnded.aborted ? noSignal : inputEnded;
      const bytes = await peer.receive({ signal, timeoutMs });
      // Closed by whatever ended the relay.
      if (bytes === null) return await never;
      if (!receives) continue;
      await print(bytes);
      left--;
    } catch (error) {
      if (error === inputEnded.reason) continue;
      if (!(error instanceof NetError)) throw error;
      if (error.code === "ERR_READ_TIMEOUT") return "ok";
      return exitOfFailure(error, peer, reporter);
    }
  }
  return "ok";
}

/** Silence is the usual end for datagrams. It is a failure only if nothing was ever received. */
export function exitOfFailure(
  error: NetError,
  { stats }: Pick<DatagramPeer, "stats">,
  reporter: Reporter,
): ExitName {
  const silence = error.code === "ERR_IDLE_TIMEOUT";
  if (silence && stats.datagramsReceived > 0) return "ok";
  reporter.ended(error);
  return silence ? "idleTimeout" : exitOfError(error);
}
