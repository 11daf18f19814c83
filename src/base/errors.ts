/**
 * `NetError`, and the table of error codes.
 *
 * Failures of a peer, a network or a name server are a `NetError`. Incorrect arguments are a
 * `TypeError`, thrown at once. The table below and the table of system codes (system-codes.ts) are the
 * only lists of codes. The reference page, the command's exit codes and its advice come from them.
 */
import { oneOf, record, shown, text } from "./arguments.ts";

import type { Stage } from "./stage.ts";
import {
  explainUnknownCode,
  systemCodeOf,
  systemCodes,
  type Explanation,
  type FailedCall,
  type KnownSystemCode,
} from "./system-codes.ts";

export type { Stage } from "./stage.ts";

/** One attempt to connect to one address. */
export interface Attempt {
  /** The address, as `formatAddress` writes it. */
  readonly address: string;
  /** When the attempt began, in milliseconds after connecting began. */
  readonly startedMs: number;
  /** How long the attempt lasted, in milliseconds. */
  readonly durationMs: number;
  /** `connected`, the error code, or `abandoned` if another attempt connected first. */
  readonly outcome: "connected" | "abandoned" | ErrorCode;
}

/** What the library knows about an error code. */
export interface CodeEntry {
  /** What happened, in one sentence. */
  readonly meaning: string;
  /** What to try. */
  readonly fix: string;
  /** The stages at which the code occurs. */
  readonly stages: readonly Stage[];
  /** Explanations that differ at one stage or for Unix sockets. */
  readonly at?:
    | Readonly<
        Partial<Record<Stage | "unix" | `unix ${Stage}`, { readonly meaning: string; readonly fix: string }>>
      >
    | undefined;
}

/** A code that `errorCodes` explains: one of the library or of the system. */
export type KnownErrorCode = OwnErrorCode | KnownSystemCode;

/** A code of the library or of name resolution. */
type OwnErrorCode =
  | "ENOTFOUND"
  | "ESERVFAIL"
  | "EAI_AGAIN"
  | "EAI_FAIL"
  | "EAI_MEMORY"
  | "ERR_RESOLVE_TIMEOUT"
  | "ERR_CONNECT_TIMEOUT"
  | "ERR_SELF_CONNECTED"
  | "ERR_ACCESS_DENIED"
  | "ERR_PROXY_UNREACHABLE"
  | "ERR_PROXY_REFUSED"
  | "ERR_PROXY_AUTH_FAILED"
  | "ERR_PROXY_INVALID"
  | "ERR_TARGET_REFUSED"
  | "ERR_TARGET_UNREACHABLE"
  | "ERR_PROXY_TIMEOUT"
  | "ERR_PROXY_HEADER_INVALID"
  | "ERR_PROXY_HEADER_TIMEOUT"
  | "ERR_PROXY_HEADER_UNTRUSTED"
  | "ERR_STARTTLS_REFUSED"
  | "ERR_STARTTLS_INVALID"
  | "ERR_STARTTLS_TIMEOUT"
  | "ERR_TLS_SELF_SIGNED"
  | "ERR_TLS_UNKNOWN_AUTHORITY"
  | "ERR_TLS_NAME_MISMATCH"
  | "ERR_TLS_EXPIRED"
  | "ERR_TLS_NOT_YET_VALID"
  | "ERR_TLS_CERTIFICATE_INVALID"
  | "ERR_TLS_NO_SHARED_VERSION"
  | "ERR_TLS_NO_SHARED_CIPHER"
  | "ERR_TLS_NO_SHARED_ALPN"
  | "ERR_TLS_CLIENT_CERTIFICATE_REQUIRED"
  | "ERR_TLS_PLAIN_TEXT"
  | "ERR_TLS_PLAIN_TEXT_INJECTED"
  | "ERR_TLS_HANDSHAKE_TIMEOUT"
  | "ERR_TLS_CERTIFICATE_REJECTED"
  | "ERR_TLS_NAME_REFUSED"
  | "ERR_TLS_FAILED"
  | "ERR_TLS_TRUNCATED"
  | "ERR_FIRST_BYTE_TIMEOUT"
  | "ERR_IDLE_TIMEOUT"
  | "ERR_READ_TIMEOUT"
  | "ERR_MESSAGE_TIMEOUT"
  | "ERR_WRITE_STALL_TIMEOUT"
  | "ERR_HALF_CLOSE_TIMEOUT"
  | "ERR_DRAIN_TIMEOUT"
  | "ERR_MESSAGE_TOO_LONG"
  | "ERR_MESSAGE_INVALID"
  | "ERR_TRUNCATED"
  | "ERR_WRITE_QUEUE_FULL"
  | "ERR_BUFFER_DETACHED"
  | "ERR_CLOSED"
  | "ERR_ABORTED"
  | "ERR_HANDLER_FAILED";

const ownCodes: Readonly<Record<OwnErrorCode, CodeEntry>> = {
  ENOTFOUND: {
    meaning: "The name does not exist, or has no address of the family asked for.",
    fix: "Check the spelling; try the address itself, or the other family.",
    stages: ["resolve"],
  },
  ESERVFAIL: {
    meaning: "The name server could not resolve the name (SERVFAIL). Only `createDnsResolver` reports it.",
    fix: "Try again later. The name server, or one that it depends on, is failing.",
    stages: ["resolve"],
  },
  EAI_AGAIN: {
    meaning: "Name resolution failed temporarily: no name server was reached or gave a usable answer.",
    fix: "Check /etc/resolv.conf and the network, try again, or use an IP address.",
    stages: ["resolve"],
  },
  EAI_FAIL: {
    meaning: "Name resolution failed permanently: a name server refused or sent an unusable answer.",
    fix: "Check the name servers in /etc/resolv.conf, or use an IP address.",
    stages: ["resolve"],
  },
  EAI_MEMORY: {
    meaning: "The system ran out of memory while resolving the name.",
    fix: "Check the memory limits of the process and of the machine.",
    stages: ["resolve"],
  },
  ERR_RESOLVE_TIMEOUT: {
    meaning: "The name server did not answer in time.",
    fix: "Raise `resolveTimeoutMs`, or use an IP address. The name server may be unreachable.",
    stages: ["resolve"],
  },
  ERR_CONNECT_TIMEOUT: {
    meaning: "No answer: a firewall drops the packets, the host is down, or the server's backlog is full.",
    fix: "Check the address and the firewall. Raise `connectTimeoutMs` for a slow network.",
    stages: ["connect"],
    at: {
      unix: {
        meaning: "The server's backlog is full: it does not accept clients.",
        fix: "Check whether the server hangs or is overloaded. Raise `connectTimeoutMs` to wait longer.",
      },
    },
  },
  ERR_SELF_CONNECTED: {
    meaning: "The connection reached itself: the system chose the target port as the local port.",
    fix: "No server listens on that port. Start it, or use a port outside the ephemeral range.",
    stages: ["connect"],
  },
  ERR_ACCESS_DENIED: {
    meaning: "Node's permission model (`--permission`) denies this process network access.",
    fix: "Start Node with `--allow-net` as well.",
    stages: ["resolve", "connect", "bind", "listen"],
  },
  ERR_PROXY_UNREACHABLE: {
    meaning: "The proxy could not be reached. The state of the target is unknown.",
    fix: "Check the proxy's address and that it runs. `cause` has the underlying error.",
    stages: ["resolve", "connect"],
  },
  ERR_PROXY_REFUSED: {
    meaning: "The proxy refused the request: its rules forbid the target, or it closed the connection.",
    fix: "Check the proxy's rules and log, or ask its administrator.",
    stages: ["handshake"],
  },
  ERR_PROXY_AUTH_FAILED: {
    meaning: "The proxy requires a user and password, or rejected those given.",
    fix: "Write them before the proxy's host, percent-encoded: `socks5://user:password@host:port`.",
    stages: ["handshake"],
  },
  ERR_PROXY_INVALID: {
    meaning: "The answer is not that of a proxy of this kind.",
    fix: "Check the port, and whether it is a `socks5://` or an `http://` proxy.",
    stages: ["handshake"],
  },
  ERR_TARGET_REFUSED: {
    meaning: "The target refused the proxy's connection.",
    fix: "Check the port and that the server runs. The proxy works.",
    stages: ["handshake"],
  },
  ERR_TARGET_UNREACHABLE: {
    meaning: "The proxy could not reach the target: unknown name, no route, no answer, or no reason given.",
    fix: "Check the target's name as the proxy resolves it. The proxy works.",
    stages: ["handshake"],
  },
  ERR_PROXY_TIMEOUT: {
    meaning: "The proxy was reached but did not answer in time, usually because the target does not answer.",
    fix: "Check the target and the kind of proxy. Raise `proxyTimeoutMs` if the route behind the proxy is slow.",
    stages: ["handshake"],
  },
  ERR_PROXY_HEADER_INVALID: {
    meaning: "A connection from a load balancer does not begin with a valid PROXY protocol header.",
    fix: "Make the load balancer send one, as with `send-proxy` of HAProxy, or remove `proxyProtocol` here.",
    stages: ["handshake"],
  },
  ERR_PROXY_HEADER_TIMEOUT: {
    meaning: "A load balancer connected, and its PROXY protocol header did not arrive in time.",
    fix: "Check that the load balancer sends one. Raise `proxyProtocol.timeoutMs` for a slow network.",
    stages: ["handshake"],
  },
  ERR_PROXY_HEADER_UNTRUSTED: {
    meaning: "A connection came from an address that `proxyProtocol.trusted` does not contain.",
    fix: "Add the address if it is that of a load balancer. Otherwise a client has bypassed the load balancer.",
    stages: ["handshake"],
  },
  ERR_STARTTLS_REFUSED: {
    meaning: "The server does not start TLS; the message has its words.",
    fix: "Check the port and the server's configuration. An attacker on the way can also remove the offer: do not go on without TLS.",
    stages: ["handshake"],
  },
  ERR_STARTTLS_INVALID: {
    meaning: "The server does not speak the protocol given in `startTls`.",
    fix: "Check the port and the protocol. If the port speaks TLS from the first byte, leave `startTls` out.",
    stages: ["handshake"],
  },
  ERR_STARTTLS_TIMEOUT: {
    meaning: "The server was reached, and did not agree to start TLS in time.",
    fix: "Check the port and the protocol. If the port speaks TLS from the first byte, leave `startTls` out.",
    stages: ["handshake"],
  },
  ERR_TLS_SELF_SIGNED: {
    meaning: "The peer's certificate is signed by itself, not by an authority.",
    fix: "If it is yours, pass it as `tls.ca`. Otherwise do not send anything: the peer may not be the one you meant.",
    stages: ["handshake"],
  },
  ERR_TLS_UNKNOWN_AUTHORITY: {
    meaning:
      "No trusted authority signed the peer's certificate, or the peer does not send its intermediate certificates.",
    fix: "Pass the authority's certificate as `tls.ca`, or configure the peer to send the whole chain.",
    stages: ["handshake"],
  },
  ERR_TLS_NAME_MISMATCH: {
    meaning: "The server's certificate is for other names.",
    fix: "Connect by a name that the message lists, or pass it as `tls.serverName`. For an IP address, the certificate needs an IP entry.",
    stages: ["handshake"],
  },
  ERR_TLS_EXPIRED: {
    meaning: "A certificate of the peer has expired.",
    fix: "Renew it on the peer's side. Check this machine's clock too.",
    stages: ["handshake"],
  },
  ERR_TLS_NOT_YET_VALID: {
    meaning: "A certificate of the peer is not valid yet.",
    fix: "Check this machine's clock, then the certificate's dates.",
    stages: ["handshake"],
  },
  ERR_TLS_CERTIFICATE_INVALID: {
    meaning: "OpenSSL rejects the peer's certificate for the reason in the message.",
    fix: "Check the certificate with `openssl x509 -text`.",
    stages: ["handshake"],
  },
  ERR_TLS_NO_SHARED_VERSION: {
    meaning: "The two sides share no TLS version.",
    fix: "Update the older side. `tls.minVersion` is `TLSv1.2` unless you set it.",
    stages: ["handshake"],
  },
  ERR_TLS_NO_SHARED_CIPHER: {
    meaning: "The two sides share no cipher, or the server requires a client certificate.",
    fix: "Check `tls.ciphers`, and whether the server needs `tls.cert` and `tls.key`.",
    stages: ["handshake"],
  },
  ERR_TLS_NO_SHARED_ALPN: {
    meaning: "The server speaks none of the application protocols that the client offers.",
    fix: "Check `tls.alpn`, or leave it out.",
    stages: ["handshake"],
  },
  ERR_TLS_CLIENT_CERTIFICATE_REQUIRED: {
    meaning: "The server requires a certificate of the client, which sent none.",
    fix: "On the client, pass `tls.cert` and `tls.key`.",
    stages: ["handshake", "receive"],
  },
  ERR_TLS_PLAIN_TEXT: {
    meaning: "The peer does not speak TLS on this port: its first bytes are plain text.",
    fix: "Check the port, or leave out `tls`.",
    stages: ["handshake"],
  },
  ERR_TLS_PLAIN_TEXT_INJECTED: {
    meaning:
      "The peer sent bytes between its consent to TLS and the handshake. Anyone on the way could have inserted them.",
    fix: "Do not trust this network. If it always happens, the server sends too much before TLS: read all of it before `startTls`.",
    stages: ["handshake"],
  },
  ERR_TLS_HANDSHAKE_TIMEOUT: {
    meaning: "The peer was reached, and the TLS handshake did not complete in time.",
    fix: "Check that the port speaks TLS. Raise `tlsHandshakeTimeoutMs` for a slow network.",
    stages: ["handshake"],
  },
  ERR_TLS_CERTIFICATE_REJECTED: {
    meaning: "The peer does not accept the certificate of this side; the message has its reason.",
    fix: "Check the certificate's dates and names, that `cert` has the intermediate certificates, and which authorities the peer trusts.",
    stages: ["handshake", "receive"],
  },
  ERR_TLS_NAME_REFUSED: {
    meaning: "A client asked for a name (SNI) for which this server has no certificate.",
    fix: "Check the name that the client uses, and `tls.sniFallback`. If the function threw, its error is `cause`.",
    stages: ["handshake"],
  },
  ERR_TLS_FAILED: {
    meaning: "TLS failed for the reason in the message.",
    fix: "Look at `cause`, and at the log of the peer.",
    stages: ["handshake", "receive"],
  },
  ERR_TLS_TRUNCATED: {
    meaning: "The stream ended without TLS's close_notify, so it may have been cut on the way.",
    fix: "Treat what was received as incomplete. Some servers never send close_notify.",
    stages: ["receive"],
  },
  ERR_FIRST_BYTE_TIMEOUT: {
    meaning: "The peer connected and sent nothing.",
    fix: "Raise `firstByteTimeoutMs` if clients may be silent at first.",
    stages: ["receive"],
  },
  ERR_IDLE_TIMEOUT: {
    meaning: "The peer sent nothing for too long while a read was waiting.",
    fix: "Raise `idleTimeoutMs`. `Infinity` disables it.",
    stages: ["receive"],
  },
  ERR_READ_TIMEOUT: {
    meaning: "A read did not complete within its own timeout. No byte is lost.",
    fix: "Read again, or raise `timeoutMs` of that read.",
    stages: ["receive"],
  },
  ERR_MESSAGE_TIMEOUT: {
    meaning: "A message began but did not complete in time.",
    fix: "Raise `messageTimeoutMs` for large messages over slow networks.",
    stages: ["receive"],
  },
  ERR_WRITE_STALL_TIMEOUT: {
    meaning: "The peer accepted no data for too long.",
    fix: "The peer does not read. Raise `writeStallTimeoutMs` if it may pause that long.",
    stages: ["send"],
  },
  ERR_HALF_CLOSE_TIMEOUT: {
    meaning: "One direction had ended, and no data moved in the other for too long.",
    fix: "End the connection when the peer has ended, or raise `halfCloseTimeoutMs`.",
    stages: ["receive"],
  },
  ERR_DRAIN_TIMEOUT: {
    meaning: "The server was closing, and this connection did not finish in time.",
    fix: "Raise `drainMs` of `server.close()`.",
    stages: ["close"],
  },
  ERR_MESSAGE_TOO_LONG: {
    meaning: "A message is longer than the codec allows.",
    fix: "Raise the codec's limit if the message is intended. Often a length prefix or a line ending is wrong.",
    stages: ["receive"],
  },
  ERR_MESSAGE_INVALID: {
    meaning: "The received bytes are not valid for the codec.",
    fix: "Check that both sides use the same codec and settings.",
    stages: ["receive"],
  },
  ERR_TRUNCATED: {
    meaning: "The peer's stream ended in the middle of a message.",
    fix: "Check the peer. The error has the number of missing bytes where it is known.",
    stages: ["receive"],
  },
  ERR_WRITE_QUEUE_FULL: {
    meaning: "Unsent data exceeded the limit of the connection, or of all connections of a server together.",
    fix: "Await each write, use fewer concurrent writers, or use `trySend`. If you must, raise the option that the error names.",
    stages: ["send"],
  },
  ERR_BUFFER_DETACHED: {
    meaning: "The buffer of a write was transferred before the write resolved.",
    fix: "Await the write before you transfer its buffer, or write a copy.",
    stages: ["send"],
  },
  ERR_CLOSED: {
    meaning: "The connection, or its sending side, was already closed.",
    fix: "`connection.closed` has who closed it and why.",
    stages: ["send"],
  },
  ERR_ABORTED: {
    meaning: "The operation was cancelled by an `AbortSignal` or by `abort()`.",
    fix: "None.",
    stages: ["resolve", "connect", "handshake", "close"],
  },
  ERR_HANDLER_FAILED: {
    meaning: "The handler threw. Its connection was reset; the server continues.",
    fix: "Look at `cause`.",
    stages: ["receive"],
  },
};

/** Every explained code: the library's own and the system's (`EMFILE`, …). */
export const errorCodes: Readonly<Record<KnownErrorCode, CodeEntry>> = { ...ownCodes, ...systemCodes };

/** A code of the library, or a system error name that the table may lack. */
export type ErrorCode = KnownErrorCode | (string & {});

/** The parts of a `NetError`. */
export interface NetErrorParts {
  /** What failed, for programs; `ERR_…` is the library's own, any other is the system's. */
  readonly code: ErrorCode;
  /** The stage at which it failed. */
  readonly stage: Stage;
  /** The address concerned, as the message shows it. */
  readonly address?: string | undefined;
  /** What happened, as the message states it. */
  readonly happened: string;
  /** The option that controls it, if any. */
  readonly option?: string | undefined;
  /** All attempts of a failed connect. Default: none. */
  readonly attempts?: readonly Attempt[] | undefined;
  /** The error that caused this one, such as the system's. */
  readonly cause?: unknown;
}

/**
 * A failure outside the program: of a peer, a network or a name server.
 *
 * Its message is one line with the stage, the address, what happened and the option that controls it:
 * `connect 10.0.0.7:9000: no answer in 3000 ms (connectTimeoutMs)`.
 */
export class NetError extends Error {
  static {
    this.prototype.name = "NetError";
  }
  /** What failed, for programs; `ERR_…` is the library's own, any other is the system's. */
  readonly code: ErrorCode;
  /** The stage at which it failed. */
  readonly stage: Stage;
  /** The address concerned, if known. */
  readonly address: string | undefined;
  /** What happened: the part of the message after the stage and the address. */
  readonly happened: string;
  /** The option that controls it, if any. */
  readonly option: string | undefined;
  /** All attempts of a failed connect; otherwise empty. */
  readonly attempts: readonly Attempt[];

  /**
   * Composes the message from the parts.
   *
   * @throws {TypeError} for a part that is missing, unknown or of another type.
   */
  constructor(parts: NetErrorParts) {
    checkParts(parts);
    super(formatFailure(parts, parts.option), { cause: parts.cause });
    this.code = parts.code;
    this.stage = parts.stage;
    this.address = parts.address;
    this.happened = parts.happened;
    this.option = parts.option;
    this.attempts = parts.attempts ?? [];
  }
}

/** A failure in one line; `option` names what decides it, in the terms of whom the line is for. */
export function formatFailure(
  { stage, address, happened }: Pick<NetErrorParts, "stage" | "address" | "happened">,
  option: string | undefined,
): string {
  const subject = address === undefined ? "" : ` ${address}`;
  return `${stage}${subject}: ${happened}${option === undefined ? "" : ` (${option})`}`;
}

const stages = Object.keys({
  create: true,
  resolve: true,
  connect: true,
  handshake: true,
  bind: true,
  listen: true,
  accept: true,
  send: true,
  receive: true,
  close: true,
} satisfies Record<Stage, true>) as Stage[];

/** @throws {TypeError} if a required part is missing or has the wrong type. */
function checkParts(parts: NetErrorParts): void {
  record("NetError: parts", parts);
  for (const name of ["code", "happened"] as const) text(name, parts[name]);
  oneOf("stage", parts.stage, stages);
  for (const name of ["address", "option"] as const) if (parts[name] !== undefined) text(name, parts[name]);
  const { attempts = [] } = parts;
  if (!Array.isArray(attempts)) throw new TypeError(`attempts: ${shown(attempts)} is not a list`);
}

/** Describes a system error code in words that fit `call`, followed by the code itself. */
export function describeSystemCode(code: string, call?: FailedCall): string {
  const words = systemCodeOf(code, call)?.words ?? ownWords[code] ?? "the system reports an error";
  return `${words} (${code})`;
}

const ownWords: Readonly<Record<string, string>> = {
  ERR_TLS_PLAIN_TEXT_INJECTED:
    "the peer sent bytes ahead of the handshake, which an attacker may have inserted",
  ERR_TLS_FAILED: "the peer sent an invalid TLS record, or a fatal alert",
  ERR_TLS_TRUNCATED: "the stream ended without TLS's close_notify, and may have been cut",
  ERR_TLS_CLIENT_CERTIFICATE_REQUIRED: "the server requires a client certificate",
  ERR_TLS_CERTIFICATE_REJECTED: "the peer rejects the certificate of this side",
  ERR_SELF_CONNECTED: "the connection reached itself",
  ERR_ACCESS_DENIED: "Node's permission model denies the network; start Node with --allow-net",
  ERR_CONNECT_TIMEOUT: "no answer in time",
};

/** What an error means and how to fix it, for that stage and address. */
export function explainError({
  code,
  stage,
  address,
}: Pick<NetError, "code" | "stage" | "address">): Explanation {
  const system = systemCodeOf(code, { stage, address });
  if (system !== undefined) return system;
  if (!Object.hasOwn(ownCodes, code)) return explainUnknownCode(code, stage);
  const own = ownCodes[code as OwnErrorCode];
  return (address?.startsWith("unix:") === true ? own.at?.unix : undefined) ?? own;
}
