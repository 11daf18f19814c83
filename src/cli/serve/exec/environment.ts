/**
 * The environment of a program of `serve --exec`: none of our variables that may be secret (F96), and the client's
 * address in a form that we write ourselves (F94).
 */
import type { Address } from "../../../base/address/address.ts";

/** Variables for paths and locale, which are passed on. All others are not. */
const passed = /^(?:PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TZ|LANG|LANGUAGE|LC_[A-Z]+)$/;

/** The connection, as a program may need to identify it. */
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

/** The same under ncat's names, which scripts for ncat read. */
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
