/**
 * From a target to an open wire: resolves its name and attempts its addresses. A failure is one error with
 * the stage and all attempts.
 */
import {
  formatTarget,
  unixAddress,
  type Target,
  type TcpAddress,
  type UnixAddress,
} from "../../base/address/address.ts";
import { describeSystemCode, NetError, type Attempt, type ErrorCode } from "../../base/errors.ts";
import { emit } from "../../base/events.ts";
import { limits } from "../../base/limits.ts";
import { systemCodeOf } from "../../base/system-codes.ts";
import { hasAddressOf, WireError, type Wire } from "../../wire/index.ts";
import type { ConnectSettings } from "../options/connect-settings.ts";
import { deadlineSignal } from "../timing/deadline-signal.ts";
import { startLookup, type FoundAddresses } from "./find-addresses.ts";
import { happyEyeballs, type HappyEyeballsResult } from "./happy-eyeballs.ts";
import { stageTime, type StageTime } from "../timing/stage-time.ts";

/** What a wire leads to: TLS is a layer above it. */
export type WireTarget = Extract<Target, { readonly scheme: "tcp" | "unix" }>;

/**
 * Connects to the target directly, by `untilMs` at the latest.
 *
 * @throws {NetError} with stage `resolve` or `connect`.
 */
export async function openWire(
  target: WireTarget,
  settings: ConnectSettings,
  untilMs: number,
): Promise<Wire> {
  if (target.scheme === "unix") {
    return connectToAny(target, settings, untilMs, { addresses: [unixAddress(target.path)] });
  }
  const found = await startLookup(target.host, target.port, settings, untilMs);
  try {
    return await connectToAny(target, settings, untilMs, found);
  } finally {
    found.cancel();
  }
}

interface Found extends Partial<Pick<FoundAddresses, "late" | "leftOut">> {
  readonly addresses: readonly (TcpAddress | UnixAddress)[];
}

async function connectToAny(
  target: WireTarget,
  settings: ConnectSettings,
  untilMs: number,
  found: Found,
): Promise<Wire> {
  const { clock, onEvent } = settings;
  const time = stageTime("connectTimeoutMs", settings, untilMs);
  const deadline = deadlineSignal(clock, time.ms, settings.signal, settings.spareControllers);
  const result = await happyEyeballs({
    addresses: found.addresses,
    late: found.late,
    attempt: (address, signal) => attempt(address, settings, signal),
    attemptDelayMs: settings.attemptDelayMs,
    clock,
    signal: deadline.signal,
    started: (address) => {
      emit(onEvent, { type: "attemptStarted", atMs: clock.now(), address });
    },
    ended: (ended) => {
      emit(onEvent, { type: "attemptEnded", atMs: clock.now(), attempt: ended });
    },
  });
  deadline.release();
  if (result.wire !== undefined) return result.wire;
  const { leftOut = 0 } = found;
  const { localAddress, signal } = settings;
  throw connectError(target, result, deadline.outcome(), { localAddress, signal, time, leftOut });
}

async function attempt(
  address: TcpAddress | UnixAddress,
  settings: ConnectSettings,
  signal: AbortSignal,
): Promise<Wire> {
  const wire = await settings.engine.connect(address, settings, signal);
  if (isSelf(wire)) {
    wire.abort();
    throw new WireError("ERR_SELF_CONNECTED", "connect");
  }
  return wire;
}

/** The system may choose the target port as the local one, if nothing listens on it: a TCP self-connection (F32). */
function isSelf({ local, remote }: Wire): boolean {
  return (
    local.family !== "unix" &&
    remote !== undefined &&
    remote.family !== "unix" &&
    local.port === remote.port &&
    local.host === remote.host
  );
}

/** The options that explain a failed attempt. */
interface Decided {
  readonly time: StageTime;
  readonly localAddress: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly leftOut: number;
}

function connectError(
  target: Target,
  { attempts }: HappyEyeballsResult,
  outcome: "late" | "aborted" | undefined,
  decided: Decided,
): NetError {
  const address = formatTarget(target);
  const stage = "connect";
  if (outcome === "aborted") {
    const happened = "aborted by the caller";
    const cause: unknown = decided.signal?.reason;
    return new NetError({ code: "ERR_ABORTED", stage, address, happened, option: "signal", attempts, cause });
  }
  const failures = attempts.map((one) => ({
    ...one,
    outcome: one.outcome === "abandoned" ? "ERR_CONNECT_TIMEOUT" : one.outcome,
  }));
  const code = mostTelling(failures);
  const option = deciding(code, decided);
  const describe = (one: ErrorCode, tried: string): string =>
    one === "ERR_CONNECT_TIMEOUT" && target.scheme === "unix"
      ? // Only a full backlog makes connect(2) wait on a Unix socket.
        `its backlog was full for ${decided.time.ms} ms`
      : describeOutcome(one, tried, decided);
  const single = failures.length === 1 && failures[0]?.address === address;
  const happened = single
    ? describe(code, address)
    : failures.map((one) => `${one.address} ${describe(one.outcome, one.address)}`).join(", ") +
      notTried(decided.leftOut);
  return new NetError({ code, stage, address, happened, option, attempts: failures });
}

function notTried(count: number): string {
  if (count === 0) return "";
  return `; ${count} more not attempted (at most ${limits.addressesMax.value} addresses)`;
}

/** The option that controls the failure, if any. */
function deciding(code: ErrorCode, { time, localAddress }: Decided): string | undefined {
  if (code === "ERR_CONNECT_TIMEOUT") return time.option;
  return code === "EADDRNOTAVAIL" && localAddress !== undefined ? "localAddress" : undefined;
}

function describeOutcome(code: ErrorCode, address: string, { time, localAddress }: Decided): string {
  if (code === "ERR_CONNECT_TIMEOUT") return `no answer in ${time.ms} ms`;
  if (code === "EADDRNOTAVAIL") {
    // Concerns the local end, not the target's (F13).
    return `${whatIsLacking(address, localAddress)} (EADDRNOTAVAIL)`;
  }
  if (code === "ERR_SELF_CONNECTED") return "the connection reached itself: nothing listens there";
  return describeSystemCode(code, { stage: "connect", address });
}

/** What the local end lacks for connecting to that address. */
function whatIsLacking(address: string, localAddress: string | undefined): string {
  if (localAddress !== undefined) return `${localAddress} is not an address of this machine`;
  const family = address.startsWith("[") ? 6 : 4;
  if (!hasAddressOf(family)) return `this machine has no ${family === 6 ? "IPv6" : "IPv4"} address`;
  return "no local port is free";
}

/** Of several failures, the one that got closest to the host. */
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
  const isOurs = (code: ErrorCode): boolean => systemCodeOf(code)?.kind === "exhausted";
  return order.find((code) => codes.includes(code)) ?? codes.find(isOurs) ?? codes[0] ?? "ENOTFOUND";
}
