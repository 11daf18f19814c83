/**
 * A wire through a proxy: performs the handshake on the wire to the proxy, and then is the wire to the
 * target.
 *
 * Bytes after the proxy's answer are kept and delivered to the new owner first. Until then the wire below
 * is paused.
 *
 *     wire to the proxy ── handshake ──▶ open ── start() ──▶ events of the wire below
 *                              └──▶ failed: closed
 */
import { onAbort } from "../../base/abort.ts";
import type { Address } from "../../base/address/address.ts";
import { ByteQueue } from "../../base/byte-queue.ts";
import { noBytes } from "../../base/bytes.ts";
import { CodecError } from "../../codec/index.ts";
import { WireError, type TcpInfo, type Wire, type WireEvents } from "../../wire/index.ts";
import { endless, HandshakeError, type Handshake, type Step } from "./handshake.ts";

/**
 * Resolves to the wire to the target. On failure the wire below is closed.
 *
 * @throws {HandshakeError | WireError} (rejects) the reason; `signal.reason` if aborted.
 */
export function openTunnel(
  below: Wire,
  handshake: Handshake,
  signal: AbortSignal,
  failures: HandshakeFailures = proxyFailures,
): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const tunnel = new Tunnel(below, handshake, failures, {
      opened() {
        stopListening();
        resolve(tunnel);
      },
      failed(error) {
        stopListening();
        reject(error);
      },
    });
    const aborted = (): void => {
      tunnel.fail(signal.reason as Error);
    };
    const stopListening = onAbort(signal, aborted);
    if (signal.aborted) aborted();
    tunnel.begin();
  });
}

/** The errors of what is wrong with any handshake. */
export interface HandshakeFailures {
  /** A decoder reports an answer beyond its limit as a `CodecError`. */
  readonly tooLong: () => HandshakeError;
  readonly ended: () => HandshakeError;
  /** Set if bytes after the last answer are refused. */
  readonly more?: (() => HandshakeError) | undefined;
}

const proxyFailures: HandshakeFailures = {
  tooLong: endless,
  ended: () => new HandshakeError("ERR_PROXY_REFUSED", "the proxy closed the connection without an answer"),
};

interface Outcome {
  opened(): void;
  failed(error: Error): void;
}

type Detach = NonNullable<Wire["detach"]>;

class Tunnel implements Wire, WireEvents {
  readonly local: Address;
  remote: Address | undefined;
  readonly keepCopy: Wire["keepCopy"];
  readonly detach: Wire["detach"];
  readonly #below: Wire;
  readonly #handshake: Handshake;
  readonly #outcome: Outcome;
  readonly #failures: HandshakeFailures;
  #state: "shaking hands" | "open" | "failed" = "shaking hands";
  /** The next step of the handshake; `undefined` when it is complete. */
  #step: Step | undefined;
  #full = false;
  /** Bytes received but not yet read by the handshake or delivered to the owner. */
  readonly #received = new ByteQueue();
  #ended = false;
  /** Set when the wire below has closed. */
  #closed: { readonly error: WireError | undefined } | undefined;
  /** Bytes that the owner wrote after that. */
  #lostBytes = 0;
  #owner: WireEvents | undefined;
  /** Whether the owner has received the bytes and events from before `start`. */
  #handedOver = false;
  #paused = false;

  constructor(below: Wire, handshake: Handshake, failures: HandshakeFailures, outcome: Outcome) {
    this.local = below.local;
    this.remote = below.remote;
    this.keepCopy = below.keepCopy && (() => below.keepCopy?.());
    this.detach = below.detach && ((signal) => this.#detach(signal));
    this.#below = below;
    this.#handshake = handshake;
    this.#failures = failures;
    this.#outcome = outcome;
  }

  get stableViews(): boolean {
    return this.#below.stableViews;
  }

  begin(): void {
    if (this.#state === "failed") return;
    this.#below.start(this);
    this.#proceed(() => {
      this.#next(noBytes);
    });
  }

  fail(error: Error): void {
    if (this.#state !== "shaking hands") return;
    this.#state = "failed";
    if (this.#closed === undefined) this.#below.close();
    this.#outcome.failed(error);
  }

  // ── the handshake ──

  #next(bytes: Uint8Array): void {
    const { done, value } = this.#handshake.next(bytes);
    this.#step = done === true ? undefined : value;
    if (done === true && value !== undefined) this.remote = value;
  }

  /** Runs the handshake as far as the received bytes allow. */
  #proceed(first?: () => void): void {
    try {
      first?.();
      while (this.#step !== undefined && this.#take(this.#step));
    } catch (error) {
      this.fail(error instanceof CodecError ? this.#failures.tooLong() : (error as Error));
      return;
    }
    // A full wire must not be written to.
    if (this.#step !== undefined || this.#full) return;
    if (this.#received.length > 0 && this.#failures.more !== undefined) {
      this.fail(this.#failures.more());
      return;
    }
    this.#state = "open";
    this.#below.pause();
    this.#outcome.opened();
  }

  /** Runs a step; returns whether it could be completed. */
  #take(step: Step): boolean {
    if ("send" in step) {
      if (this.#full) return false;
      this.#full = !this.#below.write(step.send);
      this.#next(noBytes);
      return true;
    }
    const bytes = step.read.decode(this.#received);
    if (bytes === undefined) return false;
    this.#next(bytes);
    return true;
  }

  // ── WireEvents, from the wire below ──

  bytes(view: Uint8Array): void {
    if (this.#handedOver) {
      this.#owner?.bytes(view);
      return;
    }
    this.#received.push(new Uint8Array(view));
    if (this.#state === "shaking hands") this.#proceed();
  }

  ended(): void {
    this.#ended = true;
    this.fail(this.#failures.ended());
    if (this.#handedOver) this.#owner?.ended();
  }

  filled(): void {
    this.#full = true;
    if (this.#handedOver) this.#owner?.filled?.();
  }

  drained(): void {
    this.#full = false;
    if (this.#state === "shaking hands") this.#proceed();
    else if (this.#handedOver) this.#owner?.drained();
  }

  closed(error: WireError | undefined): void {
    this.#closed = { error };
    this.fail(error ?? new WireError("ECONNRESET", "receive"));
    if (this.#handedOver) this.#owner?.closed(error);
  }

  // ── Wire, for the owner ──

  start(events: WireEvents): void {
    this.#owner = events;
    queueMicrotask(() => {
      this.#handOver(events);
    });
  }

  #handOver(owner: WireEvents): void {
    if (this.#received.length > 0) owner.bytes(this.#received.takeAll());
    this.#handedOver = true;
    if (this.#ended) owner.ended();
    if (this.#closed !== undefined) owner.closed(this.#closed.error);
    else if (!this.#paused) this.#below.resume();
  }

  pause(): void {
    this.#paused = true;
    if (this.#closed === undefined) this.#below.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#handedOver) this.#below.resume();
  }

  async #detach(signal: AbortSignal | undefined): ReturnType<Detach> {
    const detach = this.#below.detach as Detach;
    const socket = await detach.call(this.#below, signal);
    // Before that call the wire below may have delivered bytes, but none later.
    if (this.#received.length > 0) socket.unshift(this.#received.takeAll());
    return socket;
  }

  holdProcess(holds: boolean): void {
    this.#below.holdProcess(holds);
  }

  write(bytes: Uint8Array): boolean {
    return this.writeAll([bytes]);
  }

  writeAll(pieces: readonly Uint8Array[]): boolean {
    if (this.#closed === undefined) return this.#below.writeAll(pieces);
    for (const piece of pieces) this.#lostBytes += piece.length;
    return false;
  }

  get pendingBytes(): number {
    return this.#below.pendingBytes + this.#lostBytes;
  }

  /** Describes the connection to the proxy, which is all that this machine's kernel sees. */
  tcpInfo(): TcpInfo | undefined {
    return this.#below.tcpInfo();
  }

  end(): void {
    if (this.#closed === undefined) this.#below.end();
  }

  close(): void {
    if (this.#closed === undefined) this.#below.close();
  }

  abort(): void {
    if (this.#closed === undefined) this.#below.abort();
  }
}
