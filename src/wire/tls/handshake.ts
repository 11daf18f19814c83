/**
 * What the handshakes of both sides share: from a wire to the wire inside TLS.
 */
import type { TLSSocket } from "node:tls";
import { onAbort } from "../../base/abort.ts";
import type { TlsInfo } from "../tls-info.ts";
import { WireError, type Wire } from "../wire.ts";
import { openSslError, TlsError, type Peer } from "./tls-error.ts";
import { TlsWire } from "./tls-wire.ts";
import { WireStream } from "./wire-stream.ts";

/** What one side does in its own way. */
export interface HandshakeSide {
  /** What the other side is, for messages. */
  readonly peer: Peer;
  /** The event of a TLS socket whose handshake is complete. */
  readonly completed: "secureConnect" | "secure";
  /** Makes the TLS socket. */
  open(stream: WireStream): TLSSocket;
  /**
   * Checks the peer, before any byte of the program is sent.
   *
   * @throws {TlsError} to refuse it.
   */
  accept(socket: TLSSocket, stream: WireStream): TlsInfo;
}

/**
 * Resolves to the wire inside TLS. On failure the wire below is reset.
 *
 * @param gone if given, a failure sends what the handshake still owes the peer, such as an alert, and FIN. Input is then
 *   discarded until the peer has ended or `signal` fires. Called when the wire below has closed, after a failure.
 * @throws {TlsError | WireError} (rejects) the reason; `signal.reason` if aborted.
 */
export function shakeHands(
  below: Wire,
  side: HandshakeSide,
  signal: AbortSignal,
  gone?: () => void,
): Promise<TlsWire> {
  if (signal.aborted) {
    below.abort();
    gone?.();
    return Promise.reject(signal.reason as Error);
  }
  return new Promise((resolve, reject) => {
    const stream = new WireStream(below, side.peer === "server");
    let stopListening = (): void => undefined;
    if (gone !== undefined) {
      stream.endGently(() => {
        stopListening();
        gone();
      });
    }
    let isNotified = false;
    let isCut = false;
    let isComplete = false;
    // Before the TLS socket's own listener, and after all bytes have been decrypted.
    stream.on("end", () => {
      isCut = !isNotified;
      // A server's socket would wait for the rest of the handshake.
      if (!isComplete) socket.destroy();
    });
    stream.on("close", () => {
      isCut ||= !isNotified;
    });
    stream.on("error", () => undefined);
    let socket: TLSSocket;
    try {
      socket = side.open(stream);
    } catch (error) {
      stream.reset();
      throw error;
    }
    const push = socket.push.bind(socket);
    socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (chunk === null) isNotified = true;
      return push(chunk, encoding);
    };
    let failure: unknown;
    const fail = (error: unknown): void => {
      if (gone === undefined) {
        stopListening();
        stream.reset();
      }
      socket.destroy();
      reject(error);
    };
    const failed = (error: Error): void => {
      failure ??= error;
    };
    const closed = (): void => {
      fail(
        (failure instanceof TlsError ? failure : undefined) ??
          openSslError(failure ?? {}, stream.firstBytes, side.peer) ??
          stream.wireError ??
          (failure === undefined || stream.readableEnded
            ? new TlsError(
                "ERR_TLS_FAILED",
                `the ${side.peer} closed the connection during the handshake`,
                failure,
              )
            : new WireError("ECONNRESET", "receive", failure)),
      );
    };
    stopListening = onAbort(signal, () => {
      socket.off("close", closed);
      stream.reset();
      fail(signal.reason);
    });
    socket.on("error", failed);
    // Until Node has passed a server's socket on, it reports errors that follow the handshake here alone.
    socket.on("_tlsError", (error: Error) => {
      if (error !== failure) socket.destroy(error);
    });
    socket.on("close", closed);
    socket.once(side.completed, () => {
      socket.off("close", closed);
      let info: TlsInfo;
      try {
        info = side.accept(socket, stream);
      } catch (error) {
        fail(error);
        return;
      }
      isComplete = true;
      stopListening();
      stream.handshakeCompleted();
      socket.off("error", failed);
      socket.pause();
      resolve(new TlsWire(socket, stream, side.peer, info, () => isCut));
    });
  });
}
