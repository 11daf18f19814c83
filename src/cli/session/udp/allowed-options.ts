/**
 * Which options mean something to datagrams: the others are for connections, and are
 * refused, lest somebody believes that they do something.
 */
import { reporterOptions } from "../../report/reporter.ts";
import { UnfittingOption, UsageError } from "../../usage.ts";

/** Those that every command takes with -u. */
const always: readonly string[] = ["ipv4", "ipv6", "udp", "engine", ...Object.keys(reporterOptions)];

/** Those that turn somebody away: without them a server is open to more than was meant. */
const admission: readonly string[] = ["allow", "deny", "per-source"];

/** @throws {UsageError} naming the option that was given and is not for datagrams. */
export function allowOnly(given: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const other = Object.keys(given).find((name) => !always.includes(name) && !names.includes(name));
  if (other === undefined) return;
  const message = `--${other} is for connections, not for datagrams (-u)`;
  throw admission.includes(other) ? new UsageError(message) : new UnfittingOption(other, message);
}
