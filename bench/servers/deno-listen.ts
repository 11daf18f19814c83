/** Deno.listen: a loop of reads and writes a client, over its own buffer. */
import { chosen, printReady } from "./ready.ts";

/** As much of Deno's own types as is used here; nothing of the project depends on theirs. */
interface DenoClient {
  setNoDelay(): void;
  /** Returns how many bytes came, or `null` at the peer's FIN. */
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

declare const Deno: {
  listen(options: { hostname: string; port: number }): AsyncIterable<DenoClient> & { readonly addr: object };
};

const bufferBytes = 64 * 1024;

async function echo(client: DenoClient): Promise<void> {
  const buffer = new Uint8Array(bufferBytes);
  for (let size = await client.read(buffer); size !== null; size = await client.read(buffer))
    for (let sent = 0; sent < size;) sent += await client.write(buffer.subarray(sent, size));
}

async function count(client: DenoClient): Promise<void> {
  const buffer = new Uint8Array(bufferBytes);
  let total = 0;
  for (let size = await client.read(buffer); size !== null; size = await client.read(buffer)) total += size;
  await client.write(new TextEncoder().encode(String(total)));
}

async function answer(client: DenoClient): Promise<void> {
  try {
    client.setNoDelay();
    await handle(client);
  } catch {
    // A client that reset; it is the load program that counts failures.
  } finally {
    client.close();
  }
}

const handle = chosen({ echo, count });
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
printReady(listener.addr);
for await (const client of listener) void answer(client);
