/**
 * Two wires joined in memory that behave like a kernel's TCP: bounded buffers, FIN behind the data, and RST that
 * leaves received data readable.
 *
 *     a.write ──▶ pending ──▶ [ buffer, capacityBytes ] ──▶ b.bytes
 *                (a's own)      (b's receive queue)
 */
import type { Address } from "../../base/address/address.ts";
import { ByteQueue } from "../../base/byte-queue.ts";
import { concatBytes } from "../../base/bytes.ts";
import { WireError, type Wire, type WireEvents } from "../wire.ts";
import type { Hold, ProcessLife } from "./process-life.ts";

/** Options of a pair. */
export interface MemoryPairOptions {
  /** Bytes in a receiver's queue before the sender is full. */
  readonly capacityBytes: number;
  /** The most bytes delivered in one call. */
  readonly chunkBytesMax: number;
  /** Runs a task later, never at once. */
  readonly schedule: (task: () => void) => void;
  /** Each started wire holds it until its peer has ended or the wire has closed. */
  readonly life: ProcessLife;
}

/** Joins two wires. The first is the one that connected. */
export function createMemoryPair(client: Address, server: Address, options: MemoryPairOptions): [Wire, Wire] {
  const a = new MemoryWire(client, server, options);
  const b = new MemoryWire(server, client, options);
  a.join(b);
  b.join(a);
  return [a, b];
}

/** The memory is reused after delivery, so that tests notice a receiver that keeps a view. */
const spent = 0xdb;

/** Not `slice`, which on a Buffer is another view, of memory that its owner may change. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

class MemoryWire implements Wire {
  readonly local: Address;
  readonly remote: Address;
  readonly stableViews = false;
  readonly #options: MemoryPairOptions;
  #peer: MemoryWire | undefined;
  #events: WireEvents | undefined;
  #paused = false;
  #scheduled = false;
  /** Received and not yet delivered. */
  readonly #received = new ByteQueue();
  /** Written and not yet in the peer's queue. */
  readonly #pending = new ByteQueue();
  #full = false;
  /** This side's FIN: requested, or received by the peer. */
  #fin: "none" | "asked" | "sent" = "none";
  #peerFin: "none" | "received" | "delivered" = "none";
  /** Set when the wire has failed. Reported after the received data. */
  #broken: { readonly error: WireError | undefined } | undefined;
  #over = false;
  #hold: Hold | undefined;
  #holdsProcess = true;

  constructor(local: Address, remote: Address, options: MemoryPairOptions) {
    this.local = local;
    this.remote = remote;
    this.#options = options;
  }

  join(peer: MemoryWire): void {
    this.#peer = peer;
  }

  start(events: WireEvents): void {
    this.#events = events;
    this.#hold = this.#options.life.hold();
    this.#updateHold();
    this.#wake();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake();
  }

  holdProcess(holds: boolean): void {
    this.#holdsProcess = holds;
    this.#updateHold();
  }

  /** As in the other engines, bytes that wait to be sent keep the process alive. */
  #updateHold(): void {
    this.#hold?.set(this.#holdsProcess || this.#pending.length > 0);
  }

  write(bytes: Uint8Array): boolean {
    this.#pending.push(copyOf(bytes));
    this.#handOver();
    if (this.#pending.length > 0) this.#full = true;
    return !this.#full;
  }

  writeAll(pieces: readonly Uint8Array[]): boolean {
    return this.write(concatBytes(pieces));
  }

  /** Every write is copied. */
  keepCopy(): void {}

  get pendingBytes(): number {
    return this.#pending.length;
  }

  tcpInfo(): undefined {
    return undefined;
  }

  end(): void {
    if (this.#fin !== "none") return;
    this.#fin = "asked";
    this.#handOver();
  }

  close(): void {
    if (this.#over) return;
    const lost = this.#received.length > 0 || this.#pending.length > 0;
    const peer = this.#peer as MemoryWire;
    if (lost) peer.#wasReset();
    else if (this.#fin !== "sent") peer.#gotFin();
    this.#breakOff(undefined, true);
  }

  abort(): void {
    if (this.#over) return;
    (this.#peer as MemoryWire).#wasReset();
    this.#breakOff(undefined, true);
  }

  /** Moves what fits into the peer's queue, and the FIN behind the last byte. */
  #handOver(): void {
    const peer = this.#peer as MemoryWire;
    if (this.#broken) return;
    if (peer.#broken) {
      // The peer has closed: like a kernel, it answers further data with RST.
      if (this.#pending.length > 0) this.#wasReset("EPIPE");
      else if (this.#fin === "asked") this.#fin = "sent";
      this.#wake();
      return;
    }
    const room = this.#options.capacityBytes - peer.#received.length;
    const count = Math.min(room, this.#pending.length);
    if (count > 0) peer.#received.push(copyOf(this.#pending.take(count)));
    if (this.#pending.length === 0 && this.#fin === "asked") {
      this.#fin = "sent";
      peer.#gotFin();
    }
    this.#updateHold();
    peer.#wake();
    this.#wake();
  }

  #gotFin(): void {
    if (this.#peerFin === "none") this.#peerFin = "received";
    this.#wake();
  }

  #wasReset(code = "ECONNRESET"): void {
    this.#breakOff(new WireError(code, code === "EPIPE" ? "send" : "receive"), false);
  }

  #breakOff(error: WireError | undefined, discard: boolean): void {
    this.#broken ??= { error };
    if (discard) this.#received.takeAll();
    this.#wake();
  }

  #wake(): void {
    if (this.#scheduled || this.#over || this.#events === undefined) return;
    this.#scheduled = true;
    this.#options.schedule(() => {
      this.#scheduled = false;
      this.#step();
    });
  }

  /** Emits one event, then schedules the next. */
  #step(): void {
    const events = this.#events as WireEvents;
    if (this.#over) return;
    if (this.#received.length > 0) {
      if (this.#paused && !this.#broken?.error) return this.#stepSending(events);
      // A full sender learns why there will be no room.
      if (this.#paused && this.#pending.length === 0) return;
      this.#deliver(events);
      this.#wake();
      return;
    }
    if (this.#peerFin === "received" && !this.#broken) {
      if (this.#paused) return this.#stepSending(events);
      this.#peerFin = "delivered";
      this.#hold?.release();
      events.ended();
      this.#wake();
      return;
    }
    this.#stepSending(events);
  }

  #stepSending(events: WireEvents): void {
    if (this.#broken || (this.#fin === "sent" && this.#peerFin === "delivered")) {
      this.#over = true;
      this.#hold?.release();
      events.closed(this.#broken?.error);
      return;
    }
    if (this.#full && this.#pending.length === 0) {
      this.#full = false;
      events.drained();
      this.#wake();
    }
  }

  #deliver(events: WireEvents): void {
    const view = copyOf(this.#received.take(Math.min(this.#received.length, this.#options.chunkBytesMax)));
    // There is room again: the sender may continue.
    (this.#peer as MemoryWire).#handOver();
    events.bytes(view);
    view.fill(spent);
  }
}
