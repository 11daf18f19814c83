/**
 * One attempt to connect to one address with the addon.
 */
import { onAbort } from "../../base/abort.ts";
import {
  tcpAddress,
  unixAddress,
  type Address,
  type TcpAddress,
  type UnixAddress,
} from "../../base/address/address.ts";
import type { Clock } from "../../base/clock.ts";
import { waitWhileFull } from "../shared/full-backlog.ts";
import { systemPath } from "../shared/system-path.ts";
import { isNoSocket } from "../shared/socket-file.ts";
import { WireError } from "../wire-error.ts";
import type { Wire, WireConnectOptions } from "../wire.ts";
import type { NativeLoop } from "./native-loop.ts";
import { NativeWire } from "./native-wire.ts";
import { Endpoint } from "./endpoint.ts";
import { systemError } from "./system-errors.ts";

export function nativeConnect(
  loop: NativeLoop,
  address: TcpAddress | UnixAddress,
  options: WireConnectOptions,
  signal: AbortSignal,
  clock: Clock,
): Promise<Wire> {
  const attempt = (): Promise<Wire> => connectOnce(loop, address, options, signal);
  return address.family === "unix" ? waitWhileFull(attempt, clock, signal) : attempt();
}

function connectOnce(
  loop: NativeLoop,
  address: TcpAddress | UnixAddress,
  options: WireConnectOptions,
  signal: AbortSignal,
): Promise<Wire> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const id = begin(loop, address, options);
    if (id < 0) throw connectError(id, address);
    const attempt = {
      id,
      handle(_kind: number, errno: number) {
        stopListening();
        if (errno === 0) {
          resolve(new NativeWire(new Endpoint(loop, localOf(loop, id, address)), id, address));
          return;
        }
        loop.close(attempt, false);
        reject(connectError(errno, address));
      },
    };
    const aborted = (): void => {
      loop.close(attempt, false);
      reject(signal.reason as Error);
    };
    const stopListening = onAbort(signal, aborted);
    loop.register(attempt);
  });
}

function begin(loop: NativeLoop, address: TcpAddress | UnixAddress, options: WireConnectOptions): number {
  loop.passOptions(options);
  if (address.family === "unix") return loop.calls.connect(systemPath(address.path), -1, undefined, 0);
  const { localAddress, localPort } = options;
  // Where both are left to the system, no socket is bound beforehand, which would take a port.
  const anyAddress = localPort === undefined ? undefined : address.family === 4 ? "0.0.0.0" : "::";
  return loop.calls.connect(address.host, address.port, localAddress ?? anyAddress, localPort ?? 0);
}

function localOf(loop: NativeLoop, id: number, remote: Address): Address {
  if (remote.family === "unix") return unixAddress("");
  if (loop.calls.local(id) < 0) return tcpAddress("0.0.0.0", 0);
  const { host, port } = loop.returnedHost();
  return tcpAddress(host, port);
}

/** For any file that is not a socket, the kernel reports that the connection was refused. */
function connectError(errno: number, address: TcpAddress | UnixAddress): WireError {
  const error = systemError(errno, "connect");
  const noSocket = error.code === "ECONNREFUSED" && address.family === "unix" && isNoSocket(address.path);
  return noSocket ? new WireError("ENOTSOCK", "connect") : error;
}
