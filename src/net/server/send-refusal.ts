/** Refusal of clients: an optional message, then FIN. */
import { encodeText } from "../../base/bytes.ts";
import type { Wire } from "../../wire/index.ts";
import type { ServerSettings } from "../options/server-settings.ts";

/**
 * Refuses an accepted client. With `graceful`, the client gets time to read the message; otherwise its
 * descriptor is freed at once.
 */
export function refuseClient(
  wire: Wire,
  settings: ServerSettings,
  graceful: boolean,
  gone: () => void,
): void {
  const { clock, lingerTimeoutMs } = settings;
  const timer =
    lingerTimeoutMs === Infinity
      ? undefined
      : clock.after(lingerTimeoutMs, () => {
          wire.close();
        });
  wire.start({
    bytes: ignore,
    ended: ignore,
    drained: ignore,
    closed() {
      timer?.cancel();
      gone();
    },
  });
  // Before its handshake, a client of TLS could not read a message.
  if (settings.refusal !== "" && settings.tls === undefined) wire.write(encodeText(settings.refusal));
  wire.end();
  if (!graceful) wire.close();
}

function ignore(): void {
  // Input of a refused client is discarded.
}
