/** Opens a datagram socket that is connected to one peer, by address or by name. */
import {
  formatAddress,
  formatTarget,
  targetOf,
  tcpAddress,
  type Destination,
  type UdpAddress,
} from "../../base/address/address.ts";
import { describeSystemCode, NetError } from "../../base/errors.ts";
import { emit } from "../../base/events.ts";
import { WireError, type DatagramWire } from "../../wire/index.ts";
import { ConnectedUdpSocket } from "./datagram-socket.ts";
import {
  connectUdpSettings,
  type ConnectUdpOptions,
  type ConnectUdpSettings,
} from "../options/udp-settings.ts";
import { findAddresses } from "../client/find-addresses.ts";
import { bindError } from "../server/listening.ts";

/**
 * Opens a datagram socket (UDP) for one peer: `host:port`, `[::1]:53`, `udp://host:port`,
 * `{ host, port }` or the `address` of a socket.
 *
 * Connecting sends nothing, so it does not show whether the peer is reachable. If a name has several
 * addresses, datagrams go to the first one. If its port is unreachable before any address has answered,
 * the next address gets the datagrams sent so far.
 *
 * @throws {TypeError} for an invalid target or option.
 * @throws {NetError} with stage `resolve`, `bind` (of `localAddress`) or `connect` (unreachable).
 * @example
 * await using clock = await connectUdp("localhost:13");
 * await clock.send("");
 * console.log(await clock.receive({ timeoutMs: 1_000 }));
 */
export async function connectUdp(
  target: Destination,
  options: ConnectUdpOptions = {},
): Promise<ConnectedUdpSocket> {
  const wanted = targetOf(target, { scheme: "udp" });
  if (wanted.scheme !== "udp") throw new TypeError(`target ${formatTarget(wanted)} ${whyNot[wanted.scheme]}`);
  const settings = connectUdpSettings(options);
  try {
    const addresses = await findAddresses(wanted.host, wanted.port, settings);
    return new ConnectedUdpSocket(await openAll(addresses, settings), settings);
  } catch (error) {
    if (error instanceof NetError) {
      emit(settings.onEvent, { type: "connectFailed", atMs: settings.clock.now(), error });
    }
    throw error;
  }
}

const whyNot = {
  tcp: "is for connections: use connect, or write udp://host:port",
  tls: "is for TLS, which needs connections: use connect, or write udp://host:port",
  unix: "is a Unix socket: Node has none for datagrams, so use connect and a stream socket",
} as const;

/** One wire per reachable address; at least one, or the error of the first. */
async function openAll(
  addresses: readonly UdpAddress[],
  settings: ConnectUdpSettings,
): Promise<readonly DatagramWire[]> {
  const wires: DatagramWire[] = [];
  let failure: NetError | undefined;
  for (const remote of addresses) {
    const local = localFor(remote, settings, wires[0]);
    if (local === undefined) continue;
    try {
      wires.push(await settings.engine.openDatagrams(local, { ...settings.wire, remote }));
    } catch (error) {
      failure ??= dialError(error, local, remote, settings);
    }
  }
  if (wires.length > 0) return wires;
  throw failure ?? otherFamily(addresses[0] as UdpAddress, settings);
}

/** The local address for a remote one; `undefined` if `localAddress` is of the other family, or its port is in use by the first wire. */
function localFor(
  remote: UdpAddress,
  { localAddress, localPort }: ConnectUdpSettings,
  first: DatagramWire | undefined,
): UdpAddress | undefined {
  const any = tcpAddress(localAddress ?? (remote.family === 4 ? "0.0.0.0" : "::"), localPort ?? 0);
  if (any.family !== remote.family || (localPort !== undefined && first !== undefined)) return undefined;
  return any;
}

function dialError(
  error: unknown,
  local: UdpAddress,
  remote: UdpAddress,
  { wire }: ConnectUdpSettings,
): NetError {
  if (error instanceof WireError && error.during === "connect") {
    const { code } = error;
    const cause = error.cause ?? error;
    const address = formatAddress(remote);
    const option = code === "EACCES" && !wire.broadcast ? "broadcast" : undefined;
    const happened = describeSystemCode(code, { stage: "connect" });
    return new NetError({ code, stage: "connect", address, happened, option, cause });
  }
  return bindError(error, local);
}

function otherFamily(remote: UdpAddress, { localAddress }: ConnectUdpSettings): NetError {
  const happened = `${localAddress ?? ""} is of the other family`;
  return new NetError({
    code: "EAFNOSUPPORT",
    stage: "connect",
    address: formatAddress(remote),
    happened,
    option: "localAddress",
  });
}
