/**
 * The addresses of this machine.
 */
import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";

/** Whether an interface that is up has an address of that family, so that one can connect from there. */
export function hasAddressOf(family: "ipv4" | "ipv6"): boolean {
  const all = Object.values(networkInterfaces()).flat();
  return all.some((one) => one?.family.toLowerCase() === family);
}

/** Whether an address names an interface behind its `%` that this machine does not have. */
export function zoneIsMissing(host: string): boolean {
  const [, zone] = host.split("%");
  // The one list that has interfaces without an address too.
  return zone !== undefined && existsSync("/sys/class/net") && !existsSync(`/sys/class/net/${zone}`);
}
