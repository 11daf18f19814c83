/**
 * `serve`: from options and a handler to a server that listens.
 */
import { callback, shown } from "../../base/arguments.ts";
import type { TcpAddress, UnixAddress } from "../../base/address/address.ts";
import { NetError } from "../../base/errors.ts";
import { raw, type Codec } from "../../codec/index.ts";
import type { ByteConnection } from "../connection/byte-connection.ts";
import { Connection } from "../connection/connection.ts";
import { RawRun, type RawHandler } from "../connection/raw-handler.ts";
import { serverSettings, type ServeOptions, type ServerSettings } from "../options/server-settings.ts";
import { IterableServer } from "./iterable-server.ts";
import { Server, type Runner } from "./server.ts";

/** Serves one client; its connection is closed when the handler returns. */
export type Handler<In = Uint8Array, Out = In> = (
  client: Connection<In, Out>,
  server: Server,
) => Promise<void> | void;

/**
 * Listens, and serves every client.
 *
 * With a function, each client is a `Connection`, which is closed when the function returns. With an
 * object of callbacks (raw mode), there are no promises and no copies. Without a handler, take the connections with
 * `for await (const connection of server)`.
 *
 * The type of `server.address` depends on the options. A server on a host and port has a `TcpAddress`, and
 * so `server.address.port`; one on a `path` has a `UnixAddress`. With `fd`, or if the type of the options
 * does not tell, it is either.
 *
 * @throws {TypeError} for an invalid option.
 * @throws {NetError} with stage `resolve`, `bind` or `listen`.
 * @example
 * await using server = await serve({ port: 8888, codec: lines() }, async (client) => {
 *   await client.write("Welcome to the server. Type something and hit enter\n");
 *   for await (const line of client) await client.send(`OK... ${line}`);
 * });
 */
export function serve<In, Out>(
  options: ServeOptions<In, Out> & {
    readonly codec: Codec<In, Out>;
    readonly path?: undefined;
    readonly fd?: undefined;
  },
  handler: Handler<In, Out>,
): Promise<Server<TcpAddress>>;
export function serve(
  options: ServeOptions & { readonly path?: undefined; readonly fd?: undefined },
  handler: Handler | RawHandler,
): Promise<Server<TcpAddress>>;
export function serve<In, Out>(
  options: ServeOptions<In, Out> & { readonly codec: Codec<In, Out>; readonly path: string },
  handler: Handler<In, Out>,
): Promise<Server<UnixAddress>>;
export function serve(
  options: ServeOptions & { readonly path: string },
  handler: Handler | RawHandler,
): Promise<Server<UnixAddress>>;
export function serve<In, Out>(
  options: ServeOptions<In, Out> & { readonly codec: Codec<In, Out> },
  handler: Handler<In, Out>,
): Promise<Server>;
export function serve(options: ServeOptions, handler: Handler | RawHandler): Promise<Server>;
export function serve<In, Out>(
  options: ServeOptions<In, Out> & {
    readonly codec: Codec<In, Out>;
    readonly path?: undefined;
    readonly fd?: undefined;
  },
): Promise<IterableServer<In, Out, TcpAddress>>;
export function serve(
  options: ServeOptions & { readonly path?: undefined; readonly fd?: undefined },
): Promise<IterableServer<Uint8Array, Uint8Array, TcpAddress>>;
export function serve<In, Out>(
  options: ServeOptions<In, Out> & { readonly codec: Codec<In, Out> },
): Promise<IterableServer<In, Out>>;
export function serve(options: ServeOptions): Promise<IterableServer>;
export async function serve<In, Out>(
  options: ServeOptions<In, Out>,
  handler?: Handler<In, Out> | RawHandler,
): Promise<Server> {
  const settings = serverSettings(options);
  const codec = options.codec ?? (raw() as unknown as Codec<In, Out>);
  const server = serverWith(settings, codec, handler);
  refuseIfAborted(settings);
  await server.listen();
  try {
    refuseIfAborted(settings);
  } catch (error) {
    await server.close({ drainMs: 0 });
    throw error;
  }
  return server;
}

function refuseIfAborted({ signal }: ServerSettings): void {
  if (signal?.aborted !== true) return;
  throw new NetError({
    code: "ERR_ABORTED",
    stage: "listen",
    happened: "aborted by the caller",
    option: "signal",
    cause: signal.reason,
  });
}

function serverWith<In, Out>(
  settings: ServerSettings,
  codec: Codec<In, Out>,
  handler: Handler<In, Out> | RawHandler | undefined,
): Server {
  if (handler === undefined) return new IterableServer(settings, codec);
  checkHandler(handler);
  return new Server(settings, typeof handler === "function" ? awaiting(handler, codec) : calling(handler));
}

/** @throws {TypeError} unless it is a function or an object of callbacks. */
function checkHandler(handler: unknown): void {
  if (typeof handler === "function") return;
  const calls = (handler ?? {}) as Partial<Record<string, unknown>>;
  if (typeof calls["bytes"] !== "function") {
    const what = shown(handler);
    throw new TypeError(`handler: ${what} is neither a function nor an object with a function \`bytes\``);
  }
  for (const name of ["opened", "ended", "drained", "closed"]) {
    if (calls[name] !== undefined) callback(`handler.${name}`, calls[name]);
  }
}

function awaiting<In, Out>(handler: Handler<In, Out>, codec: Codec<In, Out>): Runner {
  return (server, failed) => {
    function finished(this: Connection<In, Out>): void {
      this.finish();
    }
    function threw(this: ByteConnection, thrown: unknown): void {
      failed(this, thrown);
    }
    return (connection) => {
      try {
        const client = new Connection(connection, codec);
        const running = Promise.resolve(handler(client, server));
        // Bound functions instead of an async function around the handler's: 190 bytes per waiting client, not 460.
        running.then(finished.bind(client), threw.bind(connection));
      } catch (thrown) {
        failed(connection, thrown);
      }
    };
  };
}

function calling(handler: RawHandler): Runner {
  return (server, failed) => {
    const calls = new RawRun(handler, server, failed);
    return (connection) => {
      calls.run(connection);
    };
  };
}
