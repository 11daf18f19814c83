/**
 * A network in memory: an engine for tests, without a kernel or the wall clock.
 *
 * Each engine is a separate network. Its views are as short-lived as the contract allows: their memory is overwritten
 * as soon as the call returns.
 */
import { checkOptions } from "../../base/option-checks.ts";
import { callback, clock as checkClock, limit } from "../../base/arguments.ts";
import { onAbort } from "../../base/abort.ts";
import {
  canonicalTcpAddress,
  formatAddress,
  unixAddress,
  type TcpAddress,
  type UnixAddress,
} from "../../base/address/address.ts";
import { systemClock, type Clock } from "../../base/clock.ts";
import { tcpOptions } from "../socket-options.ts";
import {
  WireError,
  type Descriptors,
  type Engine,
  type Listener,
  type ListenerEvents,
  type Wire,
  type WireListenOptions,
} from "../wire.ts";
import { MemoryDatagrams, type MemoryDatagram } from "./memory-datagrams.ts";
import { createMemoryPair, type MemoryPairOptions } from "./memory-wire.ts";
import { ProcessLife, type Hold } from "./process-life.ts";

/** The outcome of an attempt to connect. */
export interface MemoryRoute {
  /** Milliseconds until the attempt is answered. Default: 0. */
  readonly delayMs?: number | undefined;
  /** The system's error code, or `silent` for no answer. Default: it connects. */
  readonly fails?: string | undefined;
}

/** Options of `createMemoryEngine`. */
export interface MemoryEngineOptions {
  /**
   * The clock. Default: the system's, and then open sockets keep the process alive as usual. With another clock they
   * do not, because time then passes only when the program says so.
   */
  readonly clock?: Clock | undefined;
  /** Bytes that one direction of a connection holds until they are read. Default: 65536. */
  readonly capacityBytes?: number | undefined;
  /** Maximum size of a received chunk in bytes; small values split messages. Default: 65536. */
  readonly chunkBytesMax?: number | undefined;
  /** Runs a task later, never at once. Default: in a new turn of the event loop. */
  readonly schedule?: ((task: () => void) => void) | undefined;
  /** The route to an address. Default: listeners answer at once. */
  readonly route?: ((address: TcpAddress | UnixAddress) => MemoryRoute | undefined) | undefined;
  /** The descriptors that the process seems to have, to test `descriptorReserve`. Default: unknown. */
  readonly descriptors?: (() => Descriptors | undefined) | undefined;
  /**
   * The fate of a datagram: when each of its copies arrives, in milliseconds from now. `[]` loses it, two times
   * duplicate it, a later time reorders it. Default: one copy, at once.
   */
  readonly arrivals?: ((datagram: MemoryDatagram) => readonly number[]) | undefined;
}

const firstEphemeralPort = 40_000;

/**
 * Creates an engine whose sockets exist in memory only: a network of its own for each engine. Clients and servers with
 * the same engine reach each other.
 */
export function createMemoryEngine(options: MemoryEngineOptions = {}): Engine {
  checkOptions("createMemoryEngine", options, {
    clock: checkClock,
    capacityBytes: limit,
    chunkBytesMax: limit,
    schedule: callback,
    route: callback,
    descriptors: callback,
    arrivals: callback,
  });
  const clock = options.clock ?? systemClock;
  const life = new ProcessLife(clock === systemClock);
  const pairOptions: MemoryPairOptions = {
    capacityBytes: options.capacityBytes ?? 65_536,
    chunkBytesMax: options.chunkBytesMax ?? 65_536,
    schedule: options.schedule ?? ((task) => void setImmediate(task)),
    life,
  };
  const listeners = new Map<string, MemoryListener>();
  const datagrams = new MemoryDatagrams({
    clock,
    schedule: pairOptions.schedule,
    life,
    arrivals: options.arrivals ?? (() => [0]),
    choosePort: () => nextPort++,
  });
  let nextPort = firstEphemeralPort;

  async function arrive(address: TcpAddress | UnixAddress, signal: AbortSignal): Promise<Wire> {
    const listener = listeners.get(formatAddress(address));
    if (listener === undefined) {
      const code = address.family === "unix" ? "ENOENT" : "ECONNREFUSED";
      throw new WireError(code, "connect");
    }
    const from: TcpAddress | UnixAddress =
      address.family === "unix"
        ? unixAddress("")
        : canonicalTcpAddress(address.family, address.host, nextPort++);
    const [client, server] = createMemoryPair(from, address, pairOptions);
    try {
      await raceAbort(listener.enqueue(server), signal);
      return client;
    } catch (error) {
      client.abort();
      throw error;
    }
  }

  return {
    name: "memory",
    // They have no effect without a kernel, but code that sets them can be tested.
    options: tcpOptions,
    async connect(address, _options, signal) {
      signal.throwIfAborted();
      const settled = life.hold();
      try {
        const route = options.route?.(address);
        if (route !== undefined) await answered(route, clock, signal);
        return await arrive(address, signal);
      } finally {
        settled.release();
      }
    },
    listen(address, listenOptions, events) {
      const bound =
        address.family !== "unix" && address.port === 0
          ? canonicalTcpAddress(address.family, address.host, nextPort++)
          : address;
      const key = formatAddress(bound);
      if (listeners.has(key)) return Promise.reject(new WireError("EADDRINUSE", "bind"));
      const hold = life.hold();
      const listener = new MemoryListener(bound, listenOptions, events, pairOptions.schedule, () => {
        listeners.delete(key);
        hold.release();
      });
      listener.hold = hold;
      listeners.set(key, listener);
      return Promise.resolve(listener);
    },
    inherit: () => Promise.reject(new WireError("ENOTSUP", "listen")),
    openDatagrams: (local, datagramOptions) => datagrams.open(local, datagramOptions),
    descriptors: options.descriptors ?? (() => undefined),
  };
}

function answered(route: MemoryRoute, clock: Clock, signal: AbortSignal): Promise<void> {
  return raceAbort(
    new Promise((resolve, reject) => {
      if (route.fails === "silent") return;
      clock.after(route.delayMs ?? 0, () => {
        if (route.fails === undefined) resolve();
        else reject(new WireError(route.fails, "connect"));
      });
    }),
    signal,
  );
}

function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) return aborted();
    work.then(resolve, reject).finally(onAbort(signal, aborted));
  });
}

class MemoryListener implements Listener {
  readonly leavesClientsQueued: boolean = true;
  readonly address: TcpAddress | UnixAddress;
  readonly #backlog: number;
  readonly #events: ListenerEvents;
  readonly #schedule: (task: () => void) => void;
  readonly #forget: () => void;
  hold: Hold | undefined;
  #paused = false;
  #closed = false;
  /** The kernel's queue. `queued` reports to the client that it is connected. */
  readonly #queue: { readonly wire: Wire; readonly queued: () => void }[] = [];

  constructor(
    address: TcpAddress | UnixAddress,
    options: WireListenOptions,
    events: ListenerEvents,
    schedule: (task: () => void) => void,
    forget: () => void,
  ) {
    this.address = address;
    this.#backlog = options.backlog;
    this.#events = events;
    this.#schedule = schedule;
    this.#forget = forget;
  }

  /** Resolves when the client is in the queue; delayed while the queue is full. */
  enqueue(wire: Wire): Promise<void> {
    return new Promise((queued) => {
      this.#queue.push({ wire, queued });
      if (this.#queue.length <= this.#backlog + 1) queued();
      this.#handOut();
    });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#handOut();
  }

  holdProcess(holds: boolean): void {
    this.hold?.set(holds);
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    this.#forget();
    for (const { wire, queued } of this.#queue.splice(0)) {
      queued();
      wire.abort();
    }
    return Promise.resolve();
  }

  #handOut(): void {
    this.#schedule(() => {
      if (this.#paused || this.#closed) return;
      const first = this.#queue.shift();
      if (first === undefined) return;
      this.#queue[this.#backlog]?.queued();
      first.queued();
      this.#events.accepted(first.wire);
      if (this.#queue.length > 0) this.#handOut();
    });
  }
}
