/**
 * A listener over a listening socket of the addon.
 *
 * Clients are accepted one by one, so that a pause holds from the next one on. A client who
 * has gone again is told and costs the others nothing; when the machine has run out of something, the clients
 * are left in the kernel's queue for 5 ms, doubling to a second (F2): told once, until it goes well again.
 */
import type { Address, TcpAddress, UnixAddress } from "../../base/address/address.ts";
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

/** Listens on a socket that is bound already. */
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

/** The kernel tells any file as an address in use. */
function bindError(errno: number, address: TcpAddress | UnixAddress): WireError {
  const error = systemError(errno, "bind");
  const noSocket = error.code === "EADDRINUSE" && address.family === "unix" && isNoSocket(address.path);
  return noSocket ? new WireError("ENOTSOCK", "bind") : error;
}

/** Where it listens; or why that cannot be said, and then nobody could come to it. */
function boundAddress(loop: NativeLoop, id: number): Address | number {
  const failed = loop.calls.local(id);
  return failed < 0 ? failed : loop.returnedAddress();
}

const unnamed: UnixAddress = { family: "unix", path: "" };

/** At a time, before others have their turn. */
const acceptsMax = 64;

/** EAGAIN. */
const noClient = -11;

const restMs = { least: 5, most: 1_000 } as const;

/** Said of one client, who has been taken from the queue; everything else is said of us. accept(2) lists them. */
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
  /** Options that each client is given by itself; `undefined` where the listening socket passes them on. */
  readonly #clientOptions: WireOptions | undefined;
  /** Where its clients are, at our end. */
  readonly #endpoint: Endpoint;
  #paused = true;
  #rest: Timer | undefined;
  #restMs: number = restMs.least;
  /** The shortage that has been told and is not over. */
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

  /** Removes the file of a Unix socket, even if the process goes on to die of a signal. */
  exiting(): void {
    void this.close();
  }

  /** Somebody waits, or the kernel cannot tell us so any more. */
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

  /** Leaves the clients where they are for a while. */
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
