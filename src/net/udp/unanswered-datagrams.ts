/**
 * Selects among the addresses of a peer until one of them has answered.
 *
 * Datagrams have no handshake that shows which address of a name is reachable; `localhost` has one per
 * family. But an unreachable port has received nothing. So what was sent to it can be sent to the next
 * address without duplicates.
 */
import type { DatagramWire } from "../../wire/index.ts";

/** Enough for a request. Beyond it the oldest datagrams are removed: any datagram may be lost anyway. */
const keptBytesMax = 65_536;
/** Overhead of a datagram, so that empty ones cannot fill the memory either. */
const costBytes = 256;

export class UnansweredDatagrams {
  readonly #send: (wire: DatagramWire, bytes: Uint8Array) => void;
  /** The wire in use, followed by the untested ones; a single one once it has answered. */
  #wires: readonly DatagramWire[];
  #kept: Uint8Array[] = [];
  #keptBytes = 0;

  constructor(wires: readonly DatagramWire[], send: (wire: DatagramWire, bytes: Uint8Array) => void) {
    this.#wires = wires;
    this.#send = send;
  }

  get wire(): DatagramWire {
    return this.#wires[0] as DatagramWire;
  }

  /** Keeps a sent datagram while another address is left. */
  remember(bytes: Uint8Array): void {
    if (this.#wires.length === 1) return;
    this.#kept.push(new Uint8Array(bytes));
    this.#keptBytes += bytes.length + costBytes;
    while (this.#keptBytes > keptBytesMax) {
      this.#keptBytes -= (this.#kept.shift() as Uint8Array).length + costBytes;
    }
  }

  /** An address has answered: it is the peer's. */
  received(wire: DatagramWire): void {
    if (this.#wires.length === 1) return;
    this.#wires = [wire];
    this.#kept = [];
  }

  /** Switches to the next address, if one is left; returns whether the refusal is handled. */
  refused(wire: DatagramWire): boolean {
    // An address that is no longer used may report more refusals.
    if (wire !== this.wire) return true;
    if (this.#wires.length === 1) return false;
    this.#wires = this.#wires.slice(1);
    for (const bytes of this.#kept) this.#send(this.wire, bytes);
    if (this.#wires.length === 1) this.#kept = [];
    return true;
  }
}
