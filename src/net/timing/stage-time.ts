/** The timeout of one stage: its own, or the rest of the total for all stages. */
import type { Clock } from "../../base/clock.ts";

export interface StageTime {
  readonly ms: number;
  /** The option that it comes from. */
  readonly option: string;
}

/** @param untilMs the deadline of all stages together. */
export function stageTime<
  Option extends
    | "resolveTimeoutMs"
    | "connectTimeoutMs"
    | "proxyTimeoutMs"
    | "startTlsTimeoutMs"
    | "tlsHandshakeTimeoutMs",
>(
  option: Option,
  settings: { readonly clock: Clock } & { readonly [Name in Option]: number },
  untilMs: number,
): StageTime {
  const own: number = settings[option];
  const leftMs = Math.max(Math.ceil(untilMs - settings.clock.now()), 1);
  return own <= leftMs ? { ms: own, option } : { ms: leftMs, option: "establishTimeoutMs" };
}
