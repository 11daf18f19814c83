/**
 * A wire as the Node stream beneath a TLS socket.
 *
 * Owns the wire. Keeps the first received bytes, which show what a peer without TLS speaks, and the wire's error, which
 * a TLS socket over a stream does not report.
 */
import { Duplex } from "node:stream";
import { concatBytes, noBytes } from "../../base/bytes.ts";
import type { Wire, WireError, WireEvents } from "../wire.ts";

/** Enough to recognise a protocol. */
const firstBytesMax = 64;
/** Enough for the part of a server's handshake that is not encrypted, with a long chain of certificates. */
const serverFlightBytesMax = 16_384;

export class WireStream extends Duplex {
  readonly wire: Wire;
  /** The first received bytes, until the handshake is complete. */
  firstBytes: Uint8Array = noBytes;
  /** Why the wire has closed. */
  wireError: WireError | undefined;
  #done: ((error?: Error | null) => void) | undefined;
  /** Set while the wire is full although it took the last write. */
  #becameFull = false;
  /** A write that waits for that. */
  #waiting: (() => void) | undefined;
  #wireClosed = false;
  #resets = false;
  #isEndSent = false;
  /** Set while a handshake is in progress that may fail gently. */
  #gone: (() => void) | undefined;
  #isInHandshake = true;
  readonly #isClient: boolean;
  #serverFlight: Uint8Array[] = [];
  #serverFlightBytes = 0;

  /** @param isClient whether this side is the client of the handshake */
  constructor(wire: Wire, isClient: boolean) {
    super({ allowHalfOpen: true });
    this.#isClient = isClient;
    this.wire = wire;
    wire.start(this.#events());
  }

  /** What the server of the two sides has sent so far, up to a limit. Empty when the handshake is complete. */
  get serverFlight(): Uint8Array {
    return concatBytes(this.#serverFlight);
  }

  /** Resets the connection instead of closing it. */
  reset(): void {
    if (this.destroyed && this.#gone !== undefined && !this.#wireClosed) this.wire.abort();
    this.#resets = true;
    this.destroy();
  }

  /**
   * From now on, `destroy` sends what was written and FIN, and discards input until the peer has ended, or `reset`.
   *
   * @param gone called when the wire has closed
   */
  endGently(gone: () => void): void {
    this.#gone = gone;
  }

  /** The handshake is complete: from now on, `destroy` closes at once. */
  handshakeCompleted(): void {
    this.#gone = undefined;
    this.#isInHandshake = false;
    this.firstBytes = noBytes;
    this.#serverFlight = [];
  }

  override _read(): void {
    if (!this.#wireClosed) this.wire.resume();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#isInHandshake && !this.#isClient) this.#keep(chunk);
    if (this.#wireClosed) done(this.wireError ?? new Error("the wire has closed"));
    else if (this.#becameFull) {
      this.#waiting = () => {
        this._write(chunk, _encoding, done);
      };
    } else if (this.wire.write(chunk)) done();
    else this.#done = done;
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#sendEnd();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#wireClosed) return done(error);
    if (this.#resets) this.wire.abort();
    else if (this.#gone === undefined) this.wire.close();
    else {
      this.#sendEnd();
      this.wire.resume();
    }
    done(error);
  }

  #note(bytes: Uint8Array): void {
    const room = firstBytesMax - this.firstBytes.length;
    if (room > 0) this.firstBytes = concatBytes([this.firstBytes, bytes.subarray(0, room)]);
    if (this.#isClient) this.#keep(bytes);
  }

  #keep(bytes: Uint8Array): void {
    if (this.#serverFlightBytes > serverFlightBytesMax) return;
    this.#serverFlightBytes += bytes.length;
    this.#serverFlight.push(bytes);
  }

  #sendEnd(): void {
    if (this.#wireClosed || this.#isEndSent) return;
    this.#isEndSent = true;
    this.wire.end();
  }

  #events(): WireEvents {
    return {
      bytes: (view) => {
        if (this.destroyed) return;
        const bytes = this.wire.stableViews ? view : new Uint8Array(view);
        if (this.#isInHandshake) this.#note(bytes);
        if (!this.push(bytes)) this.wire.pause();
      },
      ended: () => {
        this.push(null);
      },
      filled: () => {
        this.#becameFull = true;
      },
      drained: () => {
        this.#becameFull = false;
        const goOn = this.#waiting ?? this.#done;
        this.#waiting = undefined;
        this.#done = undefined;
        goOn?.();
      },
      closed: (error) => {
        this.#wireClosed = true;
        this.wireError = error;
        this.#gone?.();
        // What was received is delivered first.
        if (error !== undefined) setImmediate(() => this.destroy(error));
        else if (this.readableEnded) this.destroy();
        else this.push(null);
      },
    };
  }
}
