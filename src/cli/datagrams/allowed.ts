/**
 * Which options mean something to datagrams: the others are for connections, and are
 * refused, lest somebody believes that they do something.
 */
import { narratorOptions } from "../narrator.ts";
import { UsageError } from "../usage.ts";

/** Those that every command takes with -u. */
const always: readonly string[] = ["ipv4", "ipv6", "udp", ...Object.keys(narratorOptions)];

/** @throws {UsageError} naming the option that was given and is not for datagrams. */
export function allowOnly(given: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const other = Object.keys(given).find((name) => !always.includes(name) && !names.includes(name));
  if (other !== undefined) throw new UsageError(`--${other} is for connections, not for datagrams (-u)`);
}
