/**
 * The process warning for errors of handlers that a program does not receive.
 */
import type { NetError } from "../../base/errors.ts";

/** What of `process` is used; there is none in browsers. */
interface WithWarnings {
  readonly process?: { readonly emitWarning?: (message: string, options: object) => void };
}

/** Codes that a warning has named: one warning for each is enough to find the cause, and does not fill a log. */
const warned = new Set<string>();

/** Emits a process warning, the first time for each code. */
export function warnOnce(error: NetError): void {
  if (warned.has(error.code)) return;
  warned.add(error.code);
  const { cause } = error;
  (globalThis as WithWarnings).process?.emitWarning?.(
    `${error.message}. Pass onError to serve() to receive such errors; this warning appears once for each code.`,
    {
      type: "PortcallWarning",
      code: error.code,
      detail: cause instanceof Error ? cause.stack : undefined,
    },
  );
}
