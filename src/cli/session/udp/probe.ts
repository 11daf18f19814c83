/**
 * `portcall connect -z -u`: whether a UDP port answers.
 *
 * Sending a datagram does not show that. Only an answer does, or an ICMP message that the port is unreachable.
 * Silence shows neither, and is reported as such, while other tools call it success (F83).
 */
import { formatAddress } from "../../../base/address/address.ts";
import { NetError } from "../../../base/errors.ts";
import type { ConnectedUdpSocket } from "../../../net/index.ts";

/** Any datagram may be lost. */
const tries = 3;

const defaultTimeoutMs = 3_000;

/**
 * Sends empty datagrams, which are harmless, until an answer arrives.
 *
 * @throws {NetError} `ERR_CONNECT_TIMEOUT` without an answer.
 */
export async function awaitAnswer(
  peer: ConnectedUdpSocket,
  signal: AbortSignal,
  timeoutMs: number = defaultTimeoutMs,
): Promise<void> {
  for (let left = tries; left > 0; left--) {
    await peer.send("");
    if (await answered(peer, timeoutMs / tries, signal)) return;
  }
  throw new NetError({
    code: "ERR_CONNECT_TIMEOUT",
    stage: "connect",
    address: formatAddress(peer.remote),
    happened: `no answer in ${timeoutMs} ms: the service may be silent, or a firewall may drop the datagrams`,
    option: "connectTimeoutMs",
  });
}

async function answered(peer: ConnectedUdpSocket, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    return (await peer.receive({ timeoutMs, signal })) !== null;
  } catch (error) {
    if (error instanceof NetError && error.code === "ERR_READ_TIMEOUT") return false;
    if (!signal.aborted) throw error;
    const address = formatAddress(peer.remote);
    const happened = "aborted by the caller";
    throw new NetError({ code: "ERR_ABORTED", stage: "connect", address, happened, option: "signal" });
  }
}
