/** Both ends of one connection, for tests. */
import { checkOptions } from "../base/option-checks.ts";
import { codec as checkCodec, record } from "../base/arguments.ts";
import { formatAddress } from "../base/address/address.ts";
import type { CloseInfo } from "../base/events.ts";
import { raw, type Codec } from "../codec/index.ts";
import {
  connect,
  serve,
  type Connection,
  type ConnectOptions,
  type ServeOptions,
  type Server,
} from "../net/index.ts";
import { createMemoryEngine, engineOf, type Engine, type EngineChoice } from "../wire/index.ts";

/** Both ends of one connection. */
export interface ConnectionPair<In = Uint8Array, Out = In> extends AsyncDisposable {
  /** The end that connected. */
  readonly client: Connection<In, Out>;
  /** The server's end of the same connection. */
  readonly far: Connection<In, Out>;
  /** The server that accepted the client. It closes when both ends have closed. */
  readonly server: Server;
  /** Aborts what is still open, and closes the server. */
  close(): Promise<void>;
}

/** Options of `openPair`. */
export interface PairOptions<In = Uint8Array, Out = In> {
  /** The codec of both ends. Default: bytes. */
  readonly codec?: Codec<In, Out> | undefined;
  /** The engine, or its name. Default: a network in memory. */
  readonly engine?: Engine | EngineChoice | undefined;
  /** Further options of the client. */
  readonly client?: ConnectOptions<In, Out> | undefined;
  /** Further options of the server. */
  readonly server?: ServeOptions<In, Out> | undefined;
}

/**
 * Opens a connection and returns both ends; in memory unless you give an engine.
 *
 * @throws {Error} if the server refuses the client because of its options. Nothing is left open then.
 * @example
 * await using pair = await openPair({ codec: lines() });
 * await pair.client.send("hello");
 * assert.equal(await pair.far.receive(), "hello");
 */
export function openPair<In, Out>(
  options: PairOptions<In, Out> & { readonly codec: Codec<In, Out> },
): Promise<ConnectionPair<In, Out>>;
export function openPair(options?: PairOptions): Promise<ConnectionPair>;
export async function openPair<In, Out>(
  options: PairOptions<In, Out> = {},
): Promise<ConnectionPair<In, Out>> {
  checkOptions("openPair", options, {
    codec: checkCodec,
    engine: engineOf,
    client: record,
    server: record,
  });
  const { codec = raw() as unknown as Codec<In, Out>, engine = createMemoryEngine() } = options;
  let arrived!: (far: Connection<In, Out>) => void;
  const arrival = new Promise<Connection<In, Out>>((resolve) => (arrived = resolve));
  const server = await serve<In, Out>({ engine, ...options.server, codec }, async (connection) => {
    arrived(connection);
    await connection.closed;
  });
  try {
    const client = await connect<In, Out>(formatAddress(server.address), {
      engine,
      ...options.client,
      codec,
    });
    const far = await Promise.race([arrival, client.closed.then(refused)]);
    async function close(): Promise<void> {
      await client.abort();
      await server.close({ drainMs: 0 });
    }
    // The caller holds only the two ends, so closing both must also close the server.
    void Promise.all([client.closed, far.closed]).then(() => server.close({ drainMs: Infinity }));
    return { client, far, server, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await server.close({ drainMs: 0 });
    throw error;
  }
}

/** Throws: the client's connection closed before the server passed one to its handler. */
function refused(closeInfo: CloseInfo): never {
  throw new Error(
    `openPair: the client's connection closed before the server accepted it (${closeInfo.how})`,
    { cause: closeInfo.error },
  );
}
