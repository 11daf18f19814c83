/**
 * `portcall connect -u` to a multicast group or a broadcast address: what is sent goes to all
 * of them, and each answers from an address of its own. A dialed socket would receive none of
 * these answers, so this one receives from everyone.
 */
import { tcpAddress, type Target } from "../../base/address.ts";
import { ipFamily, isGroup } from "../../base/ip.ts";
import { bind } from "../../net/index.ts";
import type { EngineChoice } from "../../wire/index.ts";
import type { Narrator } from "../narrator.ts";
import { UsageError } from "../usage.ts";
import type { DatagramPeer } from "./talk.ts";

interface Given {
  readonly broadcast?: true;
  readonly source?: string;
  readonly "source-port"?: number;
  readonly engine?: EngineChoice;
}

/** @throws {UsageError} for `--broadcast` and a name: which of its addresses is meant, nobody can tell. */
export function isForMany(target: Target, { broadcast }: Given): boolean {
  if (target.scheme !== "udp") return false;
  const isAddress = ipFamily(target.host) !== undefined;
  if (broadcast === true && !isAddress)
    throw new UsageError(`--broadcast needs an address, as 192.168.1.255, not the name ${target.host}`);
  return broadcast === true || (isAddress && isGroup(target.host));
}

/** @throws {NetError} with stage `bind`. */
export async function openForMany(
  { host, port }: Extract<Target, { scheme: "udp" }>,
  given: Given,
  inactivityTimeoutMs: number,
  narrator: Narrator,
): Promise<DatagramPeer> {
  const to = tcpAddress(host, port);
  const { broadcast = false, source, "source-port": sourcePort, engine } = given;
  const socket = await bind({
    host: source ?? (to.family === "ipv4" ? "0.0.0.0" : "::"),
    port: sourcePort ?? 0,
    ipv6Only: to.family === "ipv6",
    broadcast,
    // Of IPv6 groups, the zone says by which interface; of IPv4 groups, our address there.
    multicast: { interface: to.family === "ipv4" ? source : undefined },
    engine,
    inactivityTimeoutMs,
    ...narrator.datagramObservers,
  });
  return {
    send: (bytes) => socket.sendTo(bytes, to),
    receive: async (options) => (await socket.receive(options))?.bytes ?? null,
    get stats() {
      return socket.stats;
    },
    close: () => socket.close(),
  };
}
