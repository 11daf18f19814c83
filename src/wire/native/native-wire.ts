/**
 * A wire over one socket of the addon.
 *
 * Keeps what the kernel has no room for, and knows what has been said in which order;
 * the reading itself, and the socket, are the addon's.
 *
 * A send that fails does not end the wire: what the peer had said before is in the kernel still. So it
 * is read to its end, and then the failure is told (the "last words", F19). When a send
 * fails with a reset, all that will ever come has come, so nothing need be waited for.
 */
import type { Address } from "../../base/address.ts";
import type { WireError } from "../wire-error.ts";
import type { Wire, WireEvents } from "../wire.ts";
import type { NativeLoop, Receiver } from "./native-loop.ts";
import { systemError } from "./system-errors.ts";

export class NativeWire implements Wire, Receiver {
  readonly id: number;
  readonly local: Address;
  readonly remote: Address | undefined;
  pendingBytes: number = 0;
  readonly #loop: NativeLoop;
  #events: WireEvents | undefined;
  /** What the kernel has not taken; while there is any, the wire is full. */
  #pending: Uint8Array[] | undefined;
  /** Why nothing more can be sent, or why it is over. */
  #error: WireError | undefined;
  #paused = false;
  #peerEnded = false;
  #ourFin: "none" | "asked" | "sent" = "none";
  /** `letGo`: the socket has gone, and `closed` is on its way. */
  #state: "open" | "letGo" | "over" = "open";

  constructor(loop: NativeLoop, id: number, local: Address, remote: Address | undefined) {
    this.#loop = loop;
    this.id = id;
    this.local = local;
    this.remote = remote;
    loop.tell(this);
  }

  start(events: WireEvents): void {
    this.#events = events;
    if (this.#state === "open") this.#read();
    else this.#tellClosedSoon();
  }

  pause(): void {
    this.#paused = true;
    this.#read();
  }

  resume(): void {
    this.#paused = false;
    this.#read();
  }

  write(bytes: Uint8Array): boolean {
    return this.#cannotSend() ? this.#lose([bytes]) : this.#sent(this.#loop.send(this.id, bytes), [bytes]);
  }

  writeAll(pieces: readonly Uint8Array[]): boolean {
    return this.#cannotSend() ? this.#lose(pieces) : this.#sent(this.#loop.sendAll(this.id, pieces), pieces);
  }

  end(): void {
    if (this.#state !== "open" || this.#ourFin !== "none") return;
    this.#ourFin = "asked";
    this.#sendFin();
    if (this.#bothEnded()) this.#letGo(false);
  }

  close(): void {
    if (this.#state !== "open") return;
    this.#error = undefined;
    // The kernel resets for what it holds unread itself, not for what has been read already.
    this.#letGo(this.pendingBytes > 0 || this.#loop.hasUntold(this.id));
  }

  abort(): void {
    if (this.#state !== "open") return;
    this.#error = undefined;
    this.#letGo(true);
  }

  // ── Receiver ──

  read(view: Uint8Array): void {
    this.#events?.bytes(view);
  }

  ended(): void {
    // Nothing but this was waited for.
    if (this.#error !== undefined) return this.#over();
    this.#peerEnded = true;
    try {
      this.#events?.ended();
    } finally {
      if (this.#bothEnded()) this.#over();
    }
  }

  writable(): void {
    const pending = this.#pending;
    if (pending === undefined || this.#error !== undefined) return;
    this.#pending = undefined;
    this.pendingBytes = 0;
    if (!this.#sent(this.#loop.sendAll(this.id, pending), pending)) return;
    this.#sendFin();
    try {
      this.#events?.drained();
    } finally {
      if (this.#bothEnded()) this.#over();
    }
  }

  told(_kind: number, errno: number): void {
    // When the peer has ended there is nothing to receive: it will not take what we send.
    this.#error ??= systemError(errno, this.#peerEnded ? "send" : "receive");
    this.#over();
  }

  // ── inside ──

  #read(): void {
    if (this.#events === undefined || this.#state !== "open") return;
    const failed = this.#loop.calls.read(this.id, this.#paused ? 0 : 1);
    if (failed === 0) return;
    this.#error ??= systemError(failed, "receive");
    this.#letGo(true);
  }

  #bothEnded(): boolean {
    return this.#state === "open" && this.#peerEnded && this.#ourFin === "sent";
  }

  #cannotSend(): boolean {
    return this.#state !== "open" || this.#error !== undefined || this.#pending !== undefined;
  }

  /** What came of a send of these pieces: whether the kernel has taken all of them. */
  #sent(sent: number, pieces: readonly Uint8Array[]): boolean {
    if (sent < 0) {
      this.#sendFailed(sent);
      return this.#lose(pieces);
    }
    let skip = sent;
    let rest: Uint8Array[] | undefined;
    for (const piece of pieces) {
      if (skip >= piece.length) {
        skip -= piece.length;
        continue;
      }
      const left = piece.subarray(skip);
      skip = 0;
      rest ??= [];
      // Not `slice`, which on a Buffer is another view.
      rest.push(this.#loop.isBorrowed(left) ? new Uint8Array(left) : left);
      this.pendingBytes += left.length;
    }
    this.#pending = rest;
    return rest === undefined;
  }

  #sendFailed(errno: number): void {
    this.#error = systemError(errno, "send");
    if (this.#peerEnded) {
      this.#letGo(true);
      return;
    }
    const { code } = this.#error;
    // Where the peer may still be there, only we can say that nothing more is to come.
    if (code !== "EPIPE" && code !== "ECONNRESET") this.#loop.calls.shutdown(this.id, 1);
  }

  /** A write between the failure and the news of it. */
  #lose(pieces: readonly Uint8Array[]): false {
    for (const piece of pieces) this.pendingBytes += piece.length;
    return false;
  }

  #sendFin(): void {
    if (this.#ourFin !== "asked" || this.#pending !== undefined || this.#error !== undefined) return;
    this.#ourFin = "sent";
    // It fails where the peer has reset us, and reading will tell that.
    this.#loop.calls.shutdown(this.id, 0);
  }

  /** Lets go of the socket now; that is told when whoever asked for it has returned. */
  #letGo(reset: boolean): void {
    this.#state = "letGo";
    this.#loop.close(this, reset);
    if (this.#events !== undefined) this.#tellClosedSoon();
  }

  #tellClosedSoon(): void {
    queueMicrotask(() => {
      this.#tellClosed();
    });
  }

  /** The same, told at once. */
  #over(): void {
    this.#state = "letGo";
    this.#loop.close(this, this.pendingBytes > 0);
    this.#tellClosed();
  }

  #tellClosed(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#pending = undefined;
    this.#events?.closed(this.#error);
  }
}
