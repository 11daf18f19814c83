/**
 * Saying no: a word to the client that can not be served, then FIN.
 */
import { encodeText } from "../../base/bytes.ts";
import type { Wire } from "../../wire/index.ts";
import type { ServerSettings } from "../options/server-settings.ts";

/**
 * Refuses a client that was accepted. Politely means that it is given time to read
 * the word; otherwise its descriptor is freed at once.
 */
export function refusePolitely(
  wire: Wire,
  settings: ServerSettings,
  politely: boolean,
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
  if (settings.refusal !== "") wire.write(encodeText(settings.refusal));
  wire.end();
  if (!politely) wire.close();
}

function ignore(): void {
  // Whatever a refused client says is thrown away.
}
