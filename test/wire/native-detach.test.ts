/**
 * What detaching leaves behind: no descriptor, no slot, nothing that keeps the process alive. The contract of engines
 * (test/contract/wire-detaching.ts) covers the bytes.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { tcpAddress } from "../../src/base/address/address.ts";
import { chooseEngine, type Wire } from "../../src/wire/index.ts";
import { dial, listen } from "../contract/wire-pair.ts";
import { start } from "../support/command.ts";
import { temporaryFolder } from "../support/folder.ts";
import { nativeEngines, socketEngines } from "../support/native-engines.ts";
import { WireRecorder } from "../support/wire-recorder.ts";

const folder = temporaryFolder();
const engineEntry = new URL("../../src/engine.js", import.meta.url).href;

const cycles = 10_000;
/** Connections at a time. */
const width = 50;

function detach(wire: Wire): Promise<Socket> {
  return wire.detach?.() ?? Promise.reject(new Error("the wire has no `detach`"));
}

/** The beginning of a program: a client, and a server, which alone may keep the process alive. */
const listening = (name: string): string => `
  import { chooseEngine } from ${JSON.stringify(engineEntry)};
  const engine = chooseEngine("${name}");
  const options = { noDelay: true, keepAliveMs: 0, backlog: 8, ipv6Only: false };
  const accepted = {};
  accepted.promise = new Promise((resolve) => (accepted.resolve = resolve));
  const listener = await engine.listen({ family: 4, host: "127.0.0.1", port: 0 }, options, {
    accepted: (wire) => accepted.resolve(wire),
    acceptFailed() {},
  });
  const client = await engine.connect(listener.address, options, new AbortController().signal);
  const server = await accepted.promise;
  listener.holdProcess(false);
  client.holdProcess(false);`;

for (const { name, whyNot } of socketEngines) {
  describe(`detached from the ${name} engine`, { skip: whyNot, timeout: 120_000 }, () => {
    test(`${cycles} connections leave no descriptor open`, async (t) => {
      const engine = chooseEngine(name);
      const door = await listen(t, engine, { family: "unix", path: join(folder, name) });
      const cycle = async (number: number): Promise<void> => {
        const [client, server] = await Promise.all([dial(engine, door.address), door.next()]);
        const peer = new WireRecorder(client).start();
        // Every other one has begun to read.
        if (number % 2 === 0) new WireRecorder(server).start();
        const socket = await detach(server);
        await peer.send(Uint8Array.of(1));
        assert.equal(((await once(socket.resume(), "data")) as [Uint8Array])[0][0], 1);
        const closed = once(socket, "close");
        socket.destroy();
        await Promise.all([closed, peer.untilEnded()]);
        peer.close();
        await peer.closing;
      };
      const round = (from: number): Promise<unknown> =>
        Promise.all(Array.from({ length: width }, (_, index) => cycle(from + index)));
      await round(0);
      const before = engine.descriptors()?.open;
      for (let from = width; from < cycles; from += width) await round(from);
      // io_uring closes descriptors when it next enters the kernel.
      for (let turns = 0; turns < 100 && engine.descriptors()?.open !== before; turns++) await turn();
      assert.equal(engine.descriptors()?.open, before);
    });

    for (const [how, holds, ends] of [
      ["unreferenced before", "server.holdProcess(false);", true],
      ["referenced again", "server.holdProcess(false); server.holdProcess(true);", false],
    ] as const) {
      test(`a wire that was ${how} ${ends ? "lets" : "does not let"} the process end`, async (t) => {
        const program = `${listening(name)}
          ${holds}
          const socket = await server.detach();
          socket.resume();
          ${ends ? "" : "setTimeout(() => { console.log('alive'); process.exit(0); }, 250).unref();"}`;
        const child = start(t, process.execPath, ["--input-type=module", "-e", program]);
        assert.equal(await child.code(), 0, child.stderr);
        assert.equal(child.stdout, ends ? "" : "alive\n");
      });
    }
  });
}

for (const { name, whyNot } of nativeEngines) {
  describe(`detaching from the ${name} engine`, { skip: whyNot, timeout: 60_000 }, () => {
    test("an abort meanwhile closes the connection", async (t) => {
      const engine = chooseEngine(name);
      const door = await listen(t, engine, tcpAddress("127.0.0.1", 0));
      const wires = await Promise.all([dial(engine, door.address), door.next()]);
      const [client, server] = wires.map((wire) => new WireRecorder(wire).start());
      assert.ok(client !== undefined && server !== undefined);
      await client.send(Uint8Array.of(1));
      await server.untilReceived(1);
      const controller = new AbortController();
      const reason = new Error("too late");
      const detaching = server.wire.detach?.(controller.signal) ?? Promise.resolve();
      controller.abort(reason);
      await assert.rejects(detaching, reason);
      await client.untilEnded();
      client.close();
    });

    test("a thread that ends meanwhile closes the connection", async (t) => {
      const engine = chooseEngine(name);
      const door = await listen(t, engine, tcpAddress("127.0.0.1", 0));
      assert.ok(door.address.family !== "unix");
      const worker = new Worker(
        `(async () => {
          const { chooseEngine } = await import(${JSON.stringify(engineEntry)});
          const engine = chooseEngine("${name}");
          const address = { family: 4, host: "127.0.0.1", port: ${door.address.port} };
          const options = { noDelay: true, keepAliveMs: 0 };
          const wire = await engine.connect(address, options, new AbortController().signal);
          wire.start({
            bytes() {
              void wire.detach();
              process.exit(0);
            },
            ended() {}, drained() {}, closed() {},
          });
        })();`,
        { eval: true },
      );
      const server = new WireRecorder(await door.next()).start();
      await server.send(Uint8Array.of(1));
      const [code] = (await once(worker, "exit")) as [number];
      assert.equal(code, 0);
      await server.until(() => server.hasEnded || server.hasClosed);
      server.close();
    });
  });
}
