/**
 * Opens what a server listens on, or a datagram socket hears: one for an address, one
 * for each address of a name, all on the same port.
 *
 * `localhost` is IPv4 and IPv6 at once for those who connect; a server that took
 * only one of them would be refused to the others (nodejs/node#40702).
 */
import {
  formatAddress,
  tcpAddress,
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

/** How often the system is asked for another port, if the one it chose is not free on all addresses. */
const portTriesMax = 10;

/** Where to listen, and how its name is looked up. */
export interface BindTarget extends Pick<
  ServerSettings,
  "host" | "port" | "path" | "resolver" | "resolveTimeoutMs"
> {
  readonly clock: Clock;
}

/** Something that has an address of this machine. */
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
 * Opens one for each address of a place.
 *
 * @throws {NetError} as `openListeners` does.
 */
export async function openOnAllAddresses<One extends Opened>(
  place: BindTarget,
  open: (address: TcpAddress | UnixAddress) => Promise<One>,
): Promise<readonly One[]> {
  const addresses = await addressesOf(place);
  for (let tries = 1; ; tries++) {
    const { all, fatal } = await openAll(addresses, open);
    if (fatal === undefined) return all;
    await Promise.all(all.map((one) => one.close()));
    const unlucky = place.port === 0 && all.length > 0 && fatal.code === "EADDRINUSE";
    if (!unlucky || tries === portTriesMax) throw fatal;
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
    // Port 0 is chosen once; the other addresses of the name share it.
    const port = first !== undefined && first.family !== "unix" ? first.port : undefined;
    const wanted = address.family === "unix" || port === undefined ? address : { ...address, port };
    try {
      all.push(await open(wanted));
    } catch (error) {
      failures.push(bindError(error, wanted));
    }
  }
  // A name may have an address of a family that this machine does not speak.
  const fatal = failures.find((one) => all.length === 0 || !familyIsMissing.has(one.code));
  return { all, fatal };
}

const familyIsMissing: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

async function addressesOf(place: BindTarget): Promise<readonly (TcpAddress | UnixAddress)[]> {
  const { host, path, port, resolveTimeoutMs } = place;
  if (path !== undefined) return [{ family: "unix", path }];
  if (ipFamily(host) !== undefined) return [tcpAddress(host, port)];
  const deadline = deadlineSignal(place.clock, resolveTimeoutMs, undefined);
  try {
    const found = await deadline.race(firstPart(place.resolver(host, undefined, deadline.signal)));
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
