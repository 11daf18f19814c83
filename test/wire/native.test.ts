/**
 * Properties of the native engines: one loop per thread, reused memory, a batch in which a handler does not affect
 * the others, and threads that end. native-life.test.ts covers how long they keep a process alive.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { tcpAddress } from "../../src/base/address/address.ts";
import { chooseEngine, whyNoEpoll, whyNoUring, type Wire, type WireEvents } from "../../src/wire/index.ts";
import { connectThrough, dial, listen, pattern } from "../contract/wire-pair.ts";

const endpoint = tcpAddress("127.0.0.1", 0);
const index = new URL("../../src/index.js", import.meta.url).href;
const engineEntry = new URL("../../src/engine.js", import.meta.url).href;

/** Each has its own back end in the addon. */
type NativeName = "epoll" | "io_uring";

/** Runs a separate program, which has `serve` and `connect` on the engine. */
function runOn(name: NativeName, source: string): { status: number | null; stdout: string; stderr: string } {
  const program = `
    import { connect, serve } from ${JSON.stringify(index)};
    const engine = "${name}";
    ${source}`;
  return spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: 20_000,
  });
}

/** A server, and a client that has sent data to it. */
const conversation = (handler: string): string => `
  const server = await serve({ port: 0, engine }, ${handler});
  const client = await connect("127.0.0.1:" + server.address.port, { engine });
  await client.write("hello");`;

async function inWorkerOn(
  name: NativeName,
  source: string,
): Promise<{ code: number; messages: unknown[]; errors: Error[] }> {
  const worker = new Worker(
    `(async () => {
      const { parentPort } = require("node:worker_threads");
      const { connect, serve } = await import(${JSON.stringify(index)});
      const engine = "${name}";
      ${source}
    })();`,
    { eval: true },
  );
  const messages: unknown[] = [];
  const errors: Error[] = [];
  worker.on("message", (message) => messages.push(message));
  worker.on("error", (error) => errors.push(error));
  // Not `once`, which rejects at an error.
  const code = await new Promise<number>((resolve) => worker.on("exit", resolve));
  return { code, messages, errors };
}

const silent: WireEvents = {
  bytes: () => undefined,
  ended: () => undefined,
  drained: () => undefined,
  closed: () => undefined,
};

for (const [name, whyNot] of [
  ["epoll", whyNoEpoll()],
  ["io_uring", whyNoUring()],
] as const) {
  describe(`the ${name} engine`, { skip: whyNot, timeout: 180_000 }, () => {
    const engine = (): ReturnType<typeof chooseEngine> => chooseEngine(name);
    const run = (source: string): ReturnType<typeof runOn> => runOn(name, source);
    const inWorker = (source: string): ReturnType<typeof inWorkerOn> => inWorkerOn(name, source);

    test("uses its memory again: a kept view later shows other bytes", async (t) => {
      const door = await listen(t, engine(), endpoint);
      const [client, server] = await connectThrough(t, engine(), door);
      client.start();
      let kept: Uint8Array | undefined;
      server.onBytes = (view) => (kept ??= view);
      server.start();
      // More than the memory to receive into.
      for (let round = 1; round <= 60; round++) {
        await client.send(new Uint8Array(100_000).fill(round));
        await server.untilReceived(100_000 * round);
      }
      assert.notEqual(kept?.[0], 1);
    });

    test("keeps its memory from being transferred away with undelivered bytes", async (t) => {
      const door = await listen(t, engine(), endpoint);
      const [client, server] = await connectThrough(t, engine(), door);
      client.start();
      let tries = 0;
      server.onBytes = (view) => {
        const { length } = view;
        try {
          // Some versions of Node refuse this; others make a copy.
          structuredClone(view, { transfer: [view.buffer as ArrayBuffer] });
        } catch {}
        tries += Number(view.length === length);
        server.wire.write(view);
      };
      server.start();
      for (let round = 1; round <= 3; round++) {
        await client.send(pattern(500, round));
        await client.untilReceived(500 * round);
      }
      assert.ok(tries >= 3);
      assert.deepEqual(client.received.subarray(-500), pattern(500, 3));
    });

    test("reports nothing of a socket that another one's handler has closed in the same batch", async (t) => {
      const door = await listen(t, engine(), endpoint);
      const pairs = await Promise.all(Array.from({ length: 20 }, () => connectThrough(t, engine(), door)));
      const servers = pairs.map(([, server]) => server);
      const spoke = new Promise<unknown>((resolve) => {
        for (const [, server] of pairs) server.onBytes = () => resolve(server);
      });
      for (const [client, server] of pairs) {
        const { onBytes } = server;
        client.start();
        server.onBytes = (view) => {
          onBytes?.(view);
          for (const other of servers) if (other !== server) other.abort();
        };
        server.start();
      }
      for (const [client] of pairs) client.wire.write(Uint8Array.of(1));
      const first = await spoke;
      await Promise.all(servers.filter((one) => one !== first).map((one) => one.closing));
      assert.equal(servers.filter((one) => one.bytesReceived > 0).length, 1);
    });

    test("a number that is given out again is another connection", async (t) => {
      const door = await listen(t, engine(), endpoint);
      for (let round = 0; round < 300; round++) {
        const [client, server] = await connectThrough(t, engine(), door);
        const data = pattern(50, round + 1);
        client.start();
        server.start();
        client.wire.write(data);
        await server.untilReceived(50);
        assert.deepEqual(server.received, data);
        client.close();
        server.abort();
        await Promise.all([client.closing, server.closing]);
      }
    });

    test("leaves timers, promises and other I/O their turn in a flood", async (t) => {
      const door = await listen(t, engine(), endpoint);
      const received: number[] = [];
      const wires: Wire[] = [];
      let flooding = true;
      const fill = (wire: Wire): void => {
        while (flooding && wire.write(new Uint8Array(65_536)));
      };
      for (let position = 0; position < 8; position++) {
        const [client, server] = await Promise.all([dial(engine(), door.address), door.next()]);
        wires.push(client, server);
        received.push(0);
        const bytes = (view: Uint8Array): void =>
          void (received[position] = (received[position] ?? 0) + view.length);
        server.start({ ...silent, bytes });
        client.start({ ...silent, drained: () => fill(client) });
        fill(client);
      }
      // Each needs a turn of the loop.
      for (let turn = 0; turn < 200; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        await new Promise((resolve) => setImmediate(resolve));
      }
      flooding = false;
      assert.ok(
        received.every((bytes) => bytes > 0),
        String(received),
      );
      for (const wire of wires) wire.abort();
    });

    test("a handler that throws does not affect the rest of the batch, and its error is reported", () => {
      const { status, stdout } = run(`
      let told = 0;
      const tell = (what) => {
        console.log(what);
        if (++told === 4) process.exit(0);
      };
      process.on("uncaughtException", (error) => tell("caught " + error.message));
      const { chooseEngine } = await import(${JSON.stringify(engineEntry)});
      const wires = [];
      const events = { ended() {}, drained() {}, closed() {} };
      const listener = await chooseEngine(engine).listen(
        { family: 4, host: "127.0.0.1", port: 0 },
        { backlog: 8, ipv6Only: false, noDelay: true, keepAliveMs: 0 },
        { acceptFailed() {}, accepted: (wire) => wire.start({ ...events, bytes: (view) => {
          if (view[0] === 49) throw new Error("one");
          tell("heard " + String.fromCharCode(...view));
        } }) });
      const clients = await Promise.all([1, 2, 3, 4].map(() => connect("127.0.0.1:" + listener.address.port, { engine })));
      await Promise.all(clients.map((client, index) => client.write(String(index + 1))));
    `);
      assert.equal(status, 0);
      assert.deepEqual(stdout.trim().split("\n").toSorted(), ["caught one", "heard 2", "heard 3", "heard 4"]);
    });

    test("an uncaught exception ends the process, as anywhere in Node", () => {
      const { status, stderr } = run(`
      const { chooseEngine } = await import(${JSON.stringify(engineEntry)});
      const listener = await chooseEngine(engine).listen(
        { family: 4, host: "127.0.0.1", port: 0 },
        { backlog: 8, ipv6Only: false, noDelay: true, keepAliveMs: 0 },
        { acceptFailed() {}, accepted() { throw new Error("uncaught in the test"); } });
      await connect("127.0.0.1:" + listener.address.port, { engine });`);
      assert.equal(status, 1);
      assert.match(stderr, /Error: uncaught in the test/);
    });

    test("process.exit in a handler ends the process", () => {
      const { status, stderr } = run(conversation("{ bytes() { process.exit(7); } }"));
      assert.deepEqual([status, stderr], [7, ""]);
    });

    test("what was sent before process.exit arrives", () => {
      const { status, stdout } = run(`
      const { connect: dial } = await import("node:net");
      const source = \`
        import { serve } from ${JSON.stringify(index)};
        const server = await serve({ port: 0, engine: "${name}" }, {
          bytes(connection, view) { connection.write("final data"); process.exit(0); },
        });
        process.stdout.write(String(server.address.port));\`;
      const { spawn } = await import("node:child_process");
      const child = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["ignore", "pipe", "inherit"] });
      child.stdout.once("data", (port) => {
        const socket = dial(Number(port), "127.0.0.1", () => socket.write("x"));
        socket.on("error", (error) => console.log(error.code)).on("data", (text) => console.log(String(text)));
      });`);
      assert.deepEqual([status, stdout], [0, "final data\n"]);
    });

    test("a process ends when its last connection and listener have", () => {
      const { status, stdout, stderr } = run(`
      ${conversation("async (client) => { for await (const chunk of client) await client.write(chunk); }")}
      const [first] = await client.readExactly(5);
      await client.close();
      await server.close();
      console.log(first);`);
      assert.deepEqual([status, stdout, stderr], [0, "104\n", ""]);
    });

    describe("in a worker thread", () => {
      test("has a loop of its own, and works beside others", async () => {
        const talk = `
        ${conversation("async (client) => { for await (const chunk of client) await client.write(chunk); }")}
        for (let round = 0; round < 100; round++) {
          await client.readExactly(5);
          await client.write("again");
        }
        await client.close();
        await server.close();
        parentPort.postMessage("done");`;
        const workers = await Promise.all(Array.from({ length: 4 }, () => inWorker(talk)));
        for (const worker of workers) assert.deepEqual(worker, { code: 0, messages: ["done"], errors: [] });
      });

      test("is cleaned up with whatever the thread has left open", async () => {
        const before = openDescriptors();
        for (let round = 0; round < 5; round++) {
          const { code } = await inWorker(
            `${conversation("{ bytes() {} }")} await connect("127.0.0.1:" + server.address.port, { engine }); process.exit(0);`,
          );
          assert.equal(code, 0);
        }
        assert.ok(openDescriptors() <= before, `${openDescriptors()} after ${before}`);
      });

      test("may be ended in the middle of a batch", async () => {
        const { code, errors } = await inWorker(conversation("{ bytes() { process.exit(3); } }"));
        assert.deepEqual([code, errors], [3, []]);
        const loops = conversation("{ bytes() { parentPort.postMessage(1); for (;;); } }");
        const worker = new Worker(
          `(async () => {
          const { parentPort } = require("node:worker_threads");
          const { connect, serve } = await import(${JSON.stringify(index)});
          const engine = "${name}";
          ${loops}
        })();`,
          { eval: true },
        );
        await once(worker, "message");
        assert.equal(await worker.terminate(), 1);
      });

      test("reports an exception as the main thread does", async () => {
        const { code, errors } = await inWorker(
          conversation(`{ bytes() { queueMicrotask(() => { throw new Error("in the worker"); }); } }`),
        );
        assert.equal(code, 1);
        assert.deepEqual(
          errors.map(({ message }) => message),
          ["in the worker"],
        );
      });
    });

    function openDescriptors(): number {
      return engine().descriptors()?.open ?? 0;
    }
  });
}
