/**
 * One thread's loop of the native engine, as JavaScript sees it: the memory that it shares
 * with the addon, who is told of which socket, and the batch under way.
 */
import { loadAddon, type NativeCalls } from "./addon.ts";
import { answerInts, arenaBytes, record, recordInts } from "./records.ts";

/** Who is told what happens to one socket. */
export interface Receiver {
  /** The number that the addon knows it by. */
  readonly id: number;
  /** Bytes in the arena. */
  read?(view: Uint8Array): void;
  ended?(): void;
  /** There is room again. */
  writable?(): void;
  /** Something has happened that only some kinds of sockets know, or it has failed: the errno, or 0. */
  told(kind: number, errno: number): void;
}

/** An id's place in the table; the rest of it is the generation. */
const slotMask = (1 << 20) - 1;

let ofThisThread: NativeLoop | undefined;

/**
 * Memory that stays where it is. Whoever is handed a view can transfer its buffer away
 * (`structuredClone`, `postMessage`), and with it what others of the batch have yet to be told; but
 * not that of WebAssembly.
 */
function createArena(): ArrayBuffer {
  const pages = arenaBytes / 65_536;
  const { WebAssembly } = globalThis as unknown as {
    readonly WebAssembly: {
      readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
    };
  };
  return new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer;
}

/** The loop of this thread, made when first asked for. */
export function nativeLoop(): NativeLoop {
  ofThisThread ??= new NativeLoop();
  return ofThisThread;
}

export class NativeLoop {
  readonly calls: NativeCalls;
  readonly #records: Int32Array;
  readonly #answer: Int32Array;
  readonly #answerBytes: Uint8Array;
  readonly #outbox: Uint8Array;
  readonly #arena: ArrayBuffer;
  readonly #receivers: (Receiver | undefined)[] = [];
  /** The record that is being told, and how many there are. */
  #at = 0;
  #count = 0;

  constructor() {
    const loaded = loadAddon();
    if ("whyNot" in loaded) throw new Error(`the native engine does not work here: ${loaded.whyNot}`);
    this.#arena = createArena();
    this.calls = loaded.addon.open((count) => {
      this.#dispatch(count);
    }, this.#arena);
    const { records, outbox } = this.calls;
    this.#answer = new Int32Array(records, 0, answerInts);
    this.#answerBytes = new Uint8Array(records, 0, answerInts * 4);
    this.#records = new Int32Array(records, answerInts * 4);
    this.#outbox = new Uint8Array(outbox);
  }

  /** From now on this is told what happens to its socket. */
  tell(receiver: Receiver): void {
    this.#receivers[receiver.id & slotMask] = receiver;
  }

  /** Lets go of a socket; its number means nothing from now on. */
  close(receiver: Receiver, reset: boolean): void {
    this.#receivers[receiver.id & slotMask] = undefined;
    this.calls.close(receiver.id, reset ? 1 : 0);
  }

  /** Whether the batch under way has bytes for a socket that it has not been told yet. */
  hasUntold(id: number): boolean {
    for (let at = this.#at + 1; at < this.#count; at++) {
      const index = at * recordInts;
      if (this.#records[index + 1] === id && this.#records[index] === record.read) return true;
    }
    return false;
  }

  /** Whether bytes lie in memory that is used again when this call is over. */
  isBorrowed(bytes: Uint8Array): boolean {
    return bytes.buffer === this.#arena;
  }

  /** Sends; how many bytes went, or a negative errno. */
  send(id: number, bytes: Uint8Array): number {
    const { length } = bytes;
    if (bytes.buffer === this.#arena) return this.calls.send(id, bytes.byteOffset, length);
    // Telling the addon of memory costs more than copying so little.
    if (length > copyBytesMax) return this.calls.sendPieces(id, [bytes]);
    this.#outbox.set(bytes);
    return this.calls.send(id, -1, length);
  }

  /** The same with several pieces: perhaps not even all of them are tried. */
  sendAll(id: number, pieces: readonly Uint8Array[]): number {
    let length = 0;
    for (const piece of pieces) {
      if (length + piece.length > gatherBytesMax) return this.calls.sendPieces(id, pieces);
      this.#outbox.set(piece, length);
      length += piece.length;
    }
    return this.calls.send(id, -1, length);
  }

  /** The address that the last call has answered with, if it is one of TCP. */
  answeredHost(): { readonly host: string; readonly port: number } {
    const answer = this.#answer;
    const bytes = this.#answerBytes;
    const [family, port = 0, length = 0] = answer;
    // The text begins behind three numbers.
    const host =
      family === 4
        ? `${bytes[12]}.${bytes[13]}.${bytes[14]}.${bytes[15]}`
        : String.fromCharCode(...bytes.subarray(12, 12 + length));
    return { host, port };
  }

  #dispatch(count: number): void {
    this.#count = count;
    for (this.#at = 0; this.#at < count; this.#at++) {
      // Whoever throws costs the others nothing, and is heard of as if it had been alone.
      try {
        this.#tellNext();
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    this.#count = 0;
  }

  #tellNext(): void {
    const records = this.#records;
    const index = this.#at * recordInts;
    const id = records[index + 1] as number;
    const receiver = this.#receivers[id & slotMask];
    // Closed by an earlier part of this batch.
    if (receiver === undefined || receiver.id !== id) return;
    const kind = records[index] as number;
    const number = records[index + 2] as number;
    if (kind === record.read) {
      receiver.read?.(new Uint8Array(this.#arena, number, records[index + 3] as number));
    } else if (kind === record.ended) {
      receiver.ended?.();
    } else if (kind === record.writable) {
      receiver.writable?.();
    } else {
      receiver.told(kind, number);
    }
  }
}

const copyBytesMax = 2048;
const gatherBytesMax = 16_384;
