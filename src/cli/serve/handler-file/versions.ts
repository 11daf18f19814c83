/**
 * The versions of a handler. A new client gets the version that is current when it connects, and keeps it.
 */
import { raw } from "../../../codec/index.ts";
import type { Connection, RawConnection, RawHandler, Server } from "../../../net/index.ts";
import type { Exported } from "./exported.ts";

type AnyHandler = Exported["handler"];

/** The handler for the server, and how to replace its version. */
export interface Versions {
  readonly handler: ((client: Connection, server: Server) => Promise<void> | void) | RawHandler;
  /** Serves new clients with another version. @throws {TypeError} if it is of the other kind. */
  replace(version: Exported): void;
}

export function versionsOf(first: Exported): Versions {
  let current = first;
  return {
    handler:
      typeof first.handler === "function" ? runCurrent : rawCurrent(() => current.handler as RawHandler),
    replace(version) {
      if (typeof version.handler !== typeof first.handler) {
        throw new TypeError("a function and a raw handler cannot replace each other; restart serve for that");
      }
      current = version;
    },
  };

  function runCurrent(client: Connection, server: Server): Promise<void> | void {
    const { handler, codec = raw() } = current;
    return (handler as Extract<AnyHandler, (...args: never) => unknown>)(client.useCodec(codec), server);
  }
}

/** A raw handler that chooses the current version when a client connects. */
function rawCurrent(current: () => RawHandler): RawHandler {
  const handlers = new WeakMap<RawConnection, RawHandler>();
  const of = (connection: RawConnection): RawHandler => {
    const known = handlers.get(connection);
    if (known !== undefined) return known;
    const handler = current();
    handlers.set(connection, handler);
    return handler;
  };
  return {
    opened(connection, server) {
      of(connection).opened?.(connection, server);
    },
    bytes(connection, view) {
      of(connection).bytes(connection, view);
    },
    ended(connection) {
      const handler = of(connection);
      if (handler.ended === undefined) connection.close();
      else handler.ended(connection);
    },
    drained(connection) {
      of(connection).drained?.(connection);
    },
    closed(connection, ending) {
      of(connection).closed?.(connection, ending);
    },
  };
}
