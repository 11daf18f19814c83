/**
 * A wire as the Node stream beneath a TLS socket.
 *
 * Owns the wire. Keeps the first received bytes, which show what a peer without TLS speaks, and the wire's error, which
 * a TLS socket over a stream does not report.
 */
import { Duplex } from "node:stream";
import type { Wire, WireError, WireEvents } from "../wire.ts";

/** Enough to recognise a protocol. */
const firstBytesMax = 64;

export class WireStream extends Duplex {
  readonly wire: Wire;
  /** The first received bytes. */
  firstBytes: Uint8Array = new Uint8Array(0);
  /** Why the wire has closed. */
  wireError: WireError | undefined;
  #done: ((error?: Error | null) => void) | undefined;
  /** Set while the wire is full although it took the last write. */
  #becameFull = false;
  /** A write that waits for that. */
  #waiting: (() => void) | undefined;
  #wireClosed = false;
  #resets = false;

  constructor(wire: Wire) {
    super({ allowHalfOpen: true });
    this.wire = wire;
    wire.start(this.#events());
  }

  /** Resets the connection instead of closing it. */
  reset(): void {
    this.#resets = true;
    this.destroy();
  }

  override _read(): void {
    if (!this.#wireClosed) this.wire.resume();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#wireClosed) done(this.wireError ?? new Error("the wire has closed"));
    else if (this.#becameFull) {
      this.#waiting = () => {
        this._write(chunk, _encoding, done);
      };
    } else if (this.wire.write(chunk)) done();
    else this.#done = done;
  }

  override _final(done: (error?: Error | null) => void): void {
    if (!this.#wireClosed) this.wire.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#wireClosed) return done(error);
    if (this.#resets) this.wire.abort();
    else this.wire.close();
    done(error);
  }

  #events(): WireEvents {
    return {
      bytes: (view) => {
        if (this.destroyed) return;
        const bytes = this.wire.stableViews ? view : new Uint8Array(view);
        if (this.firstBytes.length === 0) this.firstBytes = bytes.slice(0, firstBytesMax);
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
        // What was received is delivered first.
        if (error !== undefined) setImmediate(() => this.destroy(error));
        else if (this.readableEnded) this.destroy();
        else this.push(null);
      },
    };
  }
}
