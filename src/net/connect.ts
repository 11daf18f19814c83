/**
 * Connecting, as one story: read the target, resolve its name, race its addresses,
 * hand over an open connection; or one error that says at which stage it failed.
 */
import {
  formatTarget,
  parseTarget,
  tcpAddress,
  type Target,
  type TcpAddress,
  type UnixAddress,
} from "../base/address.ts";
import { describeSystemCode, NetError, type Attempt, type ErrorCode } from "../base/errors.ts";
import { tell } from "../base/events.ts";
import { parseHost } from "../base/host.ts";
import { ipFamily } from "../base/ip.ts";
import { quote } from "../base/quote.ts";
import { raw, type Codec } from "../codec/index.ts";
import { WireError, type Wire } from "../wire/index.ts";
import { ByteConnection } from "./byte-connection.ts";
import { Connection } from "./connection.ts";
import { deadlineSignal } from "./deadline-signal.ts";
import { Deadlines } from "./deadlines.ts";
import { interleave, race, type RaceResult } from "./race.ts";
import {
  createSystemResolver,
  resolveError,
  resolverFailure,
  type Family,
  type Resolver,
} from "./resolve.ts";
import { connectionSettings, duration, type ConnectionOptions, type ConnectionSettings } from "./settings.ts";

/** Options of `connect`. */
export interface ConnectOptions<In, Out> extends ConnectionOptions {
  /** Turns bytes into messages and back; without one, both are bytes. */
  readonly codec?: Codec<In, Out> | undefined;
  /** Gives up establishing; has no effect on an open connection. */
  readonly signal?: AbortSignal | undefined;
  /** Uses only addresses of this family. */
  readonly family?: Family;
  /** The local end; the system chooses what is left out. */
  readonly from?: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined;
  /** For the whole look-up of the name. */
  readonly resolveTimeoutMs?: number | undefined;
  /** For connecting to all addresses together. */
  readonly connectTimeoutMs?: number | undefined;
  /** The head start of one address over the next. */
  readonly attemptDelayMs?: number | undefined;
  /** Finds the addresses of a name; this machine's unless given. */
  readonly resolver?: Resolver | undefined;
}

interface ConnectSettings extends ConnectionSettings {
  readonly family: Family;
  readonly from: { readonly host: string | undefined; readonly port: number | undefined } | undefined;
  readonly resolveTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly attemptDelayMs: number;
  readonly resolver: Resolver;
  readonly signal: AbortSignal | undefined;
}

let lastId = 0;

/**
 * Connects to `host:port`, `[::1]:80`, `unix:/path` or `unix:@abstract`.
 *
 * All addresses of a name are tried, in parallel with a head start each (RFC 8305);
 * the first that answers is used.
 *
 * @throws {TypeError} for a target or an option that cannot be.
 * @throws {NetError} with stage `resolve` or `connect`, and every attempt in
 *   `attempts`; `ERR_ABORTED` if the signal ended it.
 * @example
 * await using connection = await connect("example.com:80");
 * await connection.write("GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n");
 * for await (const chunk of connection) process.stdout.write(chunk);
 */
export function connect<In, Out>(
  target: string | Target,
  options: ConnectOptions<In, Out> & { readonly codec: Codec<In, Out> },
): Promise<Connection<In, Out>>;
export function connect(
  target: string | Target,
  options?: ConnectOptions<Uint8Array, Uint8Array>,
): Promise<Connection>;
export async function connect<In, Out>(
  target: string | Target,
  options: ConnectOptions<In, Out> = {},
): Promise<Connection<In, Out>> {
  if (typeof target !== "string" && typeof (target as Target | undefined)?.scheme !== "string") {
    throw new TypeError(
      `target: ${JSON.stringify(target)} is neither text, as in "localhost:80", nor a Target`,
    );
  }
  const wanted = typeof target === "string" ? parseTarget(target) : parseTarget(formatTarget(target));
  const settings = connectSettings(options);
  const codec = options.codec ?? (raw() as unknown as Codec<In, Out>);
  const startedAtMs = settings.clock.now();
  try {
    const wire = await establish(wanted, settings);
    const bytes = new ByteConnection({
      id: ++lastId,
      role: "client",
      wire,
      settings,
      deadlines: new Deadlines(settings.clock),
      startedAtMs,
    });
    return new Connection(bytes, codec);
  } catch (error) {
    if (error instanceof NetError) {
      tell(settings.onEvent, { type: "connectFailed", atMs: settings.clock.now(), error });
    }
    throw error;
  }
}

function connectSettings<In, Out>(options: ConnectOptions<In, Out>): ConnectSettings {
  const settings = connectionSettings(options, "client");
  const { family, from } = options;
  if (family !== undefined && family !== 4 && family !== 6) {
    throw new TypeError(`family: ${String(family)} is not 4 or 6`);
  }
  return {
    ...settings,
    family,
    from: from && localEnd(from),
    resolveTimeoutMs: duration("resolveTimeoutMs", options.resolveTimeoutMs),
    connectTimeoutMs: duration("connectTimeoutMs", options.connectTimeoutMs),
    attemptDelayMs: duration("attemptDelayMs", options.attemptDelayMs),
    resolver: options.resolver ?? createSystemResolver(settings.clock),
    signal: options.signal,
  };
}

/** @throws {TypeError} for a name, or a port that is none: nothing is looked up for the local end. */
function localEnd({
  host,
  port,
}: NonNullable<ConnectOptions<never, never>["from"]>): ConnectSettings["from"] {
  if (host !== undefined && ipFamily(host) === undefined) {
    throw new TypeError(`from.host: ${quote(host)} is not an IP address`);
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new TypeError(`from.port: ${String(port)} is not a whole number from 0 to 65535`);
  }
  return { host: host === undefined ? undefined : parseHost(host), port };
}

async function establish(target: Target, settings: ConnectSettings): Promise<Wire> {
  const addresses = await findAddresses(target, settings);
  const { clock, connectTimeoutMs, onEvent } = settings;
  const deadline = deadlineSignal(clock, connectTimeoutMs, settings.signal);
  const result = await race({
    addresses,
    attempt: (address, signal) => attempt(address, settings, signal),
    attemptDelayMs: settings.attemptDelayMs,
    clock,
    signal: deadline.signal,
    started: (address) => {
      tell(onEvent, { type: "attemptStarted", atMs: clock.now(), address });
    },
    ended: (ended) => {
      tell(onEvent, { type: "attemptEnded", atMs: clock.now(), attempt: ended });
    },
  });
  deadline.release();
  if (result.wire !== undefined) return result.wire;
  throw connectError(target, result, deadline.outcome(), settings);
}

async function findAddresses(
  target: Target,
  settings: ConnectSettings,
): Promise<readonly (TcpAddress | UnixAddress)[]> {
  if (target.scheme === "unix") return [{ family: "unix", path: target.path }];
  const { host, port } = target;
  if (ipFamily(host) !== undefined && settings.family === undefined) return [tcpAddress(host, port)];
  const { clock, onEvent, resolveTimeoutMs } = settings;
  const beganMs = clock.now();
  tell(onEvent, { type: "resolveStarted", atMs: beganMs, host });
  const deadline = deadlineSignal(clock, resolveTimeoutMs, settings.signal);
  try {
    const addresses = await deadline.race(settings.resolver(host, settings.family, deadline.signal));
    if (addresses.length === 0) throw resolveError("ENOTFOUND", host, "the name has no address");
    const durationMs = clock.now() - beganMs;
    tell(onEvent, { type: "resolved", atMs: clock.now(), host, addresses, durationMs });
    return interleave(addresses.map((address) => tcpAddress(address, port)));
  } catch (thrown) {
    const error =
      deadline.outcome() === "late"
        ? resolveError("ERR_RESOLVE_TIMEOUT", host, `no answer in ${resolveTimeoutMs} ms`, "resolveTimeoutMs")
        : deadline.outcome() === "aborted"
          ? resolveError("ERR_ABORTED", host, "given up by the caller", "signal", settings.signal?.reason)
          : resolverFailure(thrown, host);
    if (error instanceof NetError) {
      const durationMs = clock.now() - beganMs;
      tell(onEvent, { type: "resolveFailed", atMs: clock.now(), host, error, durationMs });
    }
    throw error;
  } finally {
    deadline.release();
  }
}

async function attempt(
  address: TcpAddress | UnixAddress,
  settings: ConnectSettings,
  signal: AbortSignal,
): Promise<Wire> {
  const { noDelay, keepAliveMs, from } = settings;
  const wire = await settings.engine.connect(address, { noDelay, keepAliveMs, from }, signal);
  if (isSelf(wire)) {
    wire.abort();
    throw new WireError("ERR_SELF_CONNECTED", "connect");
  }
  return wire;
}

/** A port of the ephemeral range where nobody listens may be given to our own end (F32). */
function isSelf({ local, remote }: Wire): boolean {
  return (
    local.family !== "unix" &&
    remote !== undefined &&
    remote.family !== "unix" &&
    local.port === remote.port &&
    local.host === remote.host
  );
}

function connectError(
  target: Target,
  { attempts }: RaceResult,
  outcome: "late" | "aborted" | undefined,
  settings: ConnectSettings,
): NetError {
  const address = formatTarget(target);
  const stage = "connect";
  if (outcome === "aborted") {
    const happened = "given up by the caller";
    return new NetError({ code: "ERR_ABORTED", stage, address, happened, option: "signal", attempts });
  }
  const told = attempts.map((one) => ({
    ...one,
    outcome: one.outcome === "abandoned" ? "ERR_CONNECT_TIMEOUT" : one.outcome,
  }));
  const code = mostTelling(told);
  const option = deciding(code, settings);
  const describe = (one: ErrorCode): string => describeOutcome(one, settings);
  const single = told.length === 1 && told[0]?.address === address;
  const happened = single
    ? describe(code)
    : told.map((one) => `${one.address} ${describe(one.outcome)}`).join(", ");
  return new NetError({ code, stage, address, happened, option, attempts: told });
}

/** The option that decides it, if one does. */
function deciding(code: ErrorCode, { from }: ConnectSettings): string | undefined {
  if (code === "ERR_CONNECT_TIMEOUT") return "connectTimeoutMs";
  return code === "EADDRNOTAVAIL" && from?.host !== undefined ? "from" : undefined;
}

function describeOutcome(code: ErrorCode, { connectTimeoutMs, from }: ConnectSettings): string {
  if (code === "ERR_CONNECT_TIMEOUT") return `no answer in ${connectTimeoutMs} ms`;
  if (code === "EADDRNOTAVAIL") {
    // Of our end, not of the target's (F13).
    const lacking =
      from?.host === undefined ? "no local port is free" : `${from.host} is not an address of this machine`;
    return `${lacking} (EADDRNOTAVAIL)`;
  }
  if (code === "ERR_SELF_CONNECTED") return "the connection reached itself: nobody listens there";
  return describeSystemCode(code);
}

/** Of several failures, the one that came nearest to the host. */
function mostTelling(attempts: readonly Attempt[]): ErrorCode {
  const order = [
    "ECONNREFUSED",
    "ERR_SELF_CONNECTED",
    "ERR_CONNECT_TIMEOUT",
    "ETIMEDOUT",
    "EACCES",
    "EHOSTUNREACH",
  ];
  const codes = attempts.map((one) => one.outcome);
  return order.find((code) => codes.includes(code)) ?? codes[0] ?? "ENOTFOUND";
}
