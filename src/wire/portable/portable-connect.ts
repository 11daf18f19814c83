/**
 * One attempt to connect to one address with `node:net`.
 *
 * Names, several addresses and timeouts are handled in net/. An aborted attempt closes its socket. The signal is
 * released once it is connected.
 */
import net from "node:net";
import { onAbort } from "../../base/abort.ts";
import { tcpAddress, unixAddress, type TcpAddress, type UnixAddress } from "../../base/address/address.ts";
import type { Clock } from "../../base/clock.ts";
import { waitWhileFull } from "../shared/full-backlog.ts";
import { isNoSocket } from "../shared/socket-file.ts";
import { wholeSeconds } from "../socket-options.ts";
import { WireError, type Wire, type WireConnectOptions } from "../wire.ts";
import { inlineUrgent } from "./inline-urgent.ts";
import { PortableWire, type SocketEnds } from "./portable-wire.ts";
import { systemCode, systemCodeAt } from "../shared/system-code.ts";
import { systemPath } from "../shared/system-path.ts";

export function portableConnect(
  address: TcpAddress | UnixAddress,
  options: WireConnectOptions,
  signal: AbortSignal,
  clock: Clock,
): Promise<Wire> {
  const attempt = (): Promise<Wire> => connectOnce(address, options, signal, clock);
  return address.family === "unix" ? waitWhileFull(attempt, clock, signal) : attempt();
}

function connectOnce(
  address: TcpAddress | UnixAddress,
  options: WireConnectOptions,
  signal: AbortSignal,
  clock: Clock,
): Promise<Wire> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = net.connect(socketOptions(address, options));
    socket.pause();
    const aborted = (): void => {
      socket.destroy();
      reject(signal.reason as Error);
    };
    const failed = (error: Error): void => {
      stopListening();
      reject(new WireError(connectCode(error, address), "connect", error));
    };
    const stopListening = onAbort(signal, aborted);
    socket.once("error", failed);
    socket.once("connect", () => {
      stopListening();
      socket.removeListener("error", failed);
      if (address.family !== "unix") inlineUrgent(socket);
      resolve(new PortableWire(socket, socketEnds(socket, address), clock));
    });
  });
}

/** For any file that is not a socket, the kernel reports that the connection was refused. */
function connectCode(error: Error, address: TcpAddress | UnixAddress): string {
  if (address.family !== "unix") return systemCodeAt(error, address.host);
  const code = systemCode(error);
  return code === "ECONNREFUSED" && isNoSocket(address.path) ? "ENOTSOCK" : code;
}

function socketOptions(address: TcpAddress | UnixAddress, options: WireConnectOptions): net.NetConnectOpts {
  if (address.family === "unix") {
    return { path: systemPath(address.path), allowHalfOpen: true };
  }
  return {
    host: address.host,
    port: address.port,
    family: address.family,
    autoSelectFamily: false,
    allowHalfOpen: true,
    noDelay: options.noDelay,
    keepAlive: options.keepAliveMs > 0,
    // Node rounds down, and treats less than a second as the default of two hours.
    keepAliveInitialDelay: wholeSeconds(options.keepAliveMs) * 1000,
    ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
    ...(options.localPort === undefined ? {} : { localPort: options.localPort }),
  };
}

function socketEnds(socket: net.Socket, address: TcpAddress | UnixAddress): SocketEnds {
  if (address.family === "unix") return { local: unixAddress(""), remote: address };
  return {
    local: tcpAddress(socket.localAddress ?? "0.0.0.0", socket.localPort ?? 0),
    remote: address,
  };
}
