/**
 * How long one stage of establishing may take: its own time, or what is left of the time
 * for all of them.
 */
import type { Clock } from "../../base/clock.ts";

export interface StageTime {
  readonly ms: number;
  /** The option that has decided it. */
  readonly option: string;
}

/** @param untilMs when the time for establishing as a whole is over. */
export function stageTime<Option extends "resolveTimeoutMs" | "connectTimeoutMs" | "handshakeTimeoutMs">(
  option: Option,
  settings: { readonly clock: Clock } & { readonly [Name in Option]: number },
  untilMs: number,
): StageTime {
  const own: number = settings[option];
  const leftMs = Math.max(Math.ceil(untilMs - settings.clock.now()), 1);
  return own <= leftMs ? { ms: own, option } : { ms: leftMs, option: "establishTimeoutMs" };
}
