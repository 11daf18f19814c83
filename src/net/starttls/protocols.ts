/** The protocols that start TLS on request, one row each. */
import { shown } from "../../base/arguments.ts";
import { suggest } from "../../base/text/suggest.ts";
import { ldap, mysql, postgres } from "./binary.ts";
import type { Dialogue, DialogueFacts } from "./dialogue.ts";
import { ftp, imap, irc, nntp, pop3, sieve, smtp } from "./replies.ts";
import { xmpp } from "./xmpp.ts";

/** A protocol that starts TLS on request. */
export type StartTlsProtocol =
  | "smtp"
  | "imap"
  | "pop3"
  | "ftp"
  | "ldap"
  | "postgres"
  | "mysql"
  | "xmpp"
  | "irc"
  | "sieve"
  | "nntp";

export const startTlsProtocols: Readonly<Record<StartTlsProtocol, (facts: DialogueFacts) => Dialogue>> = {
  smtp,
  imap,
  pop3,
  ftp,
  ldap,
  postgres,
  mysql,
  xmpp,
  irc,
  sieve,
  nntp,
};

/** Their names, in the order of the table. */
export const startTlsNames: readonly StartTlsProtocol[] = Object.keys(
  startTlsProtocols,
) as StartTlsProtocol[];

/** @throws {TypeError} unless it is one of the names. */
export function startTlsProtocol(option: string, value: unknown): StartTlsProtocol {
  if (startTlsNames.includes(value as StartTlsProtocol)) return value as StartTlsProtocol;
  const meant = typeof value === "string" ? suggest(value, startTlsNames) : undefined;
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  throw new TypeError(`${option}: ${shown(value)} is none of ${startTlsNames.join(", ")}${hint}`);
}
