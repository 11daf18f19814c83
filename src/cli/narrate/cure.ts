/**
 * What went wrong, and what to do about it: the last lines of `--explain`.
 */
import type { Address } from "../../base/address.ts";
import { errorCodes, type KnownErrorCode, type NetError } from "../../base/errors.ts";
import { findPortHolder } from "../port-holder.ts";

/** A failure's cause and cure, a line each. `address` is what was asked for, where it is known. */
export async function explainFailure(error: NetError, address: Address | undefined): Promise<string[]> {
  const known = errorCodes[error.code as KnownErrorCode] as
    | (typeof errorCodes)[KnownErrorCode]
    | undefined;
  const lines = [`failed   ${error.message}`];
  if (known !== undefined) {
    lines.push(`cause    ${known.meaning}`, `cure     ${known.remedy}`);
  }
  const holder =
    error.code === "EADDRINUSE" && address !== undefined ? await findPortHolder(address) : undefined;
  if (holder !== undefined) lines.push(`         It is held by ${holder.command} (process ${holder.pid}).`);
  const hint = hintFor(error, address);
  if (hint !== undefined) lines.push(`         ${hint}`);
  return lines;
}

/** What can be said about this very case. */
function hintFor(error: NetError, address: Address | undefined): string | undefined {
  if (address === undefined || address.family === "unix") return undefined;
  if (error.stage === "bind" && error.code === "EACCES" && address.port < 1024) {
    return `Ports below 1024 are kept for the administrator; ${address.port + 8000} would do.`;
  }
  const tried = error.attempts.map((attempt) => attempt.address);
  if (error.code === "ECONNREFUSED" && tried.length === 1 && tried[0]?.startsWith("[::1]") === true) {
    return "Only ::1 (IPv6) was tried; a server on 127.0.0.1 (IPv4) is not there. Try -4.";
  }
  if (error.code === "ECONNREFUSED" && tried.length === 1 && tried[0]?.startsWith("127.") === true) {
    return "Only IPv4 was tried; a server that listens on ::1 alone is not there. Try [::1].";
  }
  return undefined;
}
