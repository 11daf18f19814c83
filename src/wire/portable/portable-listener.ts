/**
 * A listener over `net.Server`.
 *
 * Node has no call that leaves clients in the kernel's queue: listening-handle.ts does that. Node does not report a
 * failed accept either: docs/decisions/accept-failures.md.
 */
import { existsSync } from "node:fs";
import net from "node:net";
import { dirname } from "node:path";
import {
  tcpAddress,
  unixAddress,
  type Address,
  type TcpAddress,
  type UnixAddress,
} from "../../base/address/address.ts";
import type { Clock } from "../../base/clock.ts";
import { ListeningHandle } from "./listening-handle.ts";
import { wholeSeconds } from "../socket-options.ts";
import {
  WireError,
  type Listener,
  type ListenerEvents,
  type WireListenOptions,
  type WireOptions,
} from "../wire.ts";
import { isClusterWorker } from "../shared/cluster-worker.ts";
import { isNoSocket } from "../shared/socket-file.ts";
import { requireSocket, unixAddressOf } from "./listen-fd.ts";
import { inlineUrgent } from "./inline-urgent.ts";
import { OwnSocketFile } from "./own-socket-file.ts";
import { PortableWire } from "./portable-wire.ts";
import { removeStaleSocket } from "../shared/stale-socket.ts";
import { systemCode, systemCodeAt } from "../shared/system-code.ts";

export async function portableListen(
  address: TcpAddress | UnixAddress,
  options: WireListenOptions,
  events: ListenerEvents,
  clock: Clock,
): Promise<Listener> {
  if (address.family === "unix") await removeStaleSocket(address.path);
  const server = createServer(options);
  const handle = new ListeningHandle(server);
  const file = address.family === "unix" ? new OwnSocketFile(address.path) : undefined;
  const { backlog, ipv6Only, exclusive = false } = options;
  // The primary of a cluster has bound a shared socket, and removes its file after the last worker.
  const isOurs = exclusive || !isClusterWorker();
  await listening(
    server,
    (error) => new WireError(bindCode(error, address), "bind", error),
    () => {
      if (address.family !== "unix") {
        server.listen({ host: address.host, port: address.port, backlog, ipv6Only, exclusive });
        return;
      }
      server.listen({ path: file?.bindPath, backlog, exclusive });
      // Node binds at once, and emits the event later.
      if (isOurs && handle.descriptor !== undefined) file?.bound();
    },
  );
  return new PortableListener(server, handle, address, events, clock, file);
}

/** Listens on a socket that is already bound. */
export async function portableInherit(
  fd: number,
  options: WireOptions & { readonly backlog: number },
  events: ListenerEvents,
  clock: Clock,
): Promise<Listener> {
  requireSocket(fd);
  const server = createServer(options);
  const handle = new ListeningHandle(server);
  await listening(
    server,
    (error) => new WireError(systemCode(error), "listen", error),
    () => {
      server.listen({ fd, backlog: options.backlog });
    },
  );
  return new PortableListener(server, handle, unixAddressOf(fd), events, clock);
}

function createServer(options: WireOptions): net.Server {
  return net.createServer({
    allowHalfOpen: true,
    pauseOnConnect: true,
    noDelay: options.noDelay,
    keepAlive: options.keepAliveMs > 0,
    // Node rounds down, and treats less than a second as the default of two hours.
    keepAliveInitialDelay: wholeSeconds(options.keepAliveMs) * 1000,
  });
}

function listening(
  server: net.Server,
  failed: (error: Error) => WireError,
  begin: () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      reject(failed(error));
    });
    server.once("listening", () => {
      server.removeAllListeners("error");
      resolve();
    });
    begin();
  });
}

/** The kernel reports any existing file as an address in use, and libuv a missing folder as EACCES (`uv_pipe_bind`). */
function bindCode(error: Error, address: TcpAddress | UnixAddress): string {
  if (address.family !== "unix") return systemCodeAt(error, address.host);
  const code = systemCode(error);
  if (code === "EADDRINUSE" && isNoSocket(address.path)) return "ENOTSOCK";
  return code === "EACCES" && !existsSync(dirname(address.path)) ? "ENOENT" : code;
}

class PortableListener implements Listener {
  readonly address: Address;
  readonly #server: net.Server;
  readonly #handle: ListeningHandle;
  readonly #file: OwnSocketFile | undefined;

  constructor(
    server: net.Server,
    handle: ListeningHandle,
    asked: TcpAddress | UnixAddress,
    events: ListenerEvents,
    clock: Clock,
    file?: OwnSocketFile,
  ) {
    this.#server = server;
    this.#handle = handle;
    this.#file = file;
    const bound = server.address();
    const address =
      bound === null || typeof bound === "string" ? asked : tcpAddress(bound.address, bound.port);
    this.address = address;
    server.on("connection", (socket) => {
      if (address.family !== "unix") inlineUrgent(socket);
      const ends =
        address.family === "unix"
          ? { local: address, remote: unixAddress("") }
          : {
              local: tcpAddress(socket.localAddress ?? address.host, socket.localPort ?? address.port),
              remote:
                socket.remoteAddress === undefined
                  ? undefined
                  : tcpAddress(socket.remoteAddress, socket.remotePort ?? 0),
            };
      events.accepted(new PortableWire(socket, ends, clock));
    });
    server.on("error", (error) => {
      events.acceptFailed(new WireError(systemCode(error), "accept", error));
    });
  }

  get leavesClientsQueued(): boolean {
    return this.#handle.canShut;
  }

  pause(): void {
    this.#handle.shut();
  }

  resume(): void {
    this.#handle.open();
  }

  holdProcess(holds: boolean): void {
    this.#handle.holdProcess(holds);
    if (holds) this.#server.ref();
    else this.#server.unref();
  }

  close(): Promise<void> {
    this.#handle.release();
    return new Promise((resolve) => {
      // Node calls back only when every accepted socket has closed, but the address is free at once.
      const close = (): void => void this.#server.close();
      if (this.#file === undefined) close();
      else this.#file.removeBy(close);
      resolve();
    });
  }
}
