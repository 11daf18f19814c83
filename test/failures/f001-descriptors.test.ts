/** F1: more clients than the process has descriptors. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Address } from "../../src/index.ts";
import { Admission } from "../../src/net/server/admission.ts";
import { socketEngines } from "../support/native-engines.ts";
import { cannotRun, notLinux, unless } from "./support/needs.ts";
import { connectPeer } from "./support/peer.ts";
import { startProgram, type Line } from "./support/program.ts";

const noPrlimit = notLinux ?? cannotRun("this needs prlimit", "prlimit", "--nofile=64", "true");

const clients = 250;

for (const { name: engine, whyNot } of socketEngines) {
  test(
    `F1: with 64 descriptors and 250 clients, each is served or refused with a message, on ${engine}`,
    unless(noPrlimit ?? whyNot),
    async (t) => {
      const server = startProgram(t, "server", {
        engine,
        descriptors: 64,
        greeting: "welcome\n",
        refusal: "busy, come back later\n",
        lingerTimeoutMs: 60_000,
      });
      const address = (await server.line("ready"))["address"] as Address;
      const peers = await Promise.all(Array.from({ length: clients }, () => connectPeer(t, address)));
      await server.until("all of them were seen", () => opened().length + refused().length === clients);

      function opened(): Line[] {
        return server.lines.filter(({ type }) => type === "opened");
      }
      function refused(): Line[] {
        return server.lines.filter(({ type }) => type === "refused");
      }
      function closed(): Line[] {
        return server.lines.filter(({ type }) => type === "closed");
      }

      await t.test("every refusal is an event, with the reason and the limit", () => {
        for (const { reason, limit } of refused()) assert.deepEqual([reason, limit], ["descriptors", 32]);
        assert.ok(opened().length >= 4, `only ${opened().length} were let in`);
        assert.ok(opened().length <= 32, `${opened().length} were let in, and the reserve was not kept`);
      });

      await t.test("a refused client reads the message and the end", async () => {
        await Promise.all(peers.map((peer) => Promise.race([peer.received, peer.receives("\n")])));
        const ended = peers.filter((peer) => peer.text() !== "welcome\n");
        assert.equal(ended.length, refused().length);
        for (const peer of ended) {
          assert.deepEqual(await peer.received, { text: "busy, come back later\n", end: "fin" });
        }
      });

      await t.test(
        "a freed descriptor serves the next client, while others are still being refused",
        async () => {
          peers.find((peer) => peer.text() === "welcome\n")?.socket.destroy();
          await server.line("closed");
          const peer = await connectPeer(t, address);
          await peer.receives("\n");
          assert.equal(peer.text(), "welcome\n");
          peers.push(peer);
        },
      );

      await t.test("the processor is idle while it is full", async () => {
        for (const { socket } of peers.slice(-100)) socket.end();
        server.tell({ type: "stats" });
        const before = await server.line("stats");
        const { length } = server.lines;
        await new Promise((resolve) => setTimeout(resolve, 300));
        server.tell({ type: "stats" });
        const after = await server.until(
          "stats",
          (line) => line.type === "stats" && server.lines.indexOf(line) >= length,
        );
        const usedMs = Number(after["cpuMs"]) - Number(before["cpuMs"]);
        assert.ok(usedMs < 100, `${usedMs} ms of processor time in 300 ms of rest`);
      });

      await t.test("it goes on when there is room", async () => {
        for (const { socket } of peers) socket.destroy();
        await server.until("they have gone", () => closed().length === opened().length);
        const peer = await connectPeer(t, address);
        await peer.receives("welcome\n");
        peer.socket.write("hello");
        await peer.receives("hello");
        assert.equal(server.lines.filter(({ type }) => type === "acceptFailed").length, 0);
      });
    },
  );

  test(
    `F1: clients that send first receive the message too, on ${engine}`,
    unless(noPrlimit ?? whyNot),
    async (t) => {
      const server = startProgram(t, "server", {
        engine,
        descriptors: 64,
        greeting: "welcome\n",
        refusal: "busy, come back later\n",
      });
      const address = (await server.line("ready"))["address"] as Address;
      const peers = await Promise.all(
        Array.from({ length: clients }, async () => {
          const peer = await connectPeer(t, address);
          peer.socket.write("hello, is anybody there?\n");
          return peer;
        }),
      );
      await Promise.all(peers.map((peer) => Promise.race([peer.received, peer.receives("\n")])));
      const words = peers.map((peer) => peer.text().split("\n")[0]);
      const served = words.filter((word) => word === "welcome").length;
      const reported = words.filter((word) => word === "busy, come back later").length;
      assert.equal(served + reported, clients);
    },
  );
}

test("F1: a full process does not count its descriptors anew for each client it refuses", unless(), () => {
  let counts = 0;
  let open = 100;
  let nowMs = 0;
  const admission = new Admission(
    {
      connectionsMax: Infinity,
      connectionsPerSourceMax: Infinity,
      connectionsPerSourceRate: undefined,
      descriptorReserve: 32,
      allow: undefined,
      deny: [],
    },
    () => {
      counts++;
      return { limit: 100, open };
    },
    () => nowMs,
  );
  for (let i = 0; i < 1_000; i++)
    assert.deepEqual(admission.refuses({ remote: undefined }, 50), { reason: "descriptors", limit: 68 });
  assert.equal(counts, 1);

  open = 60;
  assert.equal(
    admission.refuses({ remote: undefined }, 49),
    undefined,
    "a connection has ended, so there may be room",
  );
  open = 100;
  for (let held = 50; admission.refuses({ remote: undefined }, held) === undefined; held++);
  open = 60;
  nowMs += 100;
  assert.equal(
    admission.refuses({ remote: undefined }, 60),
    undefined,
    "what else held descriptors may have let go of them",
  );
});
