/**
 * `serve --fd`: a socket that a service manager or a parent has bound, in place of an address; and what of the rest of the
 * command line it leaves no choice about.
 */
import type { OptionTable, OptionValues } from "../args/options.ts";
import { UnfittingOption, UsageError } from "../usage.ts";

/** What whoever bound it has decided. */
const decided = ["ipv4", "ipv6", "udp", "unix", "reuse-port"] as const;

/** @throws {UsageError} for an address beside it, or an option of one. */
export function refuseBesideDescriptor(place: readonly string[], given: OptionValues<OptionTable>): void {
  const [word] = place;
  if (word !== undefined) throw new UsageError(`--fd is a socket that has an address: leave out ${word}`);
  const option = decided.find((name) => given[name] !== undefined);
  if (option !== undefined) {
    throw new UnfittingOption(option, `--fd is a socket that has an address: leave out --${option}`);
  }
}
