/** Why TLS failed, in one word: the class of the failure, for scripts. */
import { NetError } from "../base/errors.ts";
import { TlsError } from "../wire/index.ts";

const codes = /^ERR_(?:START)?TLS_/;

/**
 * Whether TLS failed. The prefix covers codes that are added later. A reset during the handshake keeps the system's
 * code, and has a `TlsError` as its cause; after retries, the last failure is the cause.
 */
export function isTlsFailure({ code, cause }: NetError): boolean {
  return codes.test(code) || cause instanceof TlsError || (cause instanceof NetError && isTlsFailure(cause));
}

/** `name-mismatch`, `expired` and so on; `undefined` for a failure of something else. */
export function tlsReason(error: NetError): string | undefined {
  if (!isTlsFailure(error)) return undefined;
  const { code } = error;
  return codes.test(code)
    ? code
        .replace(/^ERR_(?:TLS_)?/, "")
        .toLowerCase()
        .replaceAll("_", "-")
    : "reset";
}
