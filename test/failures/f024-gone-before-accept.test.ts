/**
 * F24: the client has reset the connection before it is accepted, so its address is no longer known.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNoEpoll } from "../../src/engine.ts";
import { formatAddress, serve } from "../../src/index.ts";
import { unless, noPython } from "./support/needs.ts";
import { connectPeer } from "./support/peer.ts";
import { runPython } from "./support/python.ts";
import { Seen } from "./support/seen.ts";

const clients = 50;

const engines = [
  // node:net asks the socket, which no longer knows it; epoll gets it from accept(2).
  { engine: "portable", isTold: false, missing: noPython },
  { engine: "epoll", isTold: true, missing: noPython ?? whyNoEpoll() },
] as const;

for (const { engine, isTold, missing } of engines)
  test(
    `F24: ${clients} clients have gone before they are accepted: each opens and closes, and the server goes on (${engine})`,
    unless(missing),
    async (t) => {
      const seen = new Seen();
      const errors: Error[] = [];
      const server = await serve(
        { engine, onEvent: seen.onEvent, onError: (error) => errors.push(error) },
        async (client) => {
          await client.write("welcome\n");
          for await (const chunk of client) await client.write(chunk);
        },
      );
      t.after(() => server.close({ drainMs: 0 }));
      const { address } = server;
      assert.ok(address.family === 4);

      // This process is blocked meanwhile: the clients connect, send and reset before any accept.
      runPython("connect-and-reset", [String(address.port), String(clients)]);

      const opened = await seen.first(clients, "opened");
      for (const { remote } of opened) assert.equal(remote?.family, isTold ? 4 : undefined);
      const names = opened.map(({ remote }) => formatAddress(remote ?? address));
      for (const { closeInfo } of await seen.first(clients, "closed")) {
        assert.deepEqual(
          [closeInfo.how, closeInfo.by, closeInfo.error?.code],
          ["reset", "peer", "ECONNRESET"],
        );
        assert.ok(
          names.some((name) => closeInfo.error?.message.includes(name)),
          closeInfo.error?.message,
        );
      }
      const peer = await connectPeer(t, address);
      await peer.receives("welcome\n");
      peer.socket.write("hello");
      await peer.receives("hello");
    },
  );
