/**
 * The addresses of this machine.
 */
import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";

/** Whether an interface that is up has an address of that family, so that connecting from there is possible. */
export function hasAddressOf(family: 4 | 6): boolean {
  const all = Object.values(networkInterfaces()).flat();
  return all.some((one) => one?.family === `IPv${family}`);
}

/** Whether an address has a zone (after `%`) that names no interface of this machine. */
export function zoneIsMissing(host: string): boolean {
  const [, zone] = host.split("%");
  // The only list that includes interfaces without an address.
  return zone !== undefined && existsSync("/sys/class/net") && !existsSync(`/sys/class/net/${zone}`);
}
