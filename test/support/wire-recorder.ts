/**
 * The owner of a wire, for the tests of engines: it records the events,
 * lets tests wait for them, and fails on events that the contract does not allow.
 */
import assert from "node:assert/strict";
import { concatBytes } from "../../src/base/bytes.ts";
import type { Wire, WireError, WireEvents } from "../../src/wire/index.ts";

type Told = "bytes" | "ended" | "drained" | "closed";

export class WireRecorder implements WireEvents {
  readonly wire: Wire;
  /** The events, in order; consecutive `bytes` are recorded once. */
  readonly reported: Told[] = [];
  /** Resolves to the error, or to `undefined`, when the wire has closed. */
  readonly closing: Promise<WireError | undefined>;
  hasStarted = false;
  bytesReceived = 0;
  drainedCount = 0;
  /** Called with each view, as long as that is valid. */
  onBytes: ((view: Uint8Array) => void) | undefined;
  onDrained: (() => void) | undefined;
  onEnded: (() => void) | undefined;
  readonly faults: string[] = [];

  readonly #chunks: Uint8Array[] = [];
  readonly #waiting = new Set<() => void>();
  #starting = false;
  #closeWire = false;
  #tellClosed!: (error: WireError | undefined) => void;

  constructor(wire: Wire) {
    this.wire = wire;
    this.closing = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
  }

  start(): this {
    this.hasStarted = true;
    this.#starting = true;
    this.wire.start(this);
    this.#starting = false;
    return this;
  }

  get received(): Uint8Array {
    return concatBytes(this.#chunks);
  }

  get hasEnded(): boolean {
    return this.reported.includes("ended");
  }

  get hasClosed(): boolean {
    return this.reported.includes("closed");
  }

  /** Resolves when `reached` is true, checked after each event. */
  async until(reached: () => boolean): Promise<void> {
    while (!reached()) {
      assert.ok(!this.hasClosed, `the wire has closed (${this.reported.join(", ")})`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  untilReceived(bytes: number): Promise<void> {
    return this.until(() => this.bytesReceived >= bytes);
  }

  untilEnded(): Promise<void> {
    return this.until(() => this.hasEnded);
  }

  /** Writes everything, in pieces, as fast as the wire takes it. */
  async send(data: Uint8Array, pieceBytes = 65_536): Promise<void> {
    for (let offset = 0; offset < data.length; offset += pieceBytes) {
      await this.#room(this.wire.write(data.subarray(offset, offset + pieceBytes)));
    }
  }

  async sendPieces(pieces: readonly Uint8Array[]): Promise<void> {
    await this.#room(this.wire.writeAll(pieces));
  }

  async #room(taken: boolean): Promise<void> {
    const drained = this.drainedCount;
    if (!taken) await this.until(() => this.drainedCount > drained);
  }

  /** Writes copies of `piece` until the wire is full; returns how many bytes that were. */
  fill(piece: Uint8Array): number {
    let bytes = piece.length;
    while (this.wire.write(piece)) bytes += piece.length;
    return bytes;
  }

  /** Lets go of the wire; from now on it may say nothing but that it has closed. */
  close(): void {
    this.#closeWire = true;
    this.wire.close();
  }

  /** The same with a reset. */
  abort(): void {
    this.#closeWire = true;
    this.wire.abort();
  }

  // ── WireEvents ──

  bytes(view: Uint8Array): void {
    if (view.length === 0) this.faults.push("an empty view");
    if (this.hasEnded) this.faults.push("bytes after the end");
    this.onBytes?.(view);
    // Copied; a Buffer's `slice` would not be.
    this.#chunks.push(new Uint8Array(view));
    this.bytesReceived += view.length;
    this.#tell("bytes");
  }

  ended(): void {
    if (this.hasEnded) this.faults.push("ended twice");
    this.onEnded?.();
    this.#tell("ended");
  }

  drained(): void {
    this.drainedCount++;
    if (this.wire.pendingBytes > 0) this.faults.push("drained with bytes pending");
    this.onDrained?.();
    this.#tell("drained");
  }

  closed(error: WireError | undefined): void {
    this.#tell("closed");
    this.#tellClosed(error);
  }

  #tell(what: Told): void {
    if (this.#starting) this.faults.push(`${what} during start`);
    if (this.hasClosed) this.faults.push(`${what} after closed`);
    if (this.#closeWire && what !== "closed") this.faults.push(`${what} after letting go`);
    if (what !== "bytes" || this.reported.at(-1) !== "bytes") this.reported.push(what);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
