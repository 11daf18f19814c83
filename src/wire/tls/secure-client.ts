/**
 * The client side of a TLS handshake, over any wire.
 */
import type tls from "node:tls";
import { onAbort } from "../../base/abort.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { WireError, type Wire } from "../wire.ts";
import { certificateError, openSslError, TlsError } from "./tls-error.ts";
import { nodeTls } from "./node-modules.ts";
import { peerChain, tlsInfo } from "./read-tls-info.ts";
import { TlsWire } from "./tls-wire.ts";
import { WireStream } from "./wire-stream.ts";

/** What a client offers, and whom it trusts. */
export interface TlsClientParameters {
  /** The name that the certificate must be valid for, and that is sent unless it is an IP address. */
  readonly serverName: string;
  /** Whether to check the certificate's authority, dates and name. */
  readonly verifies: boolean;
  readonly ca: string | readonly string[] | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly passphrase: string | undefined;
  readonly alpn: readonly string[] | undefined;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  readonly ciphers: string | undefined;
}

/**
 * Resolves to the wire inside TLS. On failure the wire below is closed.
 *
 * @throws {TlsError | WireError} (rejects) the reason; `signal.reason` if aborted.
 */
export function secureClient(
  below: Wire,
  parameters: TlsClientParameters,
  signal: AbortSignal,
): Promise<TlsWire> {
  if (signal.aborted) {
    below.abort();
    return Promise.reject(signal.reason as Error);
  }
  return new Promise((resolve, reject) => {
    const { serverName, ca, alpn } = parameters;
    const context = nodeTls().createSecureContext(contextOf(parameters));
    const stream = new WireStream(below);
    let isNotified = false;
    let isCut = false;
    // Before the TLS socket's own listener, and after all bytes have been decrypted.
    stream.on("end", () => {
      isCut = !isNotified;
    });
    stream.on("close", () => {
      isCut ||= !isNotified;
    });
    stream.on("error", () => undefined);
    const socket = nodeTls().connect({
      socket: stream,
      secureContext: context,
      host: serverName,
      ...(ipFamily(serverName) === undefined && { servername: serverName }),
      ...(alpn !== undefined && { ALPNProtocols: [...alpn] }),
      ...(ca !== undefined && { ca: [...(typeof ca === "string" ? [ca] : ca)] }),
      // The checks are made below, where the reason is known.
      rejectUnauthorized: false,
      allowHalfOpen: true,
    } as tls.ConnectionOptions);
    const push = socket.push.bind(socket);
    socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (chunk === null) isNotified = true;
      return push(chunk, encoding);
    };
    let failure: unknown;
    const fail = (error: unknown): void => {
      stopListening();
      stream.reset();
      socket.destroy();
      reject(error);
    };
    const failed = (error: Error): void => {
      failure ??= error;
    };
    const closed = (): void => {
      fail(
        openSslError(failure ?? {}, stream.firstBytes) ??
          stream.wireError ??
          (failure === undefined || stream.readableEnded
            ? new TlsError("ERR_TLS_FAILED", "the peer closed the connection during the handshake", failure)
            : new WireError("ECONNRESET", "receive", failure)),
      );
    };
    const stopListening = onAbort(signal, () => {
      socket.off("close", closed);
      fail(signal.reason);
    });
    socket.on("error", failed);
    socket.on("close", closed);
    socket.once("secureConnect", () => {
      socket.off("close", closed);
      if (parameters.verifies && !socket.authorized) {
        const reason = String(socket.authorizationError);
        fail(certificateError(reason, peerChain(socket), serverName));
        return;
      }
      stopListening();
      socket.off("error", failed);
      socket.pause();
      const info = tlsInfo(socket, ipFamily(serverName) === undefined ? serverName : undefined);
      resolve(new TlsWire(socket, stream, info, () => isCut));
    });
  });
}

/**
 * Options of a context. Making one checks the certificate and the key.
 */
function contextOf({
  ca,
  cert,
  key,
  passphrase,
  minVersion,
  ciphers,
}: TlsClientParameters): tls.SecureContextOptions {
  return {
    ...(ca !== undefined && { ca: [...(typeof ca === "string" ? [ca] : ca)] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(passphrase !== undefined && { passphrase }),
    ...(ciphers !== undefined && { ciphers }),
    minVersion,
  };
}

/** @throws {Error} if OpenSSL rejects the certificate, the key or the ciphers. */
export function checkTlsParameters(parameters: TlsClientParameters): void {
  nodeTls().createSecureContext(contextOf(parameters));
}
