/**
 * A wire over one socket of the addon.
 *
 * Keeps bytes that the kernel has no room for, and the state of both directions. Reading and the socket itself belong
 * to the addon.
 *
 * A failed send does not end the wire, because the kernel still holds data that the peer sent before. The wire reads
 * to the end of stream, and then reports the failure (data before reset, F19). After a reset no more data can arrive,
 * so nothing is waited for. A pause does not delay that: an owner that pauses until there is room again would wait
 * forever.
 *
 * There may be very many wires. So rare state (waiting bytes, a failure) is kept in an object of its own, booleans
 * share one number with the peer's port, and addresses are created on demand.
 */
import type { Socket } from "node:net";
import type { Address } from "../../base/address/address.ts";
import { WireError } from "../wire-error.ts";
import type { TcpInfo, Wire, WireEvents, WireOptions } from "../wire.ts";
import type { StreamReceiver } from "./native-loop.ts";
import { detachStream } from "./detach.ts";
import { hostBits, ipv4Address, portOf, type Endpoint, type Remote } from "./endpoint.ts";
import { record } from "./records.ts";
import { systemError } from "./system-errors.ts";

/** Boolean state of a wire. */
const paused = 1;
const peerEnded = 2;
const finAsked = 4;
const finSent = 8;
/** The socket has been closed, and `closed` will follow. */
const released = 16;
const over = 32;
/** The peer's end is being reported: `closed` follows when that call returns. */
const reportingEnd = 64;
/** It does not keep the process alive. */
const unreferenced = 128;
/** The bits above hold the port of an IPv4 peer. Its host is a 32-bit number, which V8 stores without allocating. */
const portAt = 8;

/** Waiting bytes and a failure. */
interface Trouble {
  /** Bytes that the kernel has not taken. While there are any, the wire is full. */
  pieces: Uint8Array[];
  /** Their number, including bytes lost by a failure. */
  bytes: number;
  /** Why nothing more can be sent, or why the wire has closed. */
  error: WireError | undefined;
}

export class NativeWire implements Wire, StreamReceiver {
  readonly id: number;
  readonly #endpoint: Endpoint;
  #remote: Address | number | undefined;
  #local: Address | undefined = undefined;
  #events: WireEvents | undefined = undefined;
  #trouble: Trouble | undefined = undefined;
  #flags: number;

  constructor(endpoint: Endpoint, id: number, remote: Remote) {
    this.id = id;
    this.#endpoint = endpoint;
    if (typeof remote === "number") {
      this.#remote = hostBits(remote);
      this.#flags = portOf(remote) << portAt;
    } else {
      this.#remote = remote;
      this.#flags = 0;
    }
    endpoint.loop.register(this);
  }

  get local(): Address {
    return (this.#local ??= this.#endpoint.localOf(this.id));
  }

  get remote(): Address | undefined {
    if (typeof this.#remote === "number") {
      this.#remote = ipv4Address(this.#remote, this.#flags >>> portAt);
    }
    return this.#remote;
  }

  get stableViews(): boolean {
    return false;
  }

  get pendingBytes(): number {
    if (!this.#is(released)) this.#endpoint.loop.outgoing.settle(this.id);
    return this.#trouble === undefined ? 0 : this.#trouble.bytes;
  }

  start(events: WireEvents): void {
    this.#events = events;
    if (this.#is(released)) this.#reportClosedSoon();
    else this.#read();
  }

  pause(): void {
    this.#flags |= paused;
    this.#read();
  }

  resume(): void {
    this.#flags &= ~paused;
    this.#read();
  }

  holdProcess(holds: boolean): void {
    if (holds) this.#flags &= ~unreferenced;
    else this.#flags |= unreferenced;
    if (!this.#is(released)) this.#endpoint.loop.calls.hold(this.id, holds ? 1 : 0);
  }

  write(bytes: Uint8Array): boolean {
    const { outgoing, currentView } = this.#endpoint.loop;
    if (this.#isClear() && outgoing.defer(this.id, bytes, currentView)) return true;
    return this.#sendNow([bytes]);
  }

  writeAll(pieces: readonly Uint8Array[]): boolean {
    if (this.#isClear() && this.#endpoint.loop.outgoing.deferAll(this.id, pieces)) return true;
    return this.#sendNow(pieces);
  }

  keepCopy(): void {
    const trouble = this.#trouble;
    // Not `slice`, which on a Buffer is another view.
    if (trouble !== undefined) trouble.pieces = trouble.pieces.map((piece) => new Uint8Array(piece));
  }

  tcpInfo(): TcpInfo | undefined {
    if (this.#is(released)) return undefined;
    const { loop } = this.#endpoint;
    // The figures include sends that were deferred to the end of the batch.
    loop.outgoing.settle(this.id);
    return this.#is(released) ? undefined : loop.tcpInfo(this.id);
  }

  setOptions(options: WireOptions): void {
    if (!this.#is(released)) this.#endpoint.loop.setOptions(this.id, options);
  }

  end(): void {
    if (this.#is(released | finAsked)) return;
    this.#endpoint.loop.outgoing.settle(this.id);
    if (this.#is(released)) return;
    this.#flags |= finAsked;
    this.#sendFin();
    if (this.#bothEnded()) this.#release(false);
  }

  close(): void {
    const unsent = this.pendingBytes > 0;
    if (this.#is(released)) return;
    this.#clearError();
    // The kernel resets by itself if it holds unread bytes, but not for bytes that were read already.
    this.#release(unsent || this.#endpoint.loop.hasUnreported(this.id));
  }

  abort(): void {
    if (this.#is(released)) return;
    // Bytes written before leave before the reset, and count as sent.
    this.#endpoint.loop.outgoing.settle(this.id);
    if (this.#is(released)) return;
    this.#clearError();
    this.#release(true);
  }

  async detach(signal?: AbortSignal): Promise<Socket> {
    signal?.throwIfAborted();
    const pending = this.pendingBytes;
    if (this.#is(released | peerEnded | finAsked) || this.#trouble?.error !== undefined) {
      throw new WireError("ENOTCONN", "receive");
    }
    if (pending > 0) throw new WireError("EBUSY", "send");
    const { loop } = this.#endpoint;
    // It is looked up by the id, which is soon invalid.
    this.#local = this.local;
    this.#flags |= released | over;
    this.#events = undefined;
    const socket = await detachStream(loop, this.id, signal);
    if (this.#is(unreferenced)) socket.unref();
    return socket;
  }

  // ── StreamReceiver ──

  read(view: Uint8Array): void {
    this.#events?.bytes(view);
  }

  handle(kind: number, errno: number): void {
    if (kind === record.ended) this.#ended();
    else if (kind === record.writable) this.#writable();
    else this.#failed(errno);
  }

  unsent(rest: Uint8Array, errno: number): void {
    if (errno !== 0) this.#sendFailed(errno);
    // Not `slice`, which on a Buffer is another view.
    this.#keep(new Uint8Array(rest));
    this.#events?.filled?.();
  }

  // ── inside ──

  #is(flags: number): boolean {
    return (this.#flags & flags) !== 0;
  }

  /** Whether the wire can send. */
  #isClear(): boolean {
    return this.#trouble === undefined && !this.#is(released);
  }

  #ended(): void {
    // Only the end of stream was waited for.
    if (this.#trouble?.error !== undefined) return this.#over();
    this.#flags |= peerEnded | reportingEnd;
    try {
      this.#events?.ended();
    } finally {
      this.#flags &= ~reportingEnd;
      // Most owners close at the peer's end. `closed` follows here, without a microtask.
      if (this.#is(released)) this.#reportClosed();
      else if (this.#bothEnded()) this.#over();
    }
  }

  #writable(): void {
    const trouble = this.#trouble;
    if (trouble === undefined || trouble.error !== undefined) return;
    this.#trouble = undefined;
    if (!this.#sendNow(trouble.pieces)) return;
    this.#sendFin();
    try {
      this.#events?.drained();
    } finally {
      if (this.#bothEnded()) this.#over();
    }
  }

  #failed(errno: number): void {
    // After the peer's end nothing can be received: the peer rejects what was sent.
    const error = systemError(errno, this.#is(peerEnded) ? "send" : "receive");
    // The kernel reports a reset once. A receive that completes while JavaScript sends takes that report, and the
    // send gets EPIPE: the reset is the reason.
    const trouble = this.#trouble;
    if (error.code === "ECONNRESET" && trouble?.error?.code === "EPIPE") trouble.error = error;
    else this.#setError(error);
    this.#over();
  }

  #read(): void {
    if (this.#events === undefined || this.#is(released)) return;
    const holds = this.#is(paused) && this.#trouble?.error === undefined;
    const failed = this.#endpoint.loop.calls.setReading(this.id, holds ? 0 : 1);
    if (failed === 0) return;
    this.#setError(systemError(failed, "receive"));
    this.#release(true);
  }

  #bothEnded(): boolean {
    return (this.#flags & (released | peerEnded | finSent)) === (peerEnded | finSent);
  }

  /** Returns whether the kernel has taken everything. The rest is kept. */
  #sendNow(pieces: readonly Uint8Array[]): boolean {
    let skip = 0;
    if (this.#isClear()) {
      const sent = this.#endpoint.loop.outgoing.send(this.id, pieces);
      if (sent < 0) this.#sendFailed(sent);
      else skip = sent;
    }
    const { outgoing } = this.#endpoint.loop;
    for (const piece of pieces) {
      if (skip >= piece.length) {
        skip -= piece.length;
        continue;
      }
      const rest = piece.subarray(skip);
      skip = 0;
      // Not `slice`, which on a Buffer is another view.
      this.#keep(outgoing.isBorrowed(rest) ? new Uint8Array(rest) : rest);
    }
    return this.#trouble === undefined;
  }

  #keep(rest: Uint8Array): void {
    const trouble = this.#inTrouble();
    trouble.bytes += rest.length;
    // Of bytes that will never be sent, only the number is kept.
    if (trouble.error === undefined && !this.#is(released)) trouble.pieces.push(rest);
  }

  #inTrouble(): Trouble {
    return (this.#trouble ??= { pieces: [], bytes: 0, error: undefined });
  }

  /** The first failure is the reason. */
  #setError(error: WireError): void {
    this.#inTrouble().error ??= error;
  }

  /** A close from this side reports no failure. */
  #clearError(): void {
    if (this.#trouble !== undefined) this.#trouble.error = undefined;
  }

  #sendFailed(errno: number): void {
    const error = systemError(errno, "send");
    this.#setError(error);
    if (this.#is(peerEnded)) {
      this.#release(true);
      return;
    }
    // The peer may still be connected, so this side has to end the reading.
    if (error.code !== "EPIPE" && error.code !== "ECONNRESET") this.#endpoint.loop.calls.shutdown(this.id, 1);
    if (this.#is(paused)) this.#read();
  }

  #sendFin(): void {
    if (!this.#is(finAsked) || this.#is(finSent) || !this.#isClear()) return;
    this.#flags |= finSent;
    // It fails if the peer has reset the connection, which reading reports. If both sides have ended, closing the
    // socket sends FIN as well.
    if (!this.#is(peerEnded)) this.#endpoint.loop.calls.shutdown(this.id, 0);
  }

  /** Closes the socket now. `closed` follows when the caller has returned. */
  #release(reset: boolean): void {
    this.#flags |= released;
    this.#endpoint.loop.close(this, reset);
    if (this.#events !== undefined && !this.#is(reportingEnd)) this.#reportClosedSoon();
  }

  #reportClosedSoon(): void {
    queueMicrotask(() => {
      this.#reportClosed();
    });
  }

  /** The same, with `closed` at once. */
  #over(): void {
    const reset = this.pendingBytes > 0;
    if (this.#is(released)) return;
    this.#flags |= released;
    this.#endpoint.loop.close(this, reset);
    this.#reportClosed();
  }

  #reportClosed(): void {
    if (this.#is(over)) return;
    this.#flags |= over;
    const error = this.#trouble?.error;
    if (this.#trouble !== undefined) this.#trouble.pieces = [];
    this.#events?.closed(error);
  }
}
