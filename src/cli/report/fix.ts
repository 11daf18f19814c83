/**
 * What went wrong, and what to do about it: the last lines of `--explain`.
 */
import { dirname } from "node:path";
import type { Address } from "../../base/address/address.ts";
import { explainError, type NetError } from "../../base/errors.ts";
import type { Explanation } from "../../base/system-codes.ts";
import { findPortHolder, type HeldAddress } from "../system/port-holder.ts";

const indent = " ".repeat(9);

/** A failure's cause and cure, a line each. `address` is what could not be had, where it is known. */
export async function explainFailure(error: NetError, address: HeldAddress | undefined): Promise<string[]> {
  const lines = [`failed   ${error.message}`, ...causeAndFix(error)];
  const holder =
    error.code === "EADDRINUSE" && address !== undefined ? await findPortHolder(address) : undefined;
  if (holder !== undefined) lines.push(`${indent}It is held by ${holder.command} (process ${holder.pid}).`);
  const hint = hintFor(error, address);
  if (hint !== undefined) lines.push(indent + hint);
  return lines;
}

/** What the error means and what to try, a line each. */
export function causeAndFix(error: NetError): string[] {
  const { meaning, remedy } = error.option === "from" ? addressToConnectFrom : explainError(error);
  return [`cause    ${meaning}`, `cure     ${remedy}`];
}

/** What `-s` can fail with. */
const addressToConnectFrom: Explanation = {
  meaning: "The address to connect from is not one of this machine's, or no port is free there.",
  remedy: "Choose an address that `ip address` shows, or leave out -s.",
};

/** What can be said about this very case. */
function hintFor(error: NetError, address: Address | undefined): string | undefined {
  if (error.stage === "bind" && address !== undefined) return hintOnBinding(error, address);
  if (error.code !== "ECONNREFUSED") return undefined;
  const tried = error.attempts.map((attempt) => attempt.address);
  if (tried.every((one) => one.startsWith("[::1]"))) {
    return "Only ::1 (IPv6) was tried; a server on 127.0.0.1 (IPv4) is not there. Try -4.";
  }
  if (tried.every((one) => one.startsWith("127."))) {
    return "Only IPv4 was tried; a server that listens on ::1 alone is not there. Try [::1].";
  }
  return undefined;
}

function hintOnBinding({ code }: NetError, address: Address): string | undefined {
  if (address.family !== "unix") {
    const isPrivileged = code === "EACCES" && address.port < 1024;
    if (!isPrivileged) return undefined;
    return `Ports below 1024 are kept for the administrator; ${address.port + 8000} would do.`;
  }
  const folder = dirname(address.path);
  if (code === "EACCES") return `You may not write to the folder ${folder}.`;
  return code === "ENOENT" ? `There is no folder ${folder}.` : undefined;
}
