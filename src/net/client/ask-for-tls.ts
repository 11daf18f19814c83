/** Asks a server to start TLS, in the plain text of its protocol: the option `startTls`. */
import type { Address } from "../../base/address/address.ts";
import { noBytes } from "../../base/bytes.ts";
import { describeSystemCode, NetError, type NetErrorParts } from "../../base/errors.ts";
import { emit } from "../../base/events.ts";
import { WireError, type Wire } from "../../wire/index.ts";
import type { ConnectSettings } from "../options/connect-settings.ts";
import { HandshakeError } from "../proxy-client/handshake.ts";
import { openTunnel } from "../proxy-client/tunnel.ts";
import { endedEarly, injected, tooLong, type Dialogue } from "../starttls/dialogue.ts";
import { startTlsProtocols, type StartTlsProtocol } from "../starttls/protocols.ts";
import { deadlineSignal } from "../timing/deadline-signal.ts";
import { stageTime } from "../timing/stage-time.ts";

type Tell = (type: "startTlsSent" | "startTlsReceived", bytes: Uint8Array) => void;

/**
 * Resolves when the next byte of the server belongs to TLS. On failure the wire is closed.
 *
 * @param host the name of the server, for protocols that tell it.
 * @param address the name of the target, for messages.
 * @throws {NetError} with stage `handshake`.
 */
export async function askForTls(
  wire: Wire,
  protocol: StartTlsProtocol,
  host: string,
  address: string,
  settings: ConnectSettings,
  untilMs: number,
): Promise<Wire> {
  const time = stageTime("startTlsTimeoutMs", settings, untilMs);
  const { signal, clock, onEvent } = settings;
  const deadline = deadlineSignal(clock, time.ms, signal);
  const dialogue = startTlsProtocols[protocol]({ host, client: addressLiteral(wire.local) });
  const tell: Tell = (type, bytes) => {
    emit(onEvent, { type, atMs: clock.now(), protocol, text: textOf(protocol, bytes) });
  };
  try {
    const failures = { tooLong, ended: endedEarly, more: injected };
    return await openTunnel(wire, reported(dialogue, tell), deadline.signal, failures);
  } catch (thrown) {
    const failed = (parts: Pick<NetErrorParts, "code" | "happened" | "option" | "cause">): NetError =>
      new NetError({ ...parts, stage: "handshake", address });
    if (deadline.outcome() === "aborted") {
      const happened = "aborted by the caller";
      throw failed({ code: "ERR_ABORTED", happened, option: "signal", cause: signal?.reason });
    }
    if (deadline.outcome() === "late") {
      const happened = `the server did not agree to start TLS in ${time.ms} ms`;
      throw failed({ code: "ERR_STARTTLS_TIMEOUT", happened, option: time.option });
    }
    if (thrown instanceof HandshakeError) throw failed({ code: thrown.code, happened: thrown.message });
    if (!(thrown instanceof WireError)) throw thrown;
    const happened = `the connection failed before TLS: ${describeSystemCode(thrown.code)}`;
    throw failed({ code: thrown.code, happened, cause: thrown });
  } finally {
    deadline.release();
  }
}

/** The same dialogue; `tell` is called with what is sent and with what was read. */
function* reported(dialogue: Dialogue, tell: Tell): Dialogue {
  for (let input = noBytes; ;) {
    const { done, value } = dialogue.next(input);
    if (done === true) return;
    if ("send" in value) tell("startTlsSent", value.send);
    input = yield value;
    if ("read" in value) tell("startTlsReceived", input);
  }
}

const binary: ReadonlySet<StartTlsProtocol> = new Set(["ldap", "mysql", "postgres"]);

/** Text without the end of its last line; of a binary protocol, bytes that are no text as hexadecimal numbers. */
function textOf(protocol: StartTlsProtocol, bytes: Uint8Array): string {
  if (binary.has(protocol) && bytes.some((byte) => byte < 0x20 || byte >= 0x7f))
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return new TextDecoder().decode(bytes).trimEnd();
}

/** The address of this machine as SMTP spells it (RFC 5321, section 4.1.3). */
function addressLiteral(local: Address): string {
  if (local.family === "unix") return "[127.0.0.1]";
  return local.family === 6 ? `[IPv6:${local.host}]` : `[${local.host}]`;
}
