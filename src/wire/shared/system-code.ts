/**
 * The system's name for an error of Node's, as in `ECONNRESET`.
 */
import { errnoName } from "./errno-name.ts";
import { zoneIsMissing } from "./local-addresses.ts";

export function systemCode(error: unknown): string {
  const { code, errno } = error as NodeJS.ErrnoException;
  // Node has a word or a sentence for a number that libuv does not know.
  const isName = code !== undefined && code !== "UNKNOWN" && !code.includes(" ");
  return isName ? code : typeof errno === "number" ? errnoName(errno) : "EUNKNOWN";
}

/** The same of a call with that host, whose zone libuv drops where there is no such interface. */
export function systemCodeAt(error: unknown, host: string): string {
  const code = systemCode(error);
  return code === "EINVAL" && zoneIsMissing(host) ? "ENODEV" : code;
}
