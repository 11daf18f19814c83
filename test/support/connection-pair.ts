/**
 * Two connections joined through a server, each in the hands of the test; cut when it is over.
 */
import type { TestContext } from "node:test";
import type { Engine } from "../../src/engine.ts";
import { raw, type Codec, type Connection } from "../../src/index.ts";
import {
  openPair as openPairInHand,
  type ConnectionPair,
  type PairOptions,
} from "../../src/testing/connection-pair.ts";

export async function openPairWith<In, Out>(
  t: TestContext,
  engine: Engine,
  options: PairOptions<In, Out> & { readonly codec: Codec<In, Out> },
): Promise<ConnectionPair<In, Out>> {
  const pair = await openPairInHand<In, Out>({ engine, ...options });
  t.after(() => pair.close());
  return pair;
}

export function openPair(
  t: TestContext,
  engine: Engine,
  options: Omit<PairOptions<Uint8Array, Uint8Array>, "codec"> = {},
): Promise<ConnectionPair<Uint8Array, Uint8Array>> {
  return openPairWith(t, engine, { codec: raw(), ...options });
}

export async function readAll(connection: Connection<unknown, never>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await connection.read();
    if (chunk === null) return Buffer.concat(chunks);
    chunks.push(chunk);
  }
}
