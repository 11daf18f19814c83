/**
 * The system's name of an error from Node, as in `ECONNRESET`.
 */
import { errnoName } from "./errno-name.ts";
import { zoneIsMissing } from "./local-addresses.ts";

export function systemCode(error: unknown): string {
  const { code, errno } = error as NodeJS.ErrnoException;
  // For a number that libuv does not know, Node has a placeholder or a sentence.
  const isName = code !== undefined && code !== "UNKNOWN" && !code.includes(" ");
  return isName ? code : typeof errno === "number" ? errnoName(errno) : "EUNKNOWN";
}

/** The same for a call with that host. libuv drops a zone that names no interface. */
export function systemCodeAt(error: unknown, host: string): string {
  const code = systemCode(error);
  return code === "EINVAL" && zoneIsMissing(host) ? "ENODEV" : code;
}
