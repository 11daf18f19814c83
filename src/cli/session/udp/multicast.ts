/**
 * Multicast groups and broadcast addresses.
 *
 * `portcall connect -u` sends to all members of a group, and each answers from its own address. A connected socket
 * would receive none of these answers, so this one receives from all sources. `listen -u` and `serve -u` join the
 * group that is their address, because binding alone receives nothing.
 */
import { setting } from "../../args/library-options.ts";
import { networkInterfaces } from "node:os";
import { tcpAddress, type Target } from "../../../base/address/address.ts";
import { ipFamily, isGroup } from "../../../base/address/ip.ts";
import { quote } from "../../../base/text/quote.ts";
import { bindUdp, type BindUdpOptions } from "../../../net/index.ts";
import type { EngineChoice } from "../../../wire/index.ts";
import type { Reporter } from "../../report/reporter.ts";
import type { ValuedRow } from "../../args/options.ts";
import { UsageError } from "../../usage.ts";
import { peerOn, type DatagramPeer } from "./peer.ts";

export const groupOptions: { readonly interface: ValuedRow<string> } = {
  interface: {
    ...setting("multicast"),
    unfit: { "no group": "% is for a multicast group, as in -u 239.1.2.3:5000" },
    brief: "with -u and a multicast group: the interface to join it on, such as eth0 or its address",
    value: { placeholder: "<interface>", read: (text) => text },
  },
};

export interface GroupOptions {
  readonly interface?: string;
}

/**
 * The options for `bindUdp` that join the group which `target` names; none for other addresses. Several programs on
 * one machine can join a group, so they share its port.
 *
 * @throws {UsageError} for an interface that does not fit.
 */
export function groupToJoin(target: Target, given: GroupOptions): BindUdpOptions {
  if (target.scheme !== "udp" || !isGroup(target.host)) return {};
  const multicast = { groups: [target.host], interface: interfaceOf(target.host, given.interface) };
  return { reuseAddress: true, multicast };
}

/** An interface in the library's form: for IPv4 its address, for IPv6 its name. */
function interfaceOf(group: string, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const family = ipFamily(group) === 4 ? "IPv4" : "IPv6";
  const all = Object.entries(networkInterfaces()).flatMap(([device, addresses = []]) =>
    addresses.map((one) => ({ name: device, ...one })),
  );
  const found = all.find((one) => one.family === family && [one.name, one.address].includes(name));
  if (found !== undefined) return family === "IPv4" ? found.address : found.name;
  throw new UsageError(
    `--interface: ${quote(name)} is not an interface of this machine with an ${family} address`,
  );
}

interface Given {
  readonly broadcast?: true;
  readonly source?: string;
  readonly "source-port"?: number;
  readonly engine?: EngineChoice;
}

/** @throws {UsageError} for `--broadcast` and a name, which may have several addresses. */
export function isForMany(target: Target, { broadcast }: Given): boolean {
  if (target.scheme !== "udp") return false;
  const isAddress = ipFamily(target.host) !== undefined;
  if (broadcast === true && !isAddress)
    throw new UsageError(`--broadcast needs an address such as 192.168.1.255, not the name ${target.host}`);
  return broadcast === true || (isAddress && isGroup(target.host));
}

/** @throws {NetError} with stage `bind`. */
export async function openForMany(
  { host, port }: Extract<Target, { scheme: "udp" }>,
  given: Given,
  inactivityTimeoutMs: number,
  reporter: Reporter,
): Promise<DatagramPeer> {
  const to = tcpAddress(host, port);
  const { broadcast = false, source, "source-port": sourcePort, engine } = given;
  const socket = await bindUdp({
    host: source ?? (to.family === 4 ? "0.0.0.0" : "::"),
    port: sourcePort ?? 0,
    ipv6Only: to.family === 6,
    broadcast,
    // For an IPv6 group, the zone names the interface; for an IPv4 group, our address on it does.
    multicast: { interface: to.family === 4 ? source : undefined },
    engine,
    inactivityTimeoutMs,
    ...reporter.datagramObservers,
  });
  return peerOn(socket, (bytes) => socket.sendTo(bytes, to));
}
