/**
 * Options in, settings out: defaults filled and values checked once, at the door.
 */
import { callback, clock as checkClock, flag, shown } from "../../base/arguments.ts";
import type { Observers } from "../../base/events.ts";
import { limits, type LimitName } from "../../base/limits.ts";
import { systemClock, type Clock } from "../../base/clock.ts";
import type { OptionChecks } from "../../base/option-checks.ts";
import { engineOf, type Engine, type EngineChoice } from "../../wire/index.ts";
import { watch, type Watch } from "../diagnostics.ts";
import { keepAliveOf, socketSettings, type SocketOptions } from "./socket-settings.ts";
import { turnOf, type Turn } from "../timing/turn.ts";

/** Options that every connection has, client's or server's. Milliseconds; `Infinity` turns a deadline off. */
export interface ConnectionOptions extends SocketOptions, Observers {
  /** Until the peer's first byte. */
  readonly firstByteTimeoutMs?: number | undefined;
  /**
   * While we wait for the peer; only the peer's bytes count, and the time a handler takes does not.
   *
   * A read with a `timeoutMs` of its own waits that long: the defaults of `firstByteTimeoutMs`, `idleTimeoutMs` and
   * `messageTimeoutMs` do not count during it. Those that are given here count in any case.
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * While nothing moves in either direction: no byte is received, and the peer takes none of ours. It does not run
   * while you leave what the peer sends unread. `Infinity` unless set.
   */
  readonly inactivityTimeoutMs?: number | undefined;
  /** From the first byte of a message to its last. */
  readonly messageTimeoutMs?: number | undefined;
  /** While the peer takes nothing of what we send. */
  readonly writeStallTimeoutMs?: number | undefined;
  /** When one direction has ended: while nothing moves in the other. */
  readonly halfCloseTimeoutMs?: number | undefined;
  /** After `close()` has sent FIN: how long late bytes are thrown away until the peer's FIN. */
  readonly lingerTimeoutMs?: number | undefined;
  /** Bytes taken in before a reader asks for them. */
  readonly readBufferBytesMax?: number | undefined;
  /** Bytes that may wait to be sent; a write behind others that have not resolved is rejected past it. */
  readonly writeQueueBytesMax?: number | undefined;
  /** Small writes go at once (TCP_NODELAY); on unless set to `false`. */
  readonly noDelay?: boolean | undefined;
  /**
   * Idle time before the kernel asks whether the peer lives (SO_KEEPALIVE, TCP_KEEPIDLE): whole seconds,
   * rounded up, up to 32 767 000 ms. 0 or `Infinity` turns it off.
   */
  readonly keepAliveMs?: number | undefined;
  /**
   * What moves the bytes, or its name. Unless given, the environment variable `PORTCALL_ENGINE` names it. Unless that
   * is set, it is `auto`, the fastest that works here: `epoll` on Linux, where the addon loads, else `portable`
   * (node:net).
   */
  readonly engine?: Engine | EngineChoice | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/** Their checks. */
export const connectionOptionChecks: OptionChecks<ConnectionOptions> = {
  firstByteTimeoutMs: true,
  idleTimeoutMs: true,
  inactivityTimeoutMs: true,
  messageTimeoutMs: true,
  writeStallTimeoutMs: true,
  halfCloseTimeoutMs: true,
  lingerTimeoutMs: true,
  readBufferBytesMax: true,
  writeQueueBytesMax: true,
  noDelay: flag,
  keepAliveMs: true,
  keepAliveIntervalMs: true,
  keepAliveProbes: true,
  userTimeoutMs: true,
  receiveBufferBytes: true,
  sendBufferBytes: true,
  engine: engineOf,
  clock: checkClock,
  onEvent: callback,
  onBytes: callback,
};

/** How long a reader waits for the peer. */
export interface ReadTimeouts {
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly messageTimeoutMs: number;
}

/** The same, complete. */
export interface ConnectionSettings extends SocketOptions, Watch, ReadTimeouts {
  /** Those that count during a read with a `timeoutMs` of its own: what was given, and none of the defaults. */
  readonly givenTimeouts: ReadTimeouts;
  /** What the peer is sent when a deadline closes the connection. */
  readonly farewell: Uint8Array | undefined;
  readonly inactivityTimeoutMs: number;
  readonly writeStallTimeoutMs: number;
  readonly halfCloseTimeoutMs: number;
  readonly lingerTimeoutMs: number;
  readonly readBufferBytesMax: number;
  readonly writeQueueBytesMax: number;
  readonly noDelay: boolean;
  readonly keepAliveMs: number;
  readonly engine: Engine;
  readonly clock: Clock;
  /** What a turn of the event loop may spend, shared by all that have this clock. */
  readonly turn: Turn;
  readonly onBytes: Observers["onBytes"];
}

/** @throws {TypeError} naming the option, its value and what it should be. */
export function connectionSettings(
  options: ConnectionOptions,
  role: "client" | "server",
): ConnectionSettings {
  const engine = engineOf("engine", options.engine);
  const clock = options.clock ?? systemClock;
  return {
    firstByteTimeoutMs: duration("firstByteTimeoutMs", options.firstByteTimeoutMs, role),
    idleTimeoutMs: duration("idleTimeoutMs", options.idleTimeoutMs, role),
    inactivityTimeoutMs: durationOf("inactivityTimeoutMs", options.inactivityTimeoutMs ?? Infinity),
    messageTimeoutMs: duration("messageTimeoutMs", options.messageTimeoutMs, role),
    givenTimeouts: {
      firstByteTimeoutMs: options.firstByteTimeoutMs ?? Infinity,
      idleTimeoutMs: options.idleTimeoutMs ?? Infinity,
      messageTimeoutMs: options.messageTimeoutMs ?? Infinity,
    },
    farewell: undefined,
    writeStallTimeoutMs: duration("writeStallTimeoutMs", options.writeStallTimeoutMs, role),
    halfCloseTimeoutMs: duration("halfCloseTimeoutMs", options.halfCloseTimeoutMs, role),
    lingerTimeoutMs: duration("lingerTimeoutMs", options.lingerTimeoutMs, role),
    readBufferBytesMax: count("readBufferBytesMax", options.readBufferBytesMax, 1),
    writeQueueBytesMax: count("writeQueueBytesMax", options.writeQueueBytesMax, 1),
    noDelay: options.noDelay ?? true,
    keepAliveMs: keepAliveOf(options.keepAliveMs),
    ...socketSettings(options, engine),
    engine,
    clock,
    turn: turnOf(clock),
    ...watch(options.onEvent, role),
    onBytes: options.onBytes,
  };
}

/** Clients wait longer than servers, who must not be held by the silent. */
function defaultOf(name: LimitName, role: "client" | "server"): number {
  const forClients = name === "idleTimeoutMs" || name === "firstByteTimeoutMs";
  return role === "client" && forClients ? limits.clientIdleTimeoutMs.value : limits[name].value;
}

/** A deadline: more than 0 milliseconds, or `Infinity`. */
export function duration(
  name: LimitName,
  value: number | undefined,
  role: "client" | "server" = "server",
): number {
  return value === undefined ? defaultOf(name, role) : durationOf(name, value);
}

/** The same for an option that has no limit of its own. */
export function durationOf(name: string, value: number): number {
  if (typeof value === "number" && value > 0) return value;
  throw new TypeError(`${name}: ${shown(value)} is not a number of milliseconds above 0, or Infinity`);
}

/** A whole number, `least` or more, or `Infinity`. */
export function count(name: LimitName, value: number | undefined, least: number): number {
  return countOf(name, value ?? limits[name].value, least);
}

/** The same for an option that is no limit of the library. */
export function countOf(name: string, value: number, least: number): number {
  if (value === Infinity || (Number.isSafeInteger(value) && value >= least)) return value;
  throw new TypeError(`${name}: ${shown(value)} is not a whole number of ${least} or more, or Infinity`);
}
