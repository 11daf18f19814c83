/** A failed TLS handshake, as the error of `connect`, `startTls` and of a server's event. */
import { describeSystemCode, NetError } from "../../base/errors.ts";
import { TlsError, WireError } from "../../wire/index.ts";

/** @returns the error with stage `handshake`; `undefined` if it is neither TLS nor the wire that failed. */
export function tlsFailure(thrown: unknown, address: string | undefined): NetError | undefined {
  const stage = "handshake";
  if (thrown instanceof TlsError) {
    return new NetError({ code: thrown.code, stage, address, happened: thrown.message, cause: thrown });
  }
  if (!(thrown instanceof WireError)) return undefined;
  const happened = `the connection failed during the TLS handshake: ${describeSystemCode(thrown.code)}`;
  // The cause tells this failure from the same one in another handshake, that of a proxy.
  const cause = new TlsError(thrown.code, happened, thrown);
  return new NetError({ code: thrown.code, stage, address, happened, cause });
}
