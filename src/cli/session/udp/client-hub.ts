/**
 * The client hub for datagrams: shows the datagrams of many peers after their numbers, and sends stdin to all of
 * them.
 */
import { formatAddress, type UdpAddress } from "../../../base/address/address.ts";
import { concatBytes, encodeText } from "../../../base/bytes.ts";
import { NetError } from "../../../base/errors.ts";
import type { BoundUdpSocket, Datagram } from "../../../net/index.ts";
import type { ExitName } from "../../exit.ts";
import type { Reporter } from "../../report/reporter.ts";
import { Interruption } from "../../signals.ts";
import type { Terminal } from "../../tty/terminal.ts";
import { never, relay } from "../relay.ts";
import { pumpStdin } from "../stdin-pump.ts";
import { datagramsOf } from "./input.ts";
import { exitOfFailure } from "./stdio-relay.ts";
import { errorLine } from "../../error-line.ts";

/**
 * The most peers to send to at once. The least recently seen peer is evicted, since source addresses can be forged.
 */
const peersMax = 1_000;

interface HubOptions {
  readonly raw: boolean;
  readonly reporter: Reporter;
}

export async function talkToPeers(
  socket: BoundUdpSocket,
  terminal: Terminal,
  { raw, reporter }: HubOptions,
): Promise<ExitName> {
  const peers = new Peers();
  const directions = [sendInput(socket, terminal, peers), show(socket, terminal, peers, { raw, reporter })];
  return relay(terminal, new Interruption(), directions, () => socket.close());
}

async function show(
  socket: BoundUdpSocket,
  terminal: Terminal,
  peers: Peers,
  { raw, reporter }: HubOptions,
): Promise<ExitName> {
  const output = terminal.output(raw);
  try {
    for (;;) {
      const datagram = await nextDatagram(socket, reporter);
      if (typeof datagram === "string") return datagram;
      const { number, isNew } = peers.seen(datagram.from);
      if (isNew && !reporter.reportsAll) {
        terminal.say(`[${number}] is ${formatAddress(datagram.from)}`);
      }
      await output.write(numbered(number, datagram.bytes));
    }
  } finally {
    await output.end();
  }
}

/** The next datagram, or the exit if there is none. A failed read is reported, and does not end the hub. */
async function nextDatagram(socket: BoundUdpSocket, reporter: Reporter): Promise<Datagram | ExitName> {
  for (;;) {
    try {
      return (await socket.receive()) ?? (await never);
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      if (error.code === "ERR_IDLE_TIMEOUT") return exitOfFailure(error, socket, reporter);
      reporter.ended(error);
    }
  }
}

/** Sends stdin to all known peers, or else to the first one. Resolves only if stdin cannot be read. */
async function sendInput(socket: BoundUdpSocket, terminal: Terminal, peers: Peers): Promise<ExitName> {
  const failure = await pumpStdin(terminal, {
    through: datagramsOf,
    async send(bytes) {
      await peers.firstKnown;
      const sent = await Promise.allSettled(peers.all().map((peer) => socket.sendTo(bytes, peer)));
      const failed = sent.find((one) => one.status === "rejected");
      if (failed !== undefined) terminal.say(`portcall: ${errorLine(failed.reason as Error)}`);
    },
  });
  return typeof failure === "string" ? failure : never;
}

/** Each line of a datagram after its sender's number. The last line gets an ending if it has none. */
function numbered(number: number, bytes: Uint8Array): Uint8Array {
  const prefix = encodeText(`[${number}] `);
  const parts: Uint8Array[] = [];
  let start = 0;
  do {
    const end = bytes.indexOf(LF, start);
    const line = bytes.subarray(start, end === -1 ? bytes.length : end);
    parts.push(prefix, line.at(-1) === CR ? line.subarray(0, -1) : line, lineEnd);
    start = end === -1 ? bytes.length : end + 1;
  } while (start < bytes.length);
  return concatBytes(parts);
}

const LF = 0x0a;
const CR = 0x0d;
const lineEnd = encodeText("\n");

/** The known peers by number, the least recently seen first. */
class Peers {
  /** Resolves when there is a peer. */
  readonly firstKnown: Promise<void>;
  readonly #known = new Map<string, { readonly number: number; readonly address: UdpAddress }>();
  #count = 0;
  #resolveFirst!: () => void;

  constructor() {
    this.firstKnown = new Promise((resolve) => {
      this.#resolveFirst = resolve;
    });
  }

  all(): readonly UdpAddress[] {
    return [...this.#known.values()].map(({ address }) => address);
  }

  seen(address: UdpAddress): { readonly number: number; readonly isNew: boolean } {
    const key = formatAddress(address);
    const known = this.#known.get(key);
    const peer = known ?? { number: ++this.#count, address };
    this.#known.delete(key);
    for (const longestSilent of this.#known.keys()) {
      if (this.#known.size < peersMax) break;
      this.#known.delete(longestSilent);
    }
    this.#known.set(key, peer);
    this.#resolveFirst();
    return { number: peer.number, isNew: known === undefined };
  }
}
