/**
 * The server side of a TLS handshake, over any wire.
 */
import type tls from "node:tls";
import type { SecureContext, TLSSocket } from "node:tls";
import type { Wire } from "../wire.ts";
import { shakeHands, type HandshakeSide } from "./handshake.ts";
import { nodeCrypto, nodeTls } from "./node-modules.ts";
import { peerChain, tlsInfo } from "./read-tls-info.ts";
import { certificateError, noClientCertificate, TlsError } from "./tls-error.ts";
import type { TlsWire } from "./tls-wire.ts";

/** A certificate with its key, as PEM text. */
export interface TlsKeyPair {
  /** The certificate, followed by its intermediate certificates. */
  readonly cert: string;
  /** The private key of `cert`. */
  readonly key: string;
  /** The passphrase of `key`. */
  readonly passphrase?: string | undefined;
}

/** What a server presents and accepts, whatever name a client asks for. */
export interface TlsServerRules {
  readonly ca: readonly string[] | undefined;
  /** Whether to ask for a certificate of the client, and whether to refuse a client without a valid one. */
  readonly clientCertificate: "none" | "optional" | "required";
  readonly alpn: readonly string[] | undefined;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  readonly ciphers: string | undefined;
}

/** A certificate that is ready to be used. */
export type TlsIdentity = SecureContext;

export interface TlsServerParameters extends TlsServerRules {
  readonly identity: TlsIdentity;
  /**
   * The certificate for a name that a client asks for; `undefined` for `identity`.
   *
   * @throws {TlsError} (rejects) to refuse the client.
   */
  readonly identityFor?: ((serverName: string) => Promise<TlsIdentity | undefined>) | undefined;
}

/**
 * Prepares a certificate. Each has keys of its own for session tickets.
 *
 * @throws {Error} if OpenSSL rejects the certificate, the key or the ciphers.
 */
export function tlsIdentity({ cert, key, passphrase }: TlsKeyPair, rules: TlsServerRules): TlsIdentity {
  const { SSL_OP_CIPHER_SERVER_PREFERENCE, SSL_OP_NO_RENEGOTIATION } = nodeCrypto().constants;
  const { ca, minVersion, ciphers } = rules;
  return nodeTls().createSecureContext({
    cert,
    key,
    ...(passphrase !== undefined && { passphrase }),
    ...(ca !== undefined && { ca: [...ca] }),
    ...(ciphers !== undefined && { ciphers }),
    minVersion,
    // Sessions are resumed only with a context; which one is of no account, as tickets are bound to the identity.
    sessionIdContext: "portcall",
    secureOptions: SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION,
  });
}

/**
 * Resolves to the wire inside TLS. On failure the wire below is reset, or ends as `shakeHands` describes.
 *
 * @throws {TlsError | WireError} (rejects) the reason; `signal.reason` if aborted.
 */
export function secureServer(
  below: Wire,
  parameters: TlsServerParameters,
  signal: AbortSignal,
  gone?: () => void,
): Promise<TlsWire> {
  const { identity, identityFor, clientCertificate, alpn } = parameters;
  const side: HandshakeSide = {
    peer: "client",
    completed: "secure",
    open: (stream) =>
      new (nodeTls().TLSSocket)(stream, {
        isServer: true,
        secureContext: identity,
        requestCert: clientCertificate !== "none",
        // OpenSSL refuses a client without any certificate. All others are checked below: a socket without a
        // `tls.Server` does not do so.
        rejectUnauthorized: clientCertificate === "required",
        ...(alpn !== undefined && { ALPNProtocols: [...alpn] }),
        ...(identityFor !== undefined && { SNICallback: chooseBy(identityFor) }),
        allowHalfOpen: true,
      } as tls.TLSSocketOptions),
    accept(socket, stream) {
      const chain = clientCertificate === "none" ? [] : peerChain(socket);
      const error = clientCertificate === "none" ? undefined : clientError(socket, chain);
      if (clientCertificate === "required" && error !== undefined) throw error;
      const { servername } = socket as { servername?: string | false | null };
      return tlsInfo(socket, {
        serverName: servername || undefined,
        authorizationError: error,
        peerChain: chain,
        serverFlight: stream.serverFlight,
      });
    },
  };
  return shakeHands(below, side, signal, gone);
}

/** Why a client's certificate is not accepted. */
function clientError(socket: TLSSocket, chain: ReturnType<typeof peerChain>): TlsError | undefined {
  // OpenSSL finds nothing wrong with a resumed session without a certificate.
  if (chain.length === 0) return noClientCertificate();
  const { ssl } = socket as unknown as {
    readonly ssl: { verifyError(): NodeJS.ErrnoException | null | undefined };
  };
  const error = ssl.verifyError();
  return error ? certificateError(error.code ?? error.message, chain, "client") : undefined;
}

type Chosen = (error: Error | null, context?: SecureContext) => void;

/** Node ends the process if its callback throws, and waits if it is not answered. */
function chooseBy(
  identityFor: (serverName: string) => Promise<TlsIdentity | undefined>,
): (serverName: string, chosen: Chosen) => void {
  return (serverName, chosen) => {
    identityFor(serverName).then(
      (identity) => {
        chosen(null, identity);
      },
      (error: unknown) => {
        chosen(error instanceof TlsError ? error : new TlsError("ERR_TLS_FAILED", String(error), error));
      },
    );
  };
}
