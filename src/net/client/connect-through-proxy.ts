/**
 * Connecting through a proxy: connects to the proxy like to any target, then performs the handshake. Each
 * error shows whether the proxy failed, or the target behind it.
 */
import { formatTarget, type Target } from "../../base/address/address.ts";
import { describeSystemCode, NetError } from "../../base/errors.ts";
import { systemCodeOf } from "../../base/system-codes.ts";
import { emit } from "../../base/events.ts";
import { WireError, type Wire } from "../../wire/index.ts";
import type { ConnectSettings } from "../options/connect-settings.ts";
import { deadlineSignal } from "../timing/deadline-signal.ts";
import { openWire } from "./open-wire.ts";
import { stageTime, type StageTime } from "../timing/stage-time.ts";
import { HandshakeError, type Handshake } from "../proxy-client/handshake.ts";
import { httpConnect } from "../proxy-client/http-connect.ts";
import type { Proxy } from "../../base/address/proxy.ts";
import { socks5 } from "../proxy-client/socks5.ts";
import { openTunnel } from "../proxy-client/tunnel.ts";

type TcpTarget = Extract<Target, { readonly scheme: "tcp" }>;

/** The name of a target behind a proxy, for messages. */
export function throughName(target: Target, proxy: Proxy): string {
  return `${formatTarget(target)} via ${proxy.name}`;
}

/**
 * Connects through the proxy, by `untilMs` at the latest.
 *
 * @throws {NetError} `ERR_PROXY_UNREACHABLE` if the proxy cannot be reached; otherwise with stage
 *   `handshake`.
 */
export async function openWireThroughProxy(
  proxy: Proxy,
  target: TcpTarget,
  settings: ConnectSettings,
  untilMs: number,
): Promise<Wire> {
  const wire = await openWire(proxy.target, settings, untilMs).catch((error: unknown) => {
    throw error instanceof NetError ? proxyError(proxy, error) : error;
  });
  const { clock, onEvent } = settings;
  const time = stageTime("proxyTimeoutMs", settings, untilMs);
  const names = { proxy: proxy.name, target: formatTarget(target) };
  const beganMs = clock.now();
  emit(onEvent, { type: "handshakeStarted", atMs: beganMs, ...names });
  const deadline = deadlineSignal(clock, time.ms, settings.signal);
  let error: NetError | undefined;
  try {
    return await openTunnel(wire, handshakeOf(proxy, target), deadline.signal);
  } catch (thrown) {
    error = new NetError({
      ...whatHappened(thrown, deadline.outcome(), time, settings.signal),
      stage: "handshake",
      address: throughName(target, proxy),
    });
    throw error;
  } finally {
    deadline.release();
    const durationMs = clock.now() - beganMs;
    emit(onEvent, { type: "handshakeEnded", atMs: clock.now(), ...names, durationMs, error });
  }
}

function handshakeOf({ protocol, credentials }: Proxy, target: TcpTarget): Handshake {
  return protocol === "socks5" ? socks5(target, credentials) : httpConnect(target, credentials);
}

function proxyError(proxy: Proxy, error: NetError): NetError {
  const { stage, option, attempts } = error;
  // Errors that the caller caused, or that concern this machine, not the proxy.
  if (["ERR_ABORTED", "EADDRNOTAVAIL", "EADDRINUSE"].includes(error.code)) return error;
  if (systemCodeOf(error.code)?.kind === "exhausted") return error;
  return new NetError({
    code: "ERR_PROXY_UNREACHABLE",
    stage,
    address: proxy.name,
    happened: `the proxy could not be reached: ${error.happened}`,
    option,
    attempts,
    cause: error,
  });
}

/** The variable parts of the error. */
function whatHappened(
  thrown: unknown,
  outcome: "late" | "aborted" | undefined,
  time: StageTime,
  signal: AbortSignal | undefined,
): { readonly code: string; readonly happened: string; readonly option?: string; readonly cause?: unknown } {
  if (outcome === "aborted") {
    const happened = "aborted by the caller";
    return { code: "ERR_ABORTED", happened, option: "signal", cause: signal?.reason };
  }
  if (outcome === "late") {
    const happened = `no answer from the proxy in ${time.ms} ms`;
    return { code: "ERR_PROXY_TIMEOUT", happened, option: time.option };
  }
  if (thrown instanceof HandshakeError) return { code: thrown.code, happened: thrown.message };
  if (!(thrown instanceof WireError)) throw thrown;
  const happened = `the connection to the proxy failed: ${describeSystemCode(thrown.code)}`;
  return { code: thrown.code, happened, cause: thrown };
}
