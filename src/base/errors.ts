/**
 * The one error of the library, and the list of its codes.
 *
 * The world's failures (a peer, a network, a name server) are a `NetError`; a
 * caller's mistake is a `TypeError`, thrown at once. The table below and that of the
 * system's codes (system-codes.ts) are the only lists of codes: the reference page, the
 * command's exit codes and its advice are made from them.
 */
import { oneOf, record, shown, text } from "./arguments.ts";

import type { Stage } from "./stage.ts";
import {
  explainUnknownCode,
  systemCodeOf,
  systemCodes,
  type Circumstance,
  type Explanation,
  type FailedCall,
  type KnownSystemCode,
} from "./system-codes.ts";

export type { Stage } from "./stage.ts";

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
  /** Where it means something else. */
  readonly at?: Readonly<Partial<Record<Circumstance, Explanation>>> | undefined;
}

/** A code of the table. */
export type KnownErrorCode = OwnErrorCode | KnownSystemCode;

/** A code that only the library gives out, or the look-up of names. */
type OwnErrorCode =
  | "ENOTFOUND"
  | "ESERVFAIL"
  | "EAI_AGAIN"
  | "EAI_FAIL"
  | "EAI_MEMORY"
  | "ERR_RESOLVE_TIMEOUT"
  | "ERR_CONNECT_TIMEOUT"
  | "ERR_ACCEPT_STALLED"
  | "ERR_SELF_CONNECTED"
  | "ERR_ACCESS_DENIED"
  | "ERR_PROXY_UNREACHABLE"
  | "ERR_PROXY_REFUSED"
  | "ERR_PROXY_AUTH_FAILED"
  | "ERR_PROXY_INVALID"
  | "ERR_TARGET_REFUSED"
  | "ERR_TARGET_UNREACHABLE"
  | "ERR_HANDSHAKE_TIMEOUT"
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
  ERR_CONNECT_TIMEOUT: {
    meaning:
      "No answer at all: the packets vanish (a firewall, a dead host), or the server's backlog is full.",
    remedy: "Check the address and the firewall; raise `connectTimeoutMs` for a slow route.",
    stages: ["connect"],
    at: {
      unix: {
        meaning: "The server's backlog is full: it accepts no client.",
        remedy: "Look at the server, which is stuck or overloaded; raise `connectTimeoutMs` to wait longer.",
      },
    },
  },
  ERR_ACCEPT_STALLED: {
    meaning: "Clients wait, and the system lets none of them in; Node does not say why.",
    remedy:
      "Look for what the machine has run out of: descriptors (ENFILE) or kernel memory (ENOBUFS, ENOMEM).",
    stages: ["accept"],
  },
  ERR_SELF_CONNECTED: {
    meaning: "The connection reached itself: the system chose the target port as the local one.",
    remedy: "Nothing listens there; start the server, or use a port outside the ephemeral range.",
    stages: ["connect"],
  },
  ERR_ACCESS_DENIED: {
    meaning: "Node runs with its permission model (`--permission`), which denies this process the network.",
    remedy: "Start Node with `--allow-net` as well.",
    stages: ["resolve", "connect", "bind", "listen"],
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
  ERR_BUFFER_DETACHED: {
    meaning: "The memory of a write was transferred to another owner before the write had resolved.",
    remedy: "Await the write before you transfer its buffer, or write a copy.",
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

/** Every code that is explained: those of the library, and the system's own (`EMFILE`…). */
export const errorCodes: Readonly<Record<KnownErrorCode, CodeEntry>> = { ...ownCodes, ...systemCodes };

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

/** @throws {TypeError} unless the parts that are text are there, and are. */
function checkParts(parts: NetErrorParts): void {
  record("NetError: parts", parts);
  for (const name of ["code", "happened"] as const) text(name, parts[name]);
  oneOf("stage", parts.stage, stages);
  for (const name of ["address", "option"] as const) if (parts[name] !== undefined) text(name, parts[name]);
  const { attempts = [] } = parts;
  if (!Array.isArray(attempts)) throw new TypeError(`attempts: ${shown(attempts)} is not a list`);
}

/** A system error code in words, as it holds for that call; the code itself stands behind them. */
export function describeSystemCode(code: string, call?: FailedCall): string {
  const words = systemCodeOf(code, call)?.words ?? ownWords[code] ?? "the system reports an error";
  return `${words} (${code})`;
}

const ownWords: Readonly<Record<string, string>> = {
  ERR_ACCEPT_STALLED: "clients wait, and the system lets none of them in",
  ERR_SELF_CONNECTED: "the connection reached itself",
  ERR_ACCESS_DENIED: "Node's permission model denies the network; start Node with --allow-net",
  ERR_CONNECT_TIMEOUT: "no answer in time",
};

/** What an error means, and what to try, as it holds for that very call. */
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
