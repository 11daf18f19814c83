/**
 * Opens what a server listens on: one listener for an address, one for each address
 * of a name, all on the same port.
 *
 * `localhost` is IPv4 and IPv6 at once for those who connect; a server that took
 * only one of them would be refused to the others (nodejs/node#40702).
 */
import { formatAddress, tcpAddress, type TcpAddress, type UnixAddress } from "../base/address.ts";
import { describeSystemCode, NetError } from "../base/errors.ts";
import { ipFamily } from "../base/ip.ts";
import { WireError, type Listener, type ListenerEvents } from "../wire/index.ts";
import { deadlineSignal } from "./deadline-signal.ts";
import { resolveError, resolverFailure } from "./resolve.ts";
import type { ServerSettings } from "./server-settings.ts";

/** How often the system is asked for another port, if the one it chose is not free on all addresses. */
const portTriesMax = 10;

/** @throws {NetError} with stage `resolve` or `bind`; then nothing is left open. */
export async function openListeners(
  settings: ServerSettings,
  events: ListenerEvents,
): Promise<readonly Listener[]> {
  const addresses = await addressesOf(settings);
  for (let tries = 1; ; tries++) {
    const { listeners, fatal } = await openAll(addresses, settings, events);
    if (fatal === undefined) return listeners;
    await Promise.all(listeners.map((listener) => listener.close()));
    const unlucky = settings.port === 0 && listeners.length > 0 && fatal.code === "EADDRINUSE";
    if (!unlucky || tries === portTriesMax) throw fatal;
  }
}

async function openAll(
  addresses: readonly (TcpAddress | UnixAddress)[],
  settings: ServerSettings,
  events: ListenerEvents,
): Promise<{ readonly listeners: readonly Listener[]; readonly fatal: NetError | undefined }> {
  const listeners: Listener[] = [];
  const failures: NetError[] = [];
  for (const address of addresses) {
    const first = listeners[0]?.address;
    // Port 0 is chosen once; the other addresses of the name share it.
    const port = first !== undefined && first.family !== "unix" ? first.port : undefined;
    const wanted = address.family === "unix" || port === undefined ? address : { ...address, port };
    try {
      listeners.push(await settings.engine.listen(wanted, settings, events));
    } catch (error) {
      failures.push(bindError(error, wanted));
    }
  }
  // A name may have an address of a family that this machine does not speak.
  const fatal = failures.find((one) => listeners.length === 0 || !familyIsMissing.has(one.code));
  return { listeners, fatal };
}

const familyIsMissing: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

async function addressesOf(settings: ServerSettings): Promise<readonly (TcpAddress | UnixAddress)[]> {
  const { host, path, port, resolveTimeoutMs } = settings;
  if (path !== undefined) return [{ family: "unix", path }];
  if (ipFamily(host) !== undefined) return [tcpAddress(host, port)];
  const deadline = deadlineSignal(settings.clock, resolveTimeoutMs, undefined);
  try {
    const found = await deadline.race(settings.resolver(host, undefined, deadline.signal));
    if (found.length === 0) throw resolveError("ENOTFOUND", host, "the name has no address");
    return found.map((one) => tcpAddress(one, port));
  } catch (error) {
    if (deadline.outcome() === undefined) throw resolverFailure(error, host);
    const happened = `no answer in ${resolveTimeoutMs} ms`;
    throw resolveError("ERR_RESOLVE_TIMEOUT", host, happened, "resolveTimeoutMs");
  } finally {
    deadline.release();
  }
}

function bindError(error: unknown, address: TcpAddress | UnixAddress): NetError {
  if (!(error instanceof WireError)) throw error;
  return new NetError({
    code: error.code,
    stage: "bind",
    address: formatAddress(address),
    happened: error.code === "ENOENT" ? "no such folder (ENOENT)" : describeSystemCode(error.code),
    cause: error.cause ?? error,
  });
}
