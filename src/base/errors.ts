/**
 * The one error of the library, and the list of its codes.
 *
 * The world's failures (a peer, a network, a name server) are a `NetError`; a
 * caller's mistake is a `TypeError`, thrown at once. The table below is the only
 * list of codes: the reference page and the command's exit codes are made from it.
 */

/** One step of a connection's or a server's life. */
export type Stage =
  | "create"
  | "resolve"
  | "connect"
  | "handshake"
  | "bind"
  | "listen"
  | "accept"
  | "send"
  | "receive"
  | "close";

/** One address that was tried while connecting, and what became of it. */
export interface Attempt {
  /** The address, as `formatAddress` writes it. */
  readonly address: string;
  /** When the attempt began, in milliseconds after connecting began. */
  readonly startedMs: number;
  /** How long the attempt lasted, in milliseconds. */
  readonly durationMs: number;
  /** `connected`, or the code of the failure; `abandoned` if another attempt won first. */
  readonly outcome: "connected" | "abandoned" | ErrorCode;
}

export interface CodeEntry {
  /** What has happened, in one sentence. */
  readonly meaning: string;
  /** What to try. */
  readonly remedy: string;
  /** The stages at which it comes up. */
  readonly stages: readonly Stage[];
}

/** A code that the library itself gives out. */
export type KnownErrorCode =
  | "ENOTFOUND"
  | "ESERVFAIL"
  | "EAI_AGAIN"
  | "EAI_FAIL"
  | "EAI_MEMORY"
  | "ERR_RESOLVE_TIMEOUT"
  | "ECONNREFUSED"
  | "ERR_CONNECT_TIMEOUT"
  | "ENETUNREACH"
  | "EHOSTUNREACH"
  | "EACCES"
  | "EADDRINUSE"
  | "ENOTSOCK"
  | "EADDRNOTAVAIL"
  | "ERR_ACCEPT_STALLED"
  | "ENOENT"
  | "ERR_SELF_CONNECTED"
  | "ERR_PROXY_UNREACHABLE"
  | "ERR_PROXY_REFUSED"
  | "ERR_PROXY_AUTH_FAILED"
  | "ERR_PROXY_INVALID"
  | "ERR_TARGET_REFUSED"
  | "ERR_TARGET_UNREACHABLE"
  | "ERR_HANDSHAKE_TIMEOUT"
  | "ECONNRESET"
  | "EPIPE"
  | "ETIMEDOUT"
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
  | "EMSGSIZE"
  | "ERR_CLOSED"
  | "ERR_ABORTED"
  | "ERR_HANDLER_FAILED";

/** Every code that the library itself gives out; other codes are the system's own (`EMFILE`…). */
export const errorCodes: Readonly<Record<KnownErrorCode, CodeEntry>> = {
  ENOTFOUND: {
    meaning: "The name does not exist, or has no address of the family asked for.",
    remedy: "Check the spelling; try the address itself, or the other family.",
    stages: ["resolve"],
  },
  ESERVFAIL: {
    meaning:
      "The name server answered that it could not find out (SERVFAIL). Only `createDnsResolver` reports it.",
    remedy: "Try again later; the name server, or the one it asks, is broken.",
    stages: ["resolve"],
  },
  EAI_AGAIN: {
    meaning: "The look-up failed for now: no name server was reached, or none gave a usable answer.",
    remedy: "Check /etc/resolv.conf and the network, try again, or use an address.",
    stages: ["resolve"],
  },
  EAI_FAIL: {
    meaning: "The system's look-up failed for good: a name server refused, or its answer was unusable.",
    remedy: "Check the name servers in /etc/resolv.conf, or use an address.",
    stages: ["resolve"],
  },
  EAI_MEMORY: {
    meaning: "The system had no memory for the look-up.",
    remedy: "Check the memory limits of the process and of the machine.",
    stages: ["resolve"],
  },
  ERR_RESOLVE_TIMEOUT: {
    meaning: "The name server did not answer in time.",
    remedy: "Raise `resolveTimeoutMs`, or use an address; the name server may be unreachable.",
    stages: ["resolve"],
  },
  ECONNREFUSED: {
    meaning: "The host answered that nothing listens on that port.",
    remedy: "Check the port, and that the server runs and listens on that address.",
    stages: ["connect", "receive"],
  },
  ERR_CONNECT_TIMEOUT: {
    meaning:
      "No answer at all: the packets vanish (a firewall, a dead host), or the server's backlog is full.",
    remedy: "Check the address and the firewall; raise `connectTimeoutMs` for a slow route.",
    stages: ["connect"],
  },
  ENETUNREACH: {
    meaning: "This machine has no route to that network.",
    remedy: "Check the route and the address family (IPv6 may not be set up here).",
    stages: ["connect", "receive", "send"],
  },
  EHOSTUNREACH: {
    meaning: "A router, or this machine, says that the host cannot be reached.",
    remedy: "Check that the host is up and the route to it.",
    stages: ["connect", "receive", "send"],
  },
  EACCES: {
    meaning:
      "The system forbids it: a privileged port, a prohibited route, a file's permissions, or a broadcast.",
    remedy:
      "Use a port of 1024 or more, set `broadcast` for datagrams to everybody, or ask for the right that is missing.",
    stages: ["connect", "bind", "send"],
  },
  EADDRINUSE: {
    meaning: "Somebody already listens on that address.",
    remedy: "Stop the other program, or listen on another port (0 lets the system choose).",
    stages: ["connect", "bind", "listen"],
  },
  ENOTSOCK: {
    meaning: "What is at that path, or behind that descriptor, is not a socket.",
    remedy:
      "Check the path; a file that is in the way is not removed, so choose another or remove it yourself.",
    stages: ["connect", "bind", "listen"],
  },
  EADDRNOTAVAIL: {
    meaning: "The address is not one of this machine's, or no local port is free.",
    remedy: "Listen on an address that `ip address` shows, or on 0.0.0.0 or ::.",
    stages: ["connect", "bind"],
  },
  ERR_ACCEPT_STALLED: {
    meaning: "Clients wait, and the system lets none of them in; Node does not say why.",
    remedy:
      "Look for what the machine has run out of: descriptors (ENFILE) or kernel memory (ENOBUFS, ENOMEM).",
    stages: ["accept"],
  },
  ENOENT: {
    meaning: "There is no such Unix socket, or no folder to make it in.",
    remedy: "Check the path, and that the server runs.",
    stages: ["connect", "bind"],
  },
  ERR_SELF_CONNECTED: {
    meaning: "The connection reached itself: the system chose the target port as the local one.",
    remedy: "Nothing listens there; start the server, or use a port outside the ephemeral range.",
    stages: ["connect"],
  },
  ERR_PROXY_UNREACHABLE: {
    meaning: "The proxy itself could not be reached; nothing is known of the target.",
    remedy: "Check the proxy's address, and that it runs; `cause` says what happened on the way to it.",
    stages: ["resolve", "connect"],
  },
  ERR_PROXY_REFUSED: {
    meaning: "The proxy does not do that for us: its rules forbid the target, or it hung up.",
    remedy: "Ask whoever runs the proxy, or look into its log.",
    stages: ["handshake"],
  },
  ERR_PROXY_AUTH_FAILED: {
    meaning: "The proxy asks for a user and a password, or does not take those that were given.",
    remedy: "Write them before the proxy's host, percent-encoded: `socks5://user:password@host:port`.",
    stages: ["handshake"],
  },
  ERR_PROXY_INVALID: {
    meaning: "What answered is no proxy of that kind.",
    remedy: "Check the port, and whether it is a `socks5://` or an `http://` proxy.",
    stages: ["handshake"],
  },
  ERR_TARGET_REFUSED: {
    meaning: "The proxy asked the target, which refused the connection.",
    remedy: "Check the port, and that the server runs; the proxy is in order.",
    stages: ["handshake"],
  },
  ERR_TARGET_UNREACHABLE: {
    meaning: "The proxy could not reach the target: no such name, no route, no answer, or it does not say.",
    remedy: "Check the target's name as the proxy sees it; the proxy itself is in order.",
    stages: ["handshake"],
  },
  ERR_HANDSHAKE_TIMEOUT: {
    meaning: "The proxy was reached, and did not answer in time; mostly the target does not answer it.",
    remedy:
      "Check the target, and that the proxy is of that kind; raise `handshakeTimeoutMs` for a slow route behind it.",
    stages: ["handshake"],
  },
  ECONNRESET: {
    meaning: "The peer reset the connection (RST): what was under way is lost.",
    remedy: "Look at the peer: it crashed, gave up, or closed with our bytes unread.",
    stages: ["connect", "handshake", "receive", "send"],
  },
  EPIPE: {
    meaning: "The peer had gone when we sent.",
    remedy: "Look at the peer; what it said before is still delivered.",
    stages: ["handshake", "send"],
  },
  ETIMEDOUT: {
    meaning: "The peer stopped acknowledging, and the system gave up on it.",
    remedy: "The peer or the network died; connect again.",
    stages: ["connect", "handshake", "receive", "send"],
  },
  ERR_FIRST_BYTE_TIMEOUT: {
    meaning: "The peer connected and never said anything.",
    remedy: "Raise `firstByteTimeoutMs` where clients may be silent at first.",
    stages: ["receive"],
  },
  ERR_IDLE_TIMEOUT: {
    meaning: "We waited for the peer, and it said nothing for too long.",
    remedy: "Raise `idleTimeoutMs`; `Infinity` turns it off.",
    stages: ["receive"],
  },
  ERR_READ_TIMEOUT: {
    meaning: "One read did not get what it waited for in time; no byte is lost.",
    remedy: "Read again, or raise the `timeoutMs` of that read.",
    stages: ["receive"],
  },
  ERR_MESSAGE_TIMEOUT: {
    meaning: "A message was begun and not finished in time, however steadily it dripped.",
    remedy: "Raise `messageTimeoutMs` where large messages come over slow lines.",
    stages: ["receive"],
  },
  ERR_WRITE_STALL_TIMEOUT: {
    meaning: "The peer took nothing of what we sent for too long.",
    remedy: "The peer does not read; raise `writeStallTimeoutMs` if it may pause that long.",
    stages: ["send"],
  },
  ERR_HALF_CLOSE_TIMEOUT: {
    meaning: "One direction had ended and nothing moved in the other for too long.",
    remedy: "End the connection when the peer has ended, or raise `halfCloseTimeoutMs`.",
    stages: ["receive"],
  },
  ERR_DRAIN_TIMEOUT: {
    meaning: "The server was closing and this connection did not finish in time.",
    remedy: "Raise `drainMs` of `server.close()`.",
    stages: ["close"],
  },
  ERR_MESSAGE_TOO_LONG: {
    meaning: "A message is longer than the codec allows.",
    remedy:
      "Raise the codec's limit if such messages are meant; often a length prefix or a line ending is wrong.",
    stages: ["receive"],
  },
  ERR_MESSAGE_INVALID: {
    meaning: "Bytes came that the codec cannot be given.",
    remedy: "Check that both sides speak the same framing.",
    stages: ["receive"],
  },
  ERR_TRUNCATED: {
    meaning: "The peer ended in the middle of a message.",
    remedy: "Look at the peer; the error says how many bytes are missing, where that is known.",
    stages: ["receive"],
  },
  ERR_WRITE_QUEUE_FULL: {
    meaning:
      "More was written, without waiting, than may wait to be sent on the connection or on all connections of a server.",
    remedy:
      "Await each write, let fewer writers write at once, or use `trySend`; raise the option that the error names if you must.",
    stages: ["send"],
  },
  EMSGSIZE: {
    meaning: "A datagram is longer than the network can carry: 65507 bytes over IPv4, 65527 over IPv6.",
    remedy: "Send less at once; up to 1200 bytes cross every network in one piece.",
    stages: ["send"],
  },
  ERR_CLOSED: {
    meaning: "The connection had already ended, or its sending side had.",
    remedy: "See `connection.closed` for who ended it and why.",
    stages: ["send"],
  },
  ERR_ABORTED: {
    meaning: "The caller gave up: a signal, or `abort()`.",
    remedy: "None is needed.",
    stages: ["resolve", "connect", "handshake", "close"],
  },
  ERR_HANDLER_FAILED: {
    meaning: "The handler threw; its connection was reset, the server goes on.",
    remedy: "See `cause`.",
    stages: ["receive"],
  },
};

/** A code of the library, or the system's own name for an error that the table does not explain. */
export type ErrorCode = KnownErrorCode | (string & {});

/** What a `NetError` is made of. */
export interface NetErrorParts {
  readonly code: ErrorCode;
  readonly stage: Stage;
  /** On what: an address, as written in the message. */
  readonly address?: string | undefined;
  /** What happened, as the message says it. */
  readonly happened: string;
  /** The option that decides it, if one does. */
  readonly option?: string | undefined;
  readonly attempts?: readonly Attempt[] | undefined;
  readonly cause?: unknown;
}

/**
 * A failure of the world: what, on what, what happened, which option decides.
 *
 * Its message is one line, as in
 * `connect 10.0.0.7:9000: no answer in 3000 ms (connectTimeoutMs)`.
 */
export class NetError extends Error {
  static {
    this.prototype.name = "NetError";
  }
  readonly code: ErrorCode;
  readonly stage: Stage;
  /** The address it happened on, if one was known. */
  readonly address: string | undefined;
  /** What happened, as the message says it behind stage and address. */
  readonly happened: string;
  /** The option that decides it, if one does. */
  readonly option: string | undefined;
  /** Every address tried, for a failure to connect; else empty. */
  readonly attempts: readonly Attempt[];

  constructor(parts: NetErrorParts) {
    const subject = parts.address === undefined ? "" : ` ${parts.address}`;
    const option = parts.option === undefined ? "" : ` (${parts.option})`;
    super(`${parts.stage}${subject}: ${parts.happened}${option}`, { cause: parts.cause });
    this.code = parts.code;
    this.stage = parts.stage;
    this.address = parts.address;
    this.happened = parts.happened;
    this.option = parts.option;
    this.attempts = parts.attempts ?? [];
  }
}

const happenings: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset by peer",
  EPIPE: "the peer has gone",
  ETIMEDOUT: "the peer stopped answering",
  ENETUNREACH: "no route to that network",
  EHOSTUNREACH: "no route to that host",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "not an address of this machine",
  EINVAL: "the system refuses that address",
  EAFNOSUPPORT: "this machine does not speak that address family",
  EMSGSIZE: "too long for one datagram",
  ENOENT: "no such socket",
  ENOTSOCK: "not a socket",
  ENOTDIR: "a part of the path is not a directory",
  EMFILE: "no descriptors left in this process",
  ENFILE: "no descriptors left on this machine",
  ERR_ACCEPT_STALLED: "clients wait, and the system lets none of them in",
};

/** A system error code in words; the code itself stands behind them. */
export function describeSystemCode(code: string): string {
  const words = happenings[code];
  return words === undefined ? code : `${words} (${code})`;
}
