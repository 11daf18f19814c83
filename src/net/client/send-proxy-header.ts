/** Sends a PROXY protocol header as the first bytes of a wire. */
import { describeSystemCode, NetError, type NetErrorParts } from "../../base/errors.ts";
import { WireError, type Wire } from "../../wire/index.ts";
import type { ConnectSettings } from "../options/connect-settings.ts";
import type { HeaderOf } from "../options/proxy-protocol.ts";
import type { Handshake } from "../proxy-client/handshake.ts";
import { openTunnel } from "../proxy-client/tunnel.ts";
import { deadlineSignal } from "../timing/deadline-signal.ts";
import { stageTime } from "../timing/stage-time.ts";

/**
 * Resolves when the wire has taken the header. On failure the wire is closed.
 *
 * @throws {NetError} with stage `send`, or `connect` if there is no room for the header in time.
 * @throws {TypeError} if the header has an IP address, and the wire is a Unix socket.
 */
export async function sendProxyHeader(
  wire: Wire,
  headerOf: HeaderOf,
  address: string,
  settings: ConnectSettings,
  untilMs: number,
): Promise<Wire> {
  const time = stageTime("connectTimeoutMs", settings, untilMs);
  const { signal, clock } = settings;
  const deadline = deadlineSignal(clock, time.ms, signal);
  try {
    return await openTunnel(wire, onlySend(bytesFor(wire, headerOf)), deadline.signal);
  } catch (thrown) {
    const failed = (parts: Pick<NetErrorParts, "code" | "happened" | "option" | "cause">): NetError =>
      new NetError({ ...parts, stage: "connect", address });
    if (deadline.outcome() === "aborted") {
      throw failed({
        code: "ERR_ABORTED",
        happened: "aborted by the caller",
        option: "signal",
        cause: signal?.reason,
      });
    }
    if (deadline.outcome() === "late") {
      const happened = `no room for the PROXY protocol header in ${time.ms} ms`;
      throw failed({ code: "ERR_CONNECT_TIMEOUT", happened, option: time.option });
    }
    if (!(thrown instanceof WireError)) throw thrown;
    const { code } = thrown;
    throw new NetError({ code, stage: "send", address, happened: describeSystemCode(code), cause: thrown });
  } finally {
    deadline.release();
  }
}

function* onlySend(bytes: Uint8Array): Handshake {
  yield { send: bytes };
}

function bytesFor(wire: Wire, headerOf: HeaderOf): Uint8Array {
  try {
    return headerOf(wire.local, wire.remote);
  } catch (error) {
    wire.close();
    throw error;
  }
}
