/**
 * The wire beneath a TLS wire that takes its place: `startTls` exchanges the wire of an open connection.
 *
 * A wire has one receiver of events, which is the connection. From `startTls` on, the connection passes them to this
 * object, and the TLS wire over it is what the connection reads and writes.
 *
 *     wire ── events ──▶ connection ──▶ LowerWire ── events ──▶ TLS wire ── events ──▶ connection
 *
 * The first bytes of the handshake wait here until everything that was written before has been sent.
 */
import type { Address } from "../../base/address/address.ts";
import { WireError, type TcpInfo, type Wire, type WireEvents } from "../../wire/index.ts";

/** What the peer sent before the handshake, or too early. */
export interface EarlyInput {
  /** Received and unread when the exchange began. */
  readonly bytes: Uint8Array;
  /** Whether any such byte is refused: a server must not send before it has the first bytes of a handshake. */
  readonly isRefused: boolean;
  /** Whether the peer's end was received too. */
  readonly hasEnded: boolean;
}

export class LowerWire implements Wire, WireEvents {
  /** Set when the wire has closed. */
  closedWith: { readonly error: WireError | undefined } | undefined;
  readonly keepCopy: Wire["keepCopy"];
  readonly #wire: Wire;
  readonly #early: EarlyInput;
  #events: WireEvents | undefined;
  #held: Uint8Array[] = [];
  #isFlushed = false;
  #hasSent = false;
  #isEndAsked = false;
  /** It has reported `closed`, and the wire will follow. */
  #isOver = false;

  constructor(wire: Wire, early: EarlyInput) {
    this.#wire = wire;
    this.#early = early;
    this.keepCopy = wire.keepCopy && (() => wire.keepCopy?.());
  }

  /** Whether everything that was written before the exchange has been sent. */
  get isFlushed(): boolean {
    return this.#isFlushed;
  }

  /** Everything that was written before the exchange has been sent: the handshake may begin. */
  flushed(): void {
    this.#isFlushed = true;
    if (this.#held.length === 0) return;
    const held = this.#held;
    this.#held = [];
    this.#hasSent = true;
    const isTaken = this.#wire.writeAll(held);
    if (this.#isEndAsked) this.#wire.end();
    if (isTaken) this.#events?.drained();
  }

  // ── WireEvents, from the wire by way of the connection ──

  bytes(view: Uint8Array): void {
    if (this.#early.isRefused && !this.#hasSent) this.#refuse();
    else if (!this.#isOver) this.#events?.bytes(view);
  }

  ended(): void {
    if (!this.#isOver) this.#events?.ended();
  }

  filled(): void {
    this.#events?.filled?.();
  }

  drained(): void {
    this.#events?.drained();
  }

  closed(error: WireError | undefined): void {
    this.closedWith = { error };
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events?.closed(error);
  }

  // ── Wire, for the TLS wire ──

  get local(): Address {
    return this.#wire.local;
  }

  get remote(): Address | undefined {
    return this.#wire.remote;
  }

  get stableViews(): boolean {
    return this.#wire.stableViews;
  }

  start(events: WireEvents): void {
    this.#events = events;
    const { bytes, isRefused, hasEnded } = this.#early;
    if (bytes.length === 0 && !hasEnded) return;
    queueMicrotask(() => {
      if (bytes.length > 0) {
        if (isRefused) this.#refuse();
        else if (!this.#isOver) events.bytes(bytes);
      }
      if (hasEnded) this.ended();
    });
  }

  pause(): void {
    this.#wire.pause();
  }

  resume(): void {
    this.#wire.resume();
  }

  holdProcess(holds: boolean): void {
    this.#wire.holdProcess(holds);
  }

  write(bytes: Uint8Array): boolean {
    return this.writeAll([bytes]);
  }

  writeAll(pieces: readonly Uint8Array[]): boolean {
    if (this.#isFlushed) {
      this.#hasSent = true;
      return this.#wire.writeAll(pieces);
    }
    for (const piece of pieces) this.#held.push(piece);
    return false;
  }

  get pendingBytes(): number {
    return this.#held.reduce((sum, piece) => sum + piece.length, this.#wire.pendingBytes);
  }

  tcpInfo(): TcpInfo | undefined {
    return this.#wire.tcpInfo();
  }

  end(): void {
    if (this.#held.length > 0) this.#isEndAsked = true;
    else this.#wire.end();
  }

  close(): void {
    this.#wire.close();
  }

  abort(): void {
    this.#wire.abort();
  }

  /** The peer, or an attacker on the way, has sent bytes that would count as if they had come through TLS. */
  #refuse(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#wire.abort();
    this.#events?.closed(new WireError("ERR_TLS_PLAIN_TEXT_INJECTED", "receive"));
  }
}
