/**
 * One thread's loop of the native engine: the memory that it shares with the addon, the receiver of each socket's
 * records, and the current batch.
 */
import { tcpAddress, unixAddress, type Address } from "../../base/address/address.ts";
import type { TcpInfo, WireListenOptions, WireOptions } from "../wire.ts";
import { beforeExit } from "../shared/before-exit.ts";
import { loadAddon, type NativeCalls } from "../addon/addon.ts";
import { createArena } from "./arena.ts";
import { Outgoing, type Sender } from "./outgoing.ts";
import {
  scratchInts,
  backends,
  controlInts,
  record,
  recordInts,
  sendInts,
  sendsMax,
  type Backend,
} from "./records.ts";
import { optionNumbers } from "./socket-options.ts";
import { readTcpInfo } from "./tcp-info.ts";

/** Handles the records of one socket. */
export interface Receiver {
  /** The addon's number of the socket. */
  readonly id: number;
  /** Handles any record but bytes: its kind, and errno or 0. */
  handle(kind: number, errno: number): void;
  /** The process exits. */
  exiting?(): void;
}

/** The receiver of a stream. */
export interface StreamReceiver extends Receiver, Sender {
  /** Handles bytes in the arena. */
  read(view: Uint8Array): void;
}

/** The slot in an id. The bits above are the generation. */
const slotMask = (1 << 20) - 1;

/** Reads of the epoll back end begin at multiples of this. */
const viewStep = 64;
const viewsMax = 256;

const ofThisThread: Partial<Record<Backend, NativeLoop>> = {};

/** The loop of this thread, created on first use. */
export function nativeLoop(backend: Backend): NativeLoop {
  return (ofThisThread[backend] ??= new NativeLoop(backend));
}

export class NativeLoop {
  readonly calls: NativeCalls;
  readonly outgoing: Outgoing;
  /** The view that is being delivered. */
  currentView: Uint8Array | undefined;
  readonly #records: Int32Array;
  readonly #scratch: Int32Array;
  readonly #scratchBytes: Uint8Array;
  readonly #arena: ArrayBuffer;
  readonly #receivers: (Receiver | undefined)[] = [];
  /** Views of small reads at the front of the arena. Creating one costs as much as decoding a line. */
  readonly #views: (Uint8Array | undefined)[] = Array.from({ length: viewsMax });
  /** The index of the current record, and the number of records. */
  #at = 0;
  #count = 0;

  constructor(backend: Backend) {
    const loaded = loadAddon();
    if ("whyNot" in loaded) throw new Error(`the native engine does not work here: ${loaded.whyNot}`);
    const { number, arenaBytes } = backends[backend];
    this.#arena = createArena(arenaBytes);
    this.calls = loaded.addon.open(
      number,
      (count) => {
        this.#dispatch(count);
      },
      (count) => {
        this.outgoing.reportUnsent(count);
      },
      this.#arena,
    );
    const { records } = this.calls;
    const sendsAt = scratchInts + controlInts;
    this.#scratch = new Int32Array(records, 0, scratchInts);
    this.#scratchBytes = new Uint8Array(records, 0, scratchInts * 4);
    this.#records = new Int32Array(records, (sendsAt + sendsMax * sendInts) * 4);
    const control = new Int32Array(records, scratchInts * 4, controlInts);
    const sends = new Int32Array(records, sendsAt * 4, sendsMax * sendInts);
    this.outgoing = new Outgoing(this.calls, this.#arena, { control, sends }, (id) => this.#senderOf(id));
    // What a handler has sent is sent even if the handler ends the process next.
    beforeExit(() => {
      this.outgoing.settleAll();
      for (const receiver of this.#receivers) receiver?.exiting?.();
    });
  }

  /** Registers the receiver of a socket's records. */
  register(receiver: Receiver): void {
    this.#receivers[receiver.id & slotMask] = receiver;
  }

  /** Closes a socket. Its id is invalid from now on. */
  close(receiver: Receiver, reset: boolean): void {
    this.#receivers[receiver.id & slotMask] = undefined;
    this.calls.close(receiver.id, reset ? 1 : 0);
  }

  /** A socket has been detached. Its id is invalid from now on. */
  forget(receiver: Receiver): void {
    this.#receivers[receiver.id & slotMask] = undefined;
  }

  /** Whether the current batch has bytes for a socket that have not been delivered. */
  hasUnreported(id: number): boolean {
    for (let at = this.#at + 1; at < this.#count; at++) {
      const index = at * recordInts;
      if (this.#records[index + 1] === id && this.#records[index] === record.read) return true;
    }
    return false;
  }

  /** The sender of that socket. */
  #senderOf(id: number): Sender | undefined {
    const receiver = this.#receivers[id & slotMask];
    return receiver?.id === id ? (receiver as StreamReceiver) : undefined;
  }

  /** Passes options to the next call that takes them. */
  passOptions(options: WireOptions & Partial<WireListenOptions>): void {
    this.passNumbers(optionNumbers(options));
  }

  /** The same for options as numbers. */
  passNumbers(options: readonly number[]): void {
    this.#scratch.set(options);
  }

  /** Changes options of an open connection. */
  setOptions(id: number, options: WireOptions): void {
    this.passOptions(options);
    this.calls.setOptions(id);
  }

  /** The kernel's figures about a connection; `undefined` if it is not TCP. */
  tcpInfo(id: number): TcpInfo | undefined {
    const length = this.calls.tcpInfo(id);
    return length < 0 ? undefined : readTcpInfo(this.#scratchBytes.subarray(0, length));
  }

  /** The address that the last call returned. */
  returnedAddress(): Address {
    if (this.#scratch[0] === 1) return unixAddress(this.#returnedPath());
    const { host, port } = this.returnedHost();
    return tcpAddress(host, port);
  }

  /** The same, for TCP. */
  returnedHost(): { readonly host: string; readonly port: number } {
    const scratch = this.#scratch;
    const bytes = this.#scratchBytes;
    const [family, port = 0, length = 0] = scratch;
    // The text follows three numbers.
    const host =
      family === 4
        ? `${bytes[12]}.${bytes[13]}.${bytes[14]}.${bytes[15]}`
        : String.fromCharCode(...bytes.subarray(12, 12 + length));
    return { host, port };
  }

  /** The same as one number, for IPv4: 32 bits below the port. */
  returnedIpv4(): number | undefined {
    const [family, port = 0] = this.#scratch;
    if (family !== 4) return undefined;
    const bytes = this.#scratchBytes;
    let packed = port;
    for (let at = 12; at < 16; at++) packed = packed * 256 + (bytes[at] as number);
    return packed;
  }

  /** Abstract names begin with NUL, which is written `@`. */
  #returnedPath(): string {
    const length = this.#scratch[2] ?? 0;
    const path = new TextDecoder().decode(this.#scratchBytes.subarray(12, 12 + length));
    return path.replace(/^\0/, "@");
  }

  #dispatch(count: number): void {
    this.#count = count;
    for (this.#at = 0; this.#at < count; this.#at++) {
      // A handler that throws does not affect the records that follow. Its exception is uncaught, as usual.
      try {
        this.#dispatchNext();
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    this.#count = 0;
    this.currentView = undefined;
  }

  /** A view is valid during one call, so a later read of the same offset and length can reuse it. */
  #viewOf(offset: number, length: number): Uint8Array {
    const at = offset / viewStep;
    if (at >= viewsMax || offset % viewStep !== 0) return new Uint8Array(this.#arena, offset, length);
    const known = this.#views[at];
    if (known !== undefined && known.length === length) return known;
    return (this.#views[at] = new Uint8Array(this.#arena, offset, length));
  }

  #dispatchNext(): void {
    const records = this.#records;
    const index = this.#at * recordInts;
    const id = records[index + 1] as number;
    const receiver = this.#receivers[id & slotMask];
    // Closed by a handler earlier in this batch.
    if (receiver === undefined || receiver.id !== id) return;
    const kind = records[index] as number;
    const number = records[index + 2] as number;
    if (kind === record.read) {
      this.currentView = this.#viewOf(number, records[index + 3] as number);
      (receiver as StreamReceiver).read(this.currentView);
    } else {
      receiver.handle(kind, number);
    }
  }
}
