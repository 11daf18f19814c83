/**
 * F24: the client has reset the connection before it is accepted, so that it has no
 * address any more.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "../../src/index.ts";
import { unless, noPython } from "./support/needs.ts";
import { connectPeer } from "./support/peer.ts";
import { runPython } from "./support/python.ts";
import { Seen } from "./support/seen.ts";

const clients = 50;

test(
  `F24: ${clients} clients have gone before they are accepted: each opens and closes, and the server goes on`,
  unless(noPython),
  async (t) => {
    const seen = new Seen();
    const errors: Error[] = [];
    const server = await serve(
      { onEvent: seen.onEvent, onError: (error) => errors.push(error) },
      async (client) => {
        await client.write("welcome\n");
        for await (const chunk of client) await client.write(chunk);
      },
    );
    t.after(() => server.close({ drainMs: 0 }));
    const { address } = server;
    assert.ok(address.family === "ipv4");

    // Nothing happens here meanwhile: they come, speak and go while nobody can accept them.
    runPython("connect-and-reset", [String(address.port), String(clients)]);

    const opened = await seen.first(clients, "opened");
    for (const event of opened) assert.equal(event.remote, undefined, "nobody can say who that was");
    for (const { ending } of await seen.first(clients, "closed")) {
      assert.deepEqual([ending.how, ending.by, ending.error?.code], ["reset", "peer", "ECONNRESET"]);
      assert.ok(ending.error?.message.includes(`127.0.0.1:${address.port}`), ending.error?.message);
    }
    const peer = await connectPeer(t, address);
    await peer.hears("welcome\n");
    peer.socket.write("hello");
    await peer.hears("hello");
  },
);
