/**
 * Opens the sockets of a server, or of a datagram socket: one for an address, or one for each address of
 * a name, all with the same port.
 *
 * For clients, `localhost` is IPv4 and IPv6 at once. A server on only one of them would refuse clients
 * that use the other (nodejs/node#40702).
 */
import {
  formatAddress,
  canonicalTcpAddress,
  tcpAddress,
  unixAddress,
  type Address,
  type TcpAddress,
  type UnixAddress,
} from "../../base/address/address.ts";
import type { Clock } from "../../base/clock.ts";
import { describeSystemCode, NetError } from "../../base/errors.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { isClusterWorker, WireError, type Listener, type ListenerEvents } from "../../wire/index.ts";
import { deadlineSignal } from "../timing/deadline-signal.ts";
import { listenOnFd } from "../options/listen-fd.ts";
import { firstPart, resolveError, resolverFailure } from "../dns/resolver.ts";
import type { ServerSettings } from "../options/server-settings.ts";

/** How often to ask for another port, if the one that the system chose is not free on all addresses. */
const portAttemptsMax = 10;

/** Where to listen, and how to resolve its name. */
export interface BindTarget extends Pick<
  ServerSettings,
  "host" | "port" | "path" | "resolver" | "resolveTimeoutMs"
> {
  readonly clock: Clock;
}

/** An open socket with a local address. */
export interface Opened {
  readonly address: Address;
  close(): Promise<void>;
}

/** @throws {NetError} with stage `resolve`, `bind` or `listen`; then nothing is left open. */
export async function openListeners(
  settings: ServerSettings,
  events: ListenerEvents,
): Promise<readonly Listener[]> {
  if (settings.fd !== undefined) return [await listenOnFd(settings.fd, settings, events)];
  return openOnAllAddresses(settings, (address) => settings.engine.listen(address, settings, events));
}

/**
 * Opens one socket for each address of a bind target.
 *
 * @throws {NetError} as `openListeners` does.
 */
export async function openOnAllAddresses<One extends Opened>(
  bindTarget: BindTarget,
  open: (address: TcpAddress | UnixAddress) => Promise<One>,
): Promise<readonly One[]> {
  const addresses = await addressesOf(bindTarget);
  for (let attempts = 1; ; attempts++) {
    const { all, fatal } = await openAll(addresses, open);
    if (fatal === undefined) return all;
    await Promise.all(all.map((one) => one.close()));
    const unlucky = bindTarget.port === 0 && all.length > 0 && fatal.code === "EADDRINUSE";
    if (!unlucky || attempts === portAttemptsMax) throw fatal;
  }
}

async function openAll<One extends Opened>(
  addresses: readonly (TcpAddress | UnixAddress)[],
  open: (address: TcpAddress | UnixAddress) => Promise<One>,
): Promise<{ readonly all: readonly One[]; readonly fatal: NetError | undefined }> {
  const all: One[] = [];
  const failures: NetError[] = [];
  for (const address of addresses) {
    const first = all[0]?.address;
    // The system chooses the port once; the other addresses of the name share it.
    const port = first !== undefined && first.family !== "unix" ? first.port : undefined;
    const wanted =
      address.family === "unix" || port === undefined
        ? address
        : canonicalTcpAddress(address.family, address.host, port);
    try {
      all.push(await open(wanted));
    } catch (error) {
      failures.push(bindError(error, wanted));
    }
  }
  // A name may have addresses of a family that this machine does not support.
  const fatal = failures.find((one) => all.length === 0 || !familyIsMissing.has(one.code));
  return { all, fatal };
}

const familyIsMissing: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

async function addressesOf(bindTarget: BindTarget): Promise<readonly (TcpAddress | UnixAddress)[]> {
  const { host, path, port, resolveTimeoutMs } = bindTarget;
  if (path !== undefined) return [unixAddress(path)];
  if (ipFamily(host) !== undefined) return [tcpAddress(host, port)];
  const deadline = deadlineSignal(bindTarget.clock, resolveTimeoutMs, undefined);
  try {
    const found = await deadline.race(firstPart(bindTarget.resolver(host, undefined, deadline.signal)));
    if (found.length === 0) throw resolveError("ENOTFOUND", host, "the name has no address");
    return [...new Set(found)].map((one) => tcpAddress(one, port));
  } catch (error) {
    if (deadline.outcome() === undefined) throw resolverFailure(error, host);
    const happened = `no answer in ${resolveTimeoutMs} ms`;
    throw resolveError("ERR_RESOLVE_TIMEOUT", host, happened, "resolveTimeoutMs");
  } finally {
    deadline.release();
  }
}

const howToShare =
  'workers of node:cluster share an address with engine: "portable" or "auto" and without exclusive: true, or with reusePort: true on each of them';

export function bindError(error: unknown, address: TcpAddress | UnixAddress): NetError {
  if (!(error instanceof WireError)) throw error;
  const hint = error.code === "EADDRINUSE" && isClusterWorker() ? `; ${howToShare}` : "";
  return new NetError({
    code: error.code,
    stage: "bind",
    address: formatAddress(address),
    happened: `${describeSystemCode(error.code, { stage: "bind", address: formatAddress(address) })}${hint}`,
    cause: error.cause ?? error,
  });
}
