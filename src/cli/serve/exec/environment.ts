/**
 * What a program of `serve --exec` finds in its environment: nothing of ours that may
 * be secret (F96), and who its client is, in forms that we have written ourselves (F94).
 */
import type { Address } from "../../../base/address/address.ts";

/** What says where things are and how text is written; all else stays here. */
const passed = /^(?:PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TZ|LANG|LANGUAGE|LC_[A-Z]+)$/;

/** The connection, as a program may want to know it. */
export interface ClientIdentity {
  readonly id: number;
  readonly local: Address;
  readonly remote: Address | undefined;
}

export function environmentFor(
  { id, local, remote }: ClientIdentity,
  ours: Readonly<Record<string, string | undefined>>,
  withNcatNames = false,
): Record<string, string> {
  const environment: Record<string, string> = { PORTCALL_CONNECTION: String(id) };
  for (const [name, value] of Object.entries(ours)) {
    if (value !== undefined && passed.test(name)) environment[name] = value;
  }
  Object.assign(environment, variablesOf("LOCAL", local), remote && variablesOf("REMOTE", remote));
  if (!withNcatNames) return environment;
  return {
    ...environment,
    ...ncatVariablesOf("LOCAL", local),
    ...(remote && ncatVariablesOf("REMOTE", remote)),
    ...(local.family === "unix" ? {} : { NCAT_PROTO: "TCP" }),
  };
}

/** The same under ncat's names, which its scripts read. */
function ncatVariablesOf(end: "LOCAL" | "REMOTE", address: Address): Record<string, string> {
  return address.family === "unix"
    ? { [`NCAT_${end}_ADDR`]: address.path }
    : { [`NCAT_${end}_ADDR`]: address.host, [`NCAT_${end}_PORT`]: String(address.port) };
}

/** An unnamed client of a Unix socket has an empty address. */
function variablesOf(end: "LOCAL" | "REMOTE", address: Address): Record<string, string> {
  return address.family === "unix"
    ? { [`PORTCALL_${end}_ADDRESS`]: address.path }
    : { [`PORTCALL_${end}_ADDRESS`]: address.host, [`PORTCALL_${end}_PORT`]: String(address.port) };
}
