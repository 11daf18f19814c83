/**
 * Which of a peer's addresses is talked to, as long as none has answered.
 *
 * Datagrams have no handshake that could tell which address of a name is alive, as
 * `localhost` has one of each family. But a port that is unreachable has taken nothing,
 * so what was sent to it can be sent to the next address, and nobody gets it twice.
 */
import type { DatagramWire } from "../../wire/index.ts";

/** Enough for a question; of more, the newest are kept: any datagram may be lost. */
const keptBytesMax = 65_536;
/** What a datagram costs besides its bytes, so that empty ones cannot fill the memory either. */
const costBytes = 256;

export class UnansweredDatagrams {
  readonly #send: (wire: DatagramWire, bytes: Uint8Array) => void;
  /** The wire in use, then those that are left to try; one alone once somebody has answered. */
  #wires: readonly DatagramWire[];
  #kept: Uint8Array[] = [];
  #keptBytes = 0;

  constructor(wires: readonly DatagramWire[], send: (wire: DatagramWire, bytes: Uint8Array) => void) {
    this.#wires = wires;
    this.#send = send;
  }

  /** The wire in use. */
  get wire(): DatagramWire {
    return this.#wires[0] as DatagramWire;
  }

  /** Keeps a datagram that is sent, while another address is left. */
  remember(bytes: Uint8Array): void {
    if (this.#wires.length === 1) return;
    this.#kept.push(new Uint8Array(bytes));
    this.#keptBytes += bytes.length + costBytes;
    while (this.#keptBytes > keptBytesMax) {
      this.#keptBytes -= (this.#kept.shift() as Uint8Array).length + costBytes;
    }
  }

  /** Somebody has answered: it is the peer. */
  heard(wire: DatagramWire): void {
    if (this.#wires.length === 1) return;
    this.#wires = [wire];
    this.#kept = [];
  }

  /** Goes over to the next address, if one is left; whether the refusal is dealt with. */
  refused(wire: DatagramWire): boolean {
    // Of an address that was given up, more refusals may come.
    if (wire !== this.wire) return true;
    if (this.#wires.length === 1) return false;
    this.#wires = this.#wires.slice(1);
    for (const bytes of this.#kept) this.#send(this.wire, bytes);
    if (this.#wires.length === 1) this.#kept = [];
    return true;
  }
}
