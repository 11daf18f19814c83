/**
 * Settings of a connection, from the options that clients and servers share.
 */
import { systemClock, type Clock } from "../../base/clock.ts";
import { engineOf } from "../../wire/index.ts";
import { watch } from "../diagnostics.ts";
import type { ConnectionOptions, ConnectionSettings } from "../connection/settings.ts";
import { turnOf } from "../timing/turn.ts";
import { refuseOtherEngines } from "./checks.ts";
import type { Settled } from "./settle.ts";

const calls = { client: "connect", server: "serve" } as const;

/** The options that every connection has. */
type Shared = Settled<"connect" | "serve", ConnectionOptions>;

/**
 * Settings of one side, of its options with their defaults.
 *
 * @param given the options as they were given, without defaults.
 * @throws {TypeError} for an option that the engine does not have, or that another one makes pointless.
 */
export function connectionSettings(
  settled: Shared,
  given: ConnectionOptions,
  role: "client" | "server",
): ConnectionSettings {
  const engine = engineOf("engine", settled.engine);
  const clock: Clock = settled.clock ?? systemClock;
  refuseOtherEngines(calls[role], given, engine);
  refuseProbesWithoutKeepAlive(given);
  return {
    ...settled,
    keepAliveMs: settled.keepAliveMs === Infinity ? 0 : settled.keepAliveMs,
    givenTimeouts: {
      // Who gives idleTimeoutMs alone expects it from the first byte on.
      firstByteTimeoutMs: given.firstByteTimeoutMs ?? given.idleTimeoutMs ?? Infinity,
      idleTimeoutMs: given.idleTimeoutMs ?? Infinity,
      messageTimeoutMs: given.messageTimeoutMs ?? Infinity,
    },
    farewell: undefined,
    engine,
    clock,
    turn: turnOf(clock),
    ...watch(settled.onEvent, role),
  };
}

function refuseProbesWithoutKeepAlive({
  keepAliveMs,
  keepAliveIntervalMs,
  keepAliveProbes,
}: ConnectionOptions): void {
  if (keepAliveMs !== 0 && keepAliveMs !== Infinity) return;
  const name =
    keepAliveIntervalMs !== undefined
      ? "keepAliveIntervalMs"
      : keepAliveProbes !== undefined
        ? "keepAliveProbes"
        : undefined;
  if (name === undefined) return;
  throw new TypeError(`${name}: keep-alive is off (keepAliveMs: ${String(keepAliveMs)}); leave it out`);
}
