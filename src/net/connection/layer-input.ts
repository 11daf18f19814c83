/**
 * Bytes on their way through a layer, a slice at a time.
 *
 * A layer may take microseconds for each two bytes of a peer's: telnet's commands are that small. One chunk of 64 KiB would
 * hold the event loop for milliseconds, and the chunks of fifty peers for a quarter of a second. So only short input goes
 * through at once. The rest is cut into slices, which go on while the turn has room, or wait in line for the next turn.
 * Meanwhile the owner stops reading from the peer.
 */
import { ByteQueue } from "../../base/byte-queue.ts";
import type { Layer } from "../../codec/index.ts";
import type { InLine, Turn } from "../timing/turn.ts";

/** Input as people and most clients send it. It costs little, so it never waits in line behind the input of others. */
const shortBytes = 128;
/** Fifty peers that send nothing but commands have a slice each in front of the others: together 15 milliseconds. */
const sliceBytes = 512;
/** What a slice costs of the steps of a turn: enough that the turn watches the time after a few of them. */
const sliceSteps = 16;

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
    if (this.#waiting.length === 0 && chunk.length <= shortBytes) {
      this.#pass(chunk);
      return;
    }
    this.#waiting.push(chunk);
    if (!this.#inLine) this.#passSome();
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
