/**
 * Input of a layer, processed in slices.
 *
 * A layer may take microseconds for every two bytes from a peer: telnet commands are that small. A chunk of 64 KiB
 * would block the event loop for milliseconds, and the chunks of fifty peers for a quarter of a second. So only short
 * input is processed at once. The rest is split into slices, which are processed while the turn's budget lasts, and
 * then wait for the next turn. Meanwhile the owner pauses reading.
 */
import { ByteQueue } from "../../base/byte-queue.ts";
import type { Layer } from "../../codec/index.ts";
import type { TurnWaiter, Turn } from "../timing/turn.ts";

/** Short input, as people and most clients send it. It costs little, so it never waits for its turn. */
const shortBytes = 128;
/** Fifty peers that send only commands delay others by a slice each: together 15 milliseconds. */
const sliceBytes = 512;
/** Cost of a slice in steps of a turn: enough that the turn measures time after a few of them. */
const sliceSteps = 16;

export interface LayerOwner {
  /** Receives part of the data, as a view that stays valid. */
  deliver(data: Uint8Array): void;
  /** Called when waiting input has been processed in a later turn. */
  inputProcessed(): void;
  /** Called with the error that the layer threw; it receives no more input. */
  layerFailed(thrown: unknown): void;
}

export class LayerInput implements TurnWaiter {
  readonly #layer: Layer;
  readonly #turn: Turn;
  readonly #owner: LayerOwner;
  readonly #waiting = new ByteQueue();
  readonly #deliver: (data: Uint8Array) => void;
  #queued = false;

  constructor(layer: Layer, turn: Turn, owner: LayerOwner) {
    this.#layer = layer;
    this.#turn = turn;
    this.#owner = owner;
    this.#deliver = (data) => owner.deliver(data);
  }

  /** Bytes that have not passed through the layer yet. */
  get waitingBytes(): number {
    return this.#waiting.length;
  }

  /** Receives a chunk, and keeps it: no other code may change it. */
  receive(chunk: Uint8Array): void {
    if (this.#waiting.length === 0 && chunk.length <= shortBytes) {
      this.#pass(chunk);
      return;
    }
    this.#waiting.push(chunk);
    if (!this.#queued) this.#passSome();
  }

  /** Processes all waiting input now. */
  flush(): void {
    while (this.#waiting.length > 0) this.#passSlice();
  }

  takeTurn(): void {
    this.#queued = false;
    if (this.#waiting.length === 0) return;
    this.#passSlice();
    this.#passSome();
    this.#owner.inputProcessed();
  }

  /** Processes input while the turn's budget lasts, and then waits for the next turn. */
  #passSome(): void {
    while (this.#waiting.length > 0) {
      if (!this.#turn.hasRoomFor(sliceSteps)) {
        this.#queued = true;
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
