/**
 * Bytes on their way through a layer, a slice at a time.
 *
 * A layer may take microseconds for each two bytes of a peer's: telnet's commands are that small. One chunk of 64 KiB would
 * hold the event loop for milliseconds, and the chunks of fifty peers for a quarter of a second. So only a first slice goes
 * through at once. The rest goes on while the turn has room, or waits in line for the next turn. Meanwhile the owner stops
 * reading from the peer.
 */
import { ByteQueue } from "../../base/byte-queue.ts";
import type { Layer } from "../../codec/index.ts";
import type { InLine, Turn } from "../timing/turn.ts";

/** Large enough that ordinary input is one slice, small enough that a slice of commands takes a fraction of a millisecond. */
const sliceBytes = 4_096;
/** What a slice costs of the steps of a turn: enough that the turn watches the time from the first slice on. */
const sliceSteps = 128;

export interface LayerOwner {
  /** A part of the data; a view that stays as it is. */
  deliver(data: Uint8Array): void;
  /** What waited has gone on, in a later turn. */
  wentOn(): void;
  /** The layer threw this: nothing more goes through it. */
  layerFailed(thrown: unknown): void;
}

export class LayerInput implements InLine {
  readonly #layer: Layer;
  readonly #turn: Turn;
  readonly #owner: LayerOwner;
  readonly #waiting = new ByteQueue();
  readonly #deliver: (data: Uint8Array) => void;
  #inLine = false;

  constructor(layer: Layer, turn: Turn, owner: LayerOwner) {
    this.#layer = layer;
    this.#turn = turn;
    this.#owner = owner;
    this.#deliver = (data) => owner.deliver(data);
  }

  /** Bytes that have not gone through the layer yet. */
  get waitingBytes(): number {
    return this.#waiting.length;
  }

  /** More bytes have come. They are kept as they are: nobody else may change them. */
  receive(chunk: Uint8Array): void {
    if (this.#waiting.length === 0 && chunk.length <= sliceBytes) {
      this.#pass(chunk);
      return;
    }
    this.#waiting.push(chunk);
    if (this.#inLine) return;
    this.#passSlice();
    this.#passSome();
  }

  /** Everything that waits goes through now. */
  flush(): void {
    while (this.#waiting.length > 0) this.#passSlice();
  }

  goOn(): void {
    this.#inLine = false;
    if (this.#waiting.length === 0) return;
    this.#passSlice();
    this.#passSome();
    this.#owner.wentOn();
  }

  /** As much as the turn has room for; then it waits for the next one. */
  #passSome(): void {
    while (this.#waiting.length > 0) {
      if (!this.#turn.goesOn(sliceSteps)) {
        this.#inLine = true;
        this.#turn.wait(this);
        return;
      }
      this.#passSlice();
    }
  }

  #passSlice(): void {
    this.#pass(this.#waiting.take(Math.min(sliceBytes, this.#waiting.length)));
  }

  #pass(slice: Uint8Array): void {
    try {
      this.#layer.receive(slice, this.#deliver);
    } catch (thrown) {
      this.#waiting.takeAll();
      this.#owner.layerFailed(thrown);
    }
  }
}
