/**
 * A listener over a listening socket of the addon.
 *
 * Accepts one client at a time, so that a pause takes effect before the next client. A client that has already gone
 * is reported and does not affect the others. When descriptors or memory run out, clients stay in the kernel's queue
 * for 5 ms, doubling to a second (F2). The shortage is reported once, until an accept succeeds.
 */
import { unixAddress, type Address, type TcpAddress, type UnixAddress } from "../../base/address/address.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import { systemPath } from "../shared/system-path.ts";
import { removeStaleSocket } from "../shared/stale-socket.ts";
import { isNoSocket } from "../shared/socket-file.ts";
import { WireError } from "../wire-error.ts";
import type { Listener, ListenerEvents, WireListenOptions, WireOptions } from "../wire.ts";
import type { NativeLoop, Receiver } from "./native-loop.ts";
import { NativeWire } from "./native-wire.ts";
import { returnedRemote, Endpoint } from "./endpoint.ts";
import { systemError } from "./system-errors.ts";

export async function nativeListen(
  loop: NativeLoop,
  address: TcpAddress | UnixAddress,
  options: WireListenOptions,
  events: ListenerEvents,
  clock: Clock,
): Promise<Listener> {
  const unix = address.family === "unix";
  if (unix) await removeStaleSocket(address.path);
  loop.passOptions(options);
  const id = loop.calls.listen(unix ? systemPath(address.path) : address.host, unix ? -1 : address.port);
  if (id < 0) throw bindError(id, address);
  const bound = boundAddress(loop, id);
  if (typeof bound !== "number") return begin(loop, id, bound, events, clock);
  loop.calls.close(id, 0);
  throw bindError(bound, address);
}

/** Listens on a socket that is already bound. */
export async function nativeInherit(
  loop: NativeLoop,
  fd: number,
  options: WireOptions & { readonly backlog: number },
  events: ListenerEvents,
  clock: Clock,
): Promise<Listener> {
  loop.passOptions(options);
  const id = loop.calls.inherit(fd);
  if (id < 0) throw systemError(id, "listen");
  const bound = boundAddress(loop, id);
  if (typeof bound !== "number") return begin(loop, id, bound, events, clock, options);
  loop.calls.close(id, 0);
  throw systemError(bound, "listen");
}

function begin(
  loop: NativeLoop,
  id: number,
  address: Address,
  events: ListenerEvents,
  clock: Clock,
  clientOptions?: WireOptions,
): Listener {
  const listener = new NativeListener(loop, id, address, events, clock, clientOptions);
  listener.resume();
  return listener;
}

/** The kernel reports any existing file as an address in use. */
function bindError(errno: number, address: TcpAddress | UnixAddress): WireError {
  const error = systemError(errno, "bind");
  const noSocket = error.code === "EADDRINUSE" && address.family === "unix" && isNoSocket(address.path);
  return noSocket ? new WireError("ENOTSOCK", "bind") : error;
}

/** The bound address, or the errno of the failure to read it: clients could not find the listener then. */
function boundAddress(loop: NativeLoop, id: number): Address | number {
  const failed = loop.calls.local(id);
  return failed < 0 ? failed : loop.returnedAddress();
}

const unnamed: UnixAddress = unixAddress("");

/** Accepts in a row, before other sockets are served. */
const acceptsMax = 64;

/** EAGAIN. */
const noClient = -11;

const restMs = { least: 5, most: 1_000 } as const;

/** Errors of a single client, which has left the queue. All other errors concern this process. See accept(2). */
const clientErrors: ReadonlySet<string> = new Set([
  "ECONNABORTED",
  "ENETDOWN",
  "EPROTO",
  "ENOPROTOOPT",
  "EHOSTDOWN",
  "ENONET",
  "EHOSTUNREACH",
  "ENOTSUP",
  "ENETUNREACH",
  "EPERM",
]);

class NativeListener implements Listener, Receiver {
  readonly id: number;
  readonly address: Address;
  readonly leavesClientsQueued = true;
  readonly #loop: NativeLoop;
  readonly #events: ListenerEvents;
  readonly #clock: Clock;
  /** Options to set on each client; `undefined` if the listening socket passes its own on. */
  readonly #clientOptions: WireOptions | undefined;
  /** The local address of its clients. */
  readonly #endpoint: Endpoint;
  #paused = true;
  #rest: Timer | undefined;
  #restMs: number = restMs.least;
  /** The shortage that has been reported and is not over. */
  #shortage: string | undefined;
  #closed = false;

  constructor(
    loop: NativeLoop,
    id: number,
    address: Address,
    events: ListenerEvents,
    clock: Clock,
    clientOptions: WireOptions | undefined,
  ) {
    this.#loop = loop;
    this.id = id;
    this.address = address;
    this.#events = events;
    this.#clock = clock;
    this.#clientOptions = clientOptions;
    this.#endpoint = new Endpoint(loop, address);
    loop.register(this);
  }

  pause(): void {
    this.#paused = true;
    this.#accept(false);
  }

  resume(): void {
    this.#paused = false;
    if (this.#rest === undefined) this.#accept(true);
  }

  holdProcess(holds: boolean): void {
    if (!this.#closed) this.#loop.calls.hold(this.id, holds ? 1 : 0);
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#rest?.cancel();
      this.#loop.close(this, false);
    }
    return Promise.resolve();
  }

  /** Removes the file of a Unix socket, even if the process then dies of a signal. */
  exiting(): void {
    void this.close();
  }

  /** A client waits, or the kernel can no longer watch the socket. */
  handle(_kind: number, errno: number): void {
    if (errno !== 0) {
      this.#restAfter(systemError(errno, "accept"));
      return;
    }
    let failures = 0;
    for (let count = 0; count < acceptsMax && !this.#paused && !this.#closed; count++) {
      if (this.#clientOptions !== undefined) this.#loop.passOptions(this.#clientOptions);
      const id = this.#loop.calls.accept(this.id);
      if (id >= 0) {
        failures = 0;
        this.#accepted();
        const remote = this.address.family === "unix" ? unnamed : returnedRemote(this.#loop);
        this.#events.accepted(new NativeWire(this.#endpoint, id, remote));
        continue;
      }
      if (id === noClient) return;
      const error = systemError(id, "accept");
      failures++;
      if (!clientErrors.has(error.code) || failures === acceptsMax) return this.#restAfter(error);
      this.#events.acceptFailed(error);
    }
  }

  #accepted(): void {
    this.#shortage = undefined;
    this.#restMs = restMs.least;
  }

  /** Leaves the clients in the kernel's queue for a while. */
  #restAfter(error: WireError): void {
    this.#accept(false);
    this.#rest = this.#clock.after(this.#restMs, () => {
      this.#rest = undefined;
      if (!this.#paused) this.#accept(true);
    });
    this.#restMs = Math.min(2 * this.#restMs, restMs.most);
    if (this.#shortage === error.code) return;
    this.#shortage = error.code;
    this.#events.acceptFailed(error);
  }

  #accept(on: boolean): void {
    if (this.#closed) return;
    const failed = this.#loop.calls.setReading(this.id, on ? 1 : 0);
    if (failed !== 0 && on) this.#restAfter(systemError(failed, "accept"));
  }
}
