/**
 * A TLS 1.3 server that requires a client certificate refuses after the client's handshake is complete: its alert
 * arrives later. A check (-z) that ended at once would report success.
 */
import type { Connection } from "../../net/index.ts";
import { isTlsFailure } from "../tls-reason.ts";

/** How long to wait for the server's answer to close_notify and FIN. */
export const refusalMs = 1_000;

/**
 * Closes a connection that is only checked.
 *
 * @throws {NetError} if the server has refused it.
 */
export async function closeAccepted(connection: Connection): Promise<void> {
  const { error } = await connection.close();
  // What the server sent is discarded here, so a stream that was cut has lost nothing.
  if (error !== undefined && error.code !== "ERR_TLS_TRUNCATED" && isTlsFailure(error)) throw error;
}
