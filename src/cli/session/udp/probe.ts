/**
 * `portcall connect -z -u`: is anybody there?
 *
 * A datagram that was sent says nothing of that. What says something is an answer, or
 * the network's word that the port is unreachable; silence is neither, and is told as
 * what it is, where others call it success (F83).
 */
import { formatAddress } from "../../../base/address/address.ts";
import { NetError } from "../../../base/errors.ts";
import type { ConnectedUdpSocket } from "../../../net/index.ts";

/** Any datagram may be lost. */
const tries = 3;

const patienceMs = 3_000;

/**
 * Asks with empty datagrams, which harm nobody, until somebody answers.
 *
 * @throws {NetError} `ERR_CONNECT_TIMEOUT` if nobody does.
 */
export async function awaitAnswer(
  peer: ConnectedUdpSocket,
  signal: AbortSignal,
  timeoutMs: number = patienceMs,
): Promise<void> {
  for (let left = tries; left > 0; left--) {
    await peer.send("");
    if (await answered(peer, timeoutMs / tries, signal)) return;
  }
  throw new NetError({
    code: "ERR_CONNECT_TIMEOUT",
    stage: "connect",
    address: formatAddress(peer.remote),
    happened: `no answer in ${timeoutMs} ms: somebody may be there and silent, or nobody, behind a firewall`,
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
