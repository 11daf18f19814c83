/** A TLS handshake on one connection, with its timeout and its errors. */
import type { Clock } from "../../base/clock.ts";
import { NetError } from "../../base/errors.ts";
import type { Wire } from "../../wire/index.ts";
import { deadlineSignal } from "../timing/deadline-signal.ts";
import { stageTime } from "../timing/stage-time.ts";
import { tlsFailure } from "./tls-failure.ts";

export interface HandshakeSettings {
  readonly clock: Clock;
  readonly tlsHandshakeTimeoutMs: number;
  /** Aborts the handshake. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a handshake until it is complete, the time is over or the signal fires.
 *
 * @param address the name of the peer, for messages.
 * @param untilMs the deadline of all stages together.
 * @throws {NetError} with stage `handshake`.
 */
export async function tlsHandshake(
  shakeHands: (signal: AbortSignal) => Promise<Wire>,
  address: string,
  settings: HandshakeSettings,
  untilMs: number,
): Promise<Wire> {
  const time = stageTime("tlsHandshakeTimeoutMs", settings, untilMs);
  const deadline = deadlineSignal(settings.clock, time.ms, settings.signal);
  const stage = "handshake";
  try {
    return await shakeHands(deadline.signal);
  } catch (thrown) {
    if (deadline.outcome() === "aborted") {
      const cause: unknown = settings.signal?.reason;
      throw new NetError({
        code: "ERR_ABORTED",
        stage,
        address,
        happened: "aborted by the caller",
        option: "signal",
        cause,
      });
    }
    if (deadline.outcome() === "late") {
      const happened = `the TLS handshake did not complete in ${time.ms} ms`;
      throw new NetError({
        code: "ERR_TLS_HANDSHAKE_TIMEOUT",
        stage,
        address,
        happened,
        option: time.option,
      });
    }
    throw tlsFailure(thrown, address) ?? thrown;
  } finally {
    deadline.release();
  }
}
