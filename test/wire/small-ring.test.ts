/**
 * The io_uring engine with a ring so small that its completion queue always overflows. With the real one that takes
 * more than 16,384 sockets with events at once. Each byte still arrives exactly once.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, describe, test } from "node:test";
import { whyNoUring } from "../../src/wire/index.ts";
import { buildAddonVariant } from "../support/addon-variant.ts";

const why = whyNoUring();

/** One in which no batch has room for its sends, and one in which some batches have. */
const sizes: readonly (readonly [entries: number, completions: number])[] = [
  [8, 16],
  [64, 256],
];

/** A server that handles data on many connections. The clients write everything first, and then read to the end. */
const servers: Readonly<Record<string, string>> = {
  "echoes received data": `{
    bytes(connection, view) { if (!connection.write(view)) connection.pause(); },
    drained: (connection) => connection.resume(),
  }`,
  "pauses all connections, and resumes them in one go": `(() => {
    const all = [];
    return {
      opened(connection) {
        connection.pause();
        all.push(connection);
        if (all.length === count) setImmediate(() => { for (const one of all) one.resume(); });
      },
      bytes: (connection, view) => void connection.write(view),
    };
  })()`,
  "resumes all connections from within a batch": `(() => {
    const all = [];
    return {
      opened(connection) {
        if (all.push(connection) < count) connection.pause();
      },
      bytes(connection, view) {
        connection.write(view);
        for (const one of all) one.resume();
      },
    };
  })()`,
  "answers each piece in several writes": `{
    bytes(connection, view) {
      for (const byte of new Uint8Array(view)) connection.write(Uint8Array.of(byte));
    },
  }`,
};

const program = (index: string, handler: string): string => `
import { connect, serve } from ${JSON.stringify(index)};
const count = 300;
const engine = "io_uring";
const server = await serve({ port: 0, engine, connectionsMax: count, connectionsPerSourceMax: count }, ${handler});
const clients = await Promise.all(Array.from({ length: count }, () => connect("127.0.0.1:" + server.address.port, { engine })));
const said = (number, round) => "client " + number + " says this in round " + round + "\\n";
const wrong = [];
await Promise.all(clients.map(async (client, number) => {
  let expected = "";
  for (let round = 0; round < 20; round++) {
    const words = said(number, round);
    expected += words;
    await client.write(words);
  }
  await client.end();
  let heard = "";
  for await (const chunk of client) heard += new TextDecoder().decode(chunk);
  if (heard !== expected) wrong.push(number + ": " + heard.length + " of " + expected.length);
}));
await server.close();
console.log(JSON.stringify(wrong.slice(0, 3)));
`;

for (const [entries, completions] of sizes) {
  const variant = why ?? buildAddonVariant([`-DRING_ENTRIES=${entries}`, `-DCOMPLETIONS=${completions}`]);
  const skip = typeof variant === "string" ? variant : false;
  after(() => {
    if (typeof variant !== "string") variant.remove();
  });
  describe(`an io_uring of ${completions} completions, which overflow`, { skip }, () => {
    for (const [what, handler] of Object.entries(servers)) {
      test(`loses no byte and sends none twice: a server that ${what}`, () => {
        assert.ok(typeof variant !== "string");
        const { status, stdout, stderr } = spawnSync(
          process.execPath,
          ["--input-type=module", "-e", program(variant.index, handler)],
          { encoding: "utf8", timeout: 60_000 },
        );
        assert.deepEqual([stdout.trim(), stderr, status], ["[]", "", 0]);
      });
    }
  });
}
