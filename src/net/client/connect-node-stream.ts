/** A Node stream that connects, for libraries that call a function for each new socket and expect one at once. */
import { targetOf, type Destination } from "../../base/address/address.ts";
import { record } from "../../base/arguments.ts";
import { onAbort } from "../../base/abort.ts";
import { checkNodeStream, NodeStream, type NodeStreamOptions } from "../connection/node-stream.ts";
import { connectSettings, type ConnectOptions } from "../options/connect-settings.ts";
import { connect } from "./connect.ts";

/** Options of `connectNodeStream`. */
export interface ConnectNodeStreamOptions extends Omit<ConnectOptions, "codec">, NodeStreamOptions {}

/**
 * Returns a stream at once and connects it, as `net.connect` does: it emits `connect` when it is open, and `error` if
 * connecting fails. What you write before is sent then. The options are those of `connect`, so the stream may use a
 * proxy, retries or another engine.
 *
 * @throws {TypeError} at once, for an invalid target or option.
 * @example
 * const pool = new pg.Pool({ stream: () => connectNodeStream("localhost:5432") });
 */
export function connectNodeStream(target: Destination, options: ConnectNodeStreamOptions = {}): NodeStream {
  // Wrong arguments are thrown at once, as by `net.connect`, and not emitted.
  record("connectNodeStream: options", options);
  const { allowHalfOpen, signal, ...connectOptions } = options;
  checkNodeStream({ allowHalfOpen }, false);
  targetOf(target);
  connectSettings({ ...connectOptions, signal });
  const stop = new AbortController();
  const cancel = (reason?: unknown): void => {
    stop.abort(reason);
  };
  const stopListening = signal && onAbort(signal, () => cancel(signal.reason));
  if (signal?.aborted === true) cancel(signal.reason);
  const opened = connect(target, { ...connectOptions, signal: stop.signal })
    .then((connection) => connection.streamSource())
    .finally(() => stopListening?.());
  return new NodeStream({ clock: connectOptions.clock, opened, cancel }, { allowHalfOpen });
}
