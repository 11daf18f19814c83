/** One writer and one reader, however fast, leave the others their turn. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, formatAddress, serve } from "../../src/index.ts";

test("a handler that writes for ever to a peer who reads all of it leaves other clients their turn", async () => {
  const page = new Uint8Array(8_192);
  const server = await serve({ port: 0 }, async (client) => {
    const asked = await client.readLine();
    if (asked === "everything") while (client.ending === undefined) await client.write(page);
    else await client.write("you too\n");
  });
  const address = formatAddress(server.address);
  const greedy = await connect(address);
  await greedy.write("everything\n");
  const reading = (async () => {
    for await (const chunk of greedy) assert.ok(chunk.length > 0);
  })();
  for (let count = 0; count < 20; count++) {
    await using other = await connect(address);
    await other.write("something\n");
    assert.equal(await other.readLine(), "you too");
  }
  await greedy.abort();
  await assert.rejects(reading, { code: "ERR_ABORTED" });
  await server.close();
});
