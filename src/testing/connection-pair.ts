/**
 * The two ends of one connection, in one pair of hands.
 */
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

/** Two connections that lead to each other. */
export interface ConnectionPair<In = Uint8Array, Out = In> extends AsyncDisposable {
  /** The end that connected. */
  readonly client: Connection<In, Out>;
  /** The server's end of the same. */
  readonly far: Connection<In, Out>;
  /** The server that accepted the client. It closes when both ends have closed. */
  readonly server: Server;
  /** Cuts what is still open. */
  close(): Promise<void>;
}

/** How a pair is made. */
export interface PairOptions<In = Uint8Array, Out = In> {
  /** Turns bytes into messages and back, at both ends; without one, both are bytes. */
  readonly codec?: Codec<In, Out> | undefined;
  /** What joins them, or its name; a network in memory unless given. */
  readonly engine?: Engine | EngineChoice | undefined;
  /** Further options of the end that connects. */
  readonly client?: ConnectOptions<In, Out> | undefined;
  /** Further options of the server. */
  readonly server?: ServeOptions<In, Out> | undefined;
}

/**
 * Connects two ends to each other, in memory unless an engine is given.
 *
 * @throws {Error} if the server refuses the client, as its options may say. Nothing is left open then.
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
    // The caller made the two ends only, so closing them leaves nothing open.
    void Promise.all([client.closed, far.closed]).then(() => server.close({ drainMs: Infinity }));
    return { client, far, server, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await server.close({ drainMs: 0 });
    throw error;
  }
}

/** The client's connection closed, and the server has not passed one to its handler. */
function refused(ending: CloseInfo): never {
  throw new Error(`openPair: the client's connection closed before the server accepted it (${ending.how})`, {
    cause: ending.error,
  });
}
