/**
 * The client side of a TLS handshake, over any wire.
 */
import type tls from "node:tls";
import { ipFamily } from "../../base/address/ip.ts";
import type { Wire } from "../wire.ts";
import { shakeHands, type HandshakeSide } from "./handshake.ts";
import { nodeTls } from "./node-modules.ts";
import { peerChain, tlsInfo } from "./read-tls-info.ts";
import { certificateError } from "./tls-error.ts";
import type { TlsWire } from "./tls-wire.ts";

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
 * Resolves to the wire inside TLS. On failure the wire below is reset.
 *
 * @throws {TlsError | WireError} (rejects) the reason; `signal.reason` if aborted.
 */
export function secureClient(
  below: Wire,
  parameters: TlsClientParameters,
  signal: AbortSignal,
): Promise<TlsWire> {
  const { serverName, verifies, ca, alpn } = parameters;
  const isName = ipFamily(serverName) === undefined;
  const context = nodeTls().createSecureContext(contextOf(parameters));
  const side: HandshakeSide = {
    peer: "server",
    completed: "secureConnect",
    open: (stream) =>
      nodeTls().connect({
        socket: stream,
        secureContext: context,
        host: serverName,
        ...(isName && { servername: serverName }),
        ...(alpn !== undefined && { ALPNProtocols: [...alpn] }),
        ...(ca !== undefined && { ca: [...(typeof ca === "string" ? [ca] : ca)] }),
        // The checks are made below, where the reason is known.
        rejectUnauthorized: false,
        allowHalfOpen: true,
      } as tls.ConnectionOptions),
    accept(socket, stream) {
      const chain = peerChain(socket);
      const error = socket.authorized
        ? undefined
        : certificateError(String(socket.authorizationError), chain, "server", serverName);
      if (verifies && error !== undefined) throw error;
      return tlsInfo(socket, {
        serverName: isName ? serverName : undefined,
        authorizationError: error,
        peerChain: chain,
        serverFlight: stream.serverFlight,
      });
    },
  };
  return shakeHands(below, side, signal);
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
