/** A port shared by several servers: in one thread, in workers, in processes. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, test, type TestContext } from "node:test";
import { Worker } from "node:worker_threads";
import { whyNoEpoll } from "../../src/engine.ts";
import { connect, serve, type Server } from "../../src/index.ts";

const index = new URL("../../src/index.js", import.meta.url).href;

/** A server that sends its name to each client. */
const naming = (port: number, name: string): Promise<Server> =>
  serve({ engine: "epoll", port, reusePort: true }, (client) => client.write(name));

/** The same as a separate program, which reports when it listens. */
const program = (port: number, name: string, say: string): string => `
  import(${JSON.stringify(index)}).then(async ({ serve }) => {
    await serve({ engine: "epoll", port: ${port}, reusePort: true }, (client) => client.write("${name}"));
    ${say}
  });`;

function portOf({ address }: Server): number {
  return address.family === "unix" ? 0 : address.port;
}

async function inWorker(t: TestContext, port: number, name: string): Promise<void> {
  const say = `require("node:worker_threads").parentPort.postMessage("listening");`;
  const worker = new Worker(program(port, name, say), { eval: true });
  t.after(() => worker.terminate());
  await once(worker, "message");
}

async function inProcess(t: TestContext, port: number, name: string): Promise<void> {
  const child = spawn(process.execPath, ["-e", program(port, name, `console.log("listening");`)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  t.after(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  await once(createInterface({ input: child.stdout }), "line");
}

/** Connects until each server has answered: the kernel chooses by the client's port, practically at random. */
async function meetAll(port: number, names: readonly string[]): Promise<void> {
  const missing = new Set(names);
  while (missing.size > 0) {
    await using client = await connect(`127.0.0.1:${port}`);
    missing.delete(String(await client.readLine()));
  }
}

describe("reusePort", { skip: whyNoEpoll(), timeout: 60_000 }, () => {
  test("shares a port among servers of one thread, and each gets clients", async (t) => {
    const first = await naming(0, "first");
    t.after(() => first.close());
    const second = await naming(portOf(first), "second");
    t.after(() => second.close());
    await meetAll(portOf(first), ["first", "second"]);
  });

  test("shares it with worker threads and with other processes", async (t) => {
    const here = await naming(0, "here");
    t.after(() => here.close());
    const port = portOf(here);
    await Promise.all([inWorker(t, port, "worker"), inProcess(t, port, "process")]);
    await meetAll(port, ["here", "worker", "process"]);
  });

  test("leaves those clients to the others that come when one has closed", async (t) => {
    const first = await naming(0, "first");
    const second = await naming(portOf(first), "second");
    t.after(() => second.close());
    await first.close();
    for (let times = 0; times < 20; times++) await meetAll(portOf(second), ["second"]);
  });

  test("works only if both servers set it", async (t) => {
    const asking = await naming(0, "asking");
    t.after(() => asking.close());
    await assert.rejects(
      serve({ engine: "epoll", port: portOf(asking) }, () => undefined),
      { code: "EADDRINUSE" },
    );
    const silent = await serve({ engine: "epoll", port: 0 }, () => undefined);
    t.after(() => silent.close());
    await assert.rejects(naming(portOf(silent), "late"), { code: "EADDRINUSE" });
  });
});
