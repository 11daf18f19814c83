/**
 * The cause and the fix of a failure: the last lines of `--explain`.
 */
import { dirname } from "node:path";
import type { Address } from "../../base/address/address.ts";
import { explainError, type ErrorCode, type NetError } from "../../base/errors.ts";
import type { Explanation } from "../../base/system-codes.ts";
import { errorLine } from "../error-line.ts";
import { findPortHolder, type HeldAddress } from "../system/port-holder.ts";

const indent = " ".repeat(9);

/** A failure's cause and fix, a line each. `address` is the one that could not be bound, if known. */
export async function explainFailure(error: NetError, address: HeldAddress | undefined): Promise<string[]> {
  const lines = [`failed   ${errorLine(error)}`, ...causeAndFix(error)];
  const holder =
    error.code === "EADDRINUSE" && address !== undefined ? await findPortHolder(address) : undefined;
  if (holder !== undefined) lines.push(`${indent}It is held by ${holder.command} (process ${holder.pid}).`);
  const hint = hintFor(error, address);
  if (hint !== undefined) lines.push(indent + hint);
  return lines;
}

/** What the error means and what to try, a line each. */
export function causeAndFix(error: NetError): string[] {
  const { meaning, fix } = explainForCommand(error);
  return [`cause    ${meaning}`, `fix      ${fix}`];
}

/** As `explainError`, with the command's flags where the library's text names an option. */
export function explainForCommand(error: NetError): Explanation {
  const explanation = explainError(error);
  if (error.option === "localAddress") return sourceAddressAdvice;
  if (error.option === "broadcast")
    return { ...explanation, fix: "Add --broadcast to send to a broadcast address." };
  const fix = fixes[error.code]?.(error) ?? explanation.fix;
  return { meaning: explanation.meaning, fix };
}

/** What `-s` can fail with. */
const sourceAddressAdvice: Explanation = {
  meaning: "The address to connect from is not one of this machine's, or no port is free there.",
  fix: "Choose an address that `ip address` shows, or leave out -s.",
};

/**
 * Fixes that name a setting. The library's own name an option that no command line has, so each
 * is written again here with the flag. A setting without a flag keeps the library's text: a handler file sets it.
 */
const fixes: Readonly<Partial<Record<ErrorCode, (error: NetError) => string>>> = {
  ERR_RESOLVE_TIMEOUT: () => "Raise -w, or use an address. The name server may be unreachable.",
  ERR_CONNECT_TIMEOUT: ({ address }) =>
    address?.startsWith("unix:") === true
      ? "Check the server, which is stuck or overloaded. Raise -w to wait longer."
      : "Check the address and the firewall. Raise -w for a slow route.",
  ERR_PROXY_TIMEOUT: () =>
    "Check the target and the kind of the proxy. Raise -w for a slow route behind the proxy.",
  ERR_TLS_SELF_SIGNED: () =>
    "If it is yours, pass it with --ca. Otherwise send nothing: the server may not be the one you meant.",
  ERR_TLS_UNKNOWN_AUTHORITY: () =>
    "Pass the authority's certificate with --ca, or configure the server to send the whole chain.",
  ERR_TLS_NAME_MISMATCH: () =>
    "Connect by a name that the message lists, or pass it with --sni. For an IP address, the certificate needs an IP entry.",
  ERR_TLS_NO_SHARED_VERSION: () => "Update the older side. --min-version is 1.2 unless you set it.",
  ERR_TLS_NO_SHARED_CIPHER: () => "Check --ciphers, and whether the server needs --cert and --key.",
  ERR_TLS_NO_SHARED_ALPN: () => "Check --alpn, or leave it out.",
  ERR_TLS_CLIENT_CERTIFICATE_REQUIRED: () => "Pass --cert and --key.",
  ERR_TLS_PLAIN_TEXT: () =>
    "Check the port. If the server starts TLS on request, add --starttls; otherwise connect without TLS.",
  ERR_TLS_PLAIN_TEXT_INJECTED: () =>
    "Do not trust this network. If it always happens, the server is at fault.",
  ERR_STARTTLS_INVALID: () =>
    "Check the port and the protocol. If the port speaks TLS from the first byte, write --tls instead of --starttls.",
  ERR_STARTTLS_TIMEOUT: () =>
    "Check the port and the protocol. If the port speaks TLS from the first byte, write --tls instead of --starttls.",
  ERR_TLS_HANDSHAKE_TIMEOUT: () => "Check that the port speaks TLS. Raise -w for a slow network.",
  ERR_FIRST_BYTE_TIMEOUT: () => "Raise -w if clients may be silent at first.",
  ERR_IDLE_TIMEOUT: () => "Raise -w.",
  ERR_DRAIN_TIMEOUT: () => "Raise --drain.",
};

/** A hint for this particular failure. */
function hintFor(error: NetError, address: Address | undefined): string | undefined {
  if (error.stage === "bind" && address !== undefined) return hintOnBinding(error, address);
  if (error.code !== "ECONNREFUSED") return undefined;
  const tried = error.attempts.map((attempt) => attempt.address);
  if (tried.every((one) => one.startsWith("[::1]"))) {
    return "Only ::1 (IPv6) was tried. If the server listens on 127.0.0.1 (IPv4), try -4.";
  }
  if (tried.every((one) => one.startsWith("127."))) {
    return "Only IPv4 was tried. If the server listens on ::1 only, try [::1].";
  }
  return undefined;
}

function hintOnBinding({ code }: NetError, address: Address): string | undefined {
  if (address.family !== "unix") {
    const isPrivileged = code === "EACCES" && address.port < 1024;
    if (!isPrivileged) return undefined;
    return `Ports below 1024 need a privilege. Try port ${address.port + 8000}.`;
  }
  const folder = dirname(address.path);
  if (code === "EACCES") return `You have no write permission for the folder ${folder}.`;
  return code === "ENOENT" ? `The folder ${folder} does not exist.` : undefined;
}
