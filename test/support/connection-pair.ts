/**
 * Two connections joined through a server, each in the hands of the test.
 */
import type { TestContext } from "node:test";
import {
  connect,
  formatAddress,
  raw,
  serve,
  type Codec,
  type Connection,
  type ConnectOptions,
  type Engine,
  type ServeOptions,
  type Server,
} from "../../src/index.ts";

export interface ConnectionPair<In, Out> {
  readonly client: Connection<In, Out>;
  /** The server's end of the same. */
  readonly far: Connection<In, Out>;
  readonly server: Server;
}

interface PairOptions<In, Out> {
  readonly codec: Codec<In, Out>;
  readonly client?: Partial<ConnectOptions<In, Out>>;
  readonly server?: Partial<ServeOptions<In, Out>>;
}

/** Opens both with a codec; what is still open when the test is over is cut. */
export async function openPairWith<In, Out>(
  t: TestContext,
  engine: Engine,
  { codec, client: clientOptions, server: serverOptions }: PairOptions<In, Out>,
): Promise<ConnectionPair<In, Out>> {
  let arrived!: (far: Connection<In, Out>) => void;
  const arrival = new Promise<Connection<In, Out>>((resolve) => (arrived = resolve));
  const server = await serve<In, Out>({ engine, ...serverOptions, codec }, async (connection) => {
    arrived(connection);
    await connection.closed;
  });
  const client = await connect<In, Out>(formatAddress(server.address), { engine, ...clientOptions, codec });
  t.after(async () => {
    await client.abort();
    await server.close({ drainMs: 0 });
  });
  return { client, far: await arrival, server };
}

/** The same, as bytes. */
export function openPair(
  t: TestContext,
  engine: Engine,
  options: Omit<PairOptions<Uint8Array, Uint8Array>, "codec"> = {},
): Promise<ConnectionPair<Uint8Array, Uint8Array>> {
  return openPairWith(t, engine, { codec: raw(), ...options });
}

/** Reads to the end. */
export async function readAll(connection: Connection<unknown, never>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await connection.read();
    if (chunk === null) return Buffer.concat(chunks);
    chunks.push(chunk);
  }
}
