/** Clients by hand, as the tests of the command use them. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import { passiveClient, receives, receivesEnd } from "./passive-peers.ts";

test("a reset before the first read is reported", async (t) => {
  const server = net.createServer((socket) => socket.resetAndDestroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as net.AddressInfo;
  const client = await passiveClient(t, { host: "127.0.0.1", port });
  // Node reads, and so sees the reset, only once it is asked to.
  client.resume();
  if (!client.closed) await once(client, "close");
  await assert.rejects(receivesEnd(client), { code: "ECONNRESET" });
  await assert.rejects(receives(client, 1), /ended after 0 bytes/);
});
