/**
 * Every limit and time-out of the library: the defaults of options, and the limits that are no options.
 */
import { limits, type FixedLimitName, type Limit } from "../../base/limits.ts";
import type { Call } from "./option-row.ts";
import { defaultOf, optionNames, rowOf, type LimitOption } from "./table.ts";

/** The name of a limit: an option that has a default value with a reason, or a fixed limit such as `addressesMax`. */
export type LimitName = FixedLimitName | LimitOption | "clientIdleTimeoutMs";

const clientIdleReason =
  "`idleTimeoutMs` and `firstByteTimeoutMs` of a client: servers may be silent longer than clients";

/** All limits, by name. Where a client has a different default from a server, the value is the server's. */
export const allLimits: Readonly<Record<LimitName, Limit>> = {
  ...optionLimits(),
  clientIdleTimeoutMs: { value: defaultOf("idleTimeoutMs", "connect") as number, reason: clientIdleReason },
  ...limits,
};

function optionLimits(): Record<LimitOption, Limit> {
  const rows = optionNames.flatMap((name) => {
    const { why: reason, calls } = rowOf(name);
    const value = defaultOf(name, calls.includes("serve") ? "serve" : (calls[0] as Call));
    return reason === undefined ? [] : [[name, { value, reason }]];
  });
  return Object.fromEntries(rows) as Record<LimitOption, Limit>;
}
