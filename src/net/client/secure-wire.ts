/** The TLS handshake of `connect`, with its timeout and its errors. */
import { NetError } from "../../base/errors.ts";
import { secureClient, type Wire } from "../../wire/index.ts";
import { tlsFailure } from "../connection/tls-failure.ts";
import type { ConnectSettings } from "../options/connect-settings.ts";
import type { TlsClientSettings } from "../options/tls-client.ts";
import { deadlineSignal } from "../timing/deadline-signal.ts";
import { stageTime } from "../timing/stage-time.ts";

/**
 * @param address the name of the target, for messages.
 * @throws {NetError} with stage `handshake`; then the wire is closed.
 */
export async function secureWire(
  wire: Wire,
  parameters: TlsClientSettings & { readonly serverName: string },
  address: string,
  settings: ConnectSettings,
  untilMs: number,
): Promise<Wire> {
  const time = stageTime("tlsHandshakeTimeoutMs", settings, untilMs);
  const deadline = deadlineSignal(settings.clock, time.ms, settings.signal);
  const stage = "handshake";
  try {
    return await secureClient(wire, parameters, deadline.signal);
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
