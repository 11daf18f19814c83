/** The load program measures what it says, and believes no server. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { before, describe, test, type TestContext } from "node:test";
import { buildLoadProgram, loadCommand, runLoad, type LoadResult } from "../../bench/load-program.ts";
import { workloads, type Workload, type WorkloadName } from "../../bench/workloads.ts";
import { needs } from "../support/programs.ts";

function workload(name: WorkloadName, changes: Partial<Workload> = {}): Workload {
  const found = workloads.find((row) => row.name === name);
  assert.ok(found);
  return { ...found, ...changes };
}

/** Puts the workload on a server in this very process, which is then the one that is measured. */
async function load(
  t: TestContext,
  handle: (socket: Socket) => void,
  row: Workload,
  more: readonly string[] = [],
): Promise<LoadResult> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on("error", () => {});
    handle(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const process = { pid: globalThis.process.pid, port, stop: () => Promise.resolve() };
  return runLoad(loadCommand(row, process, { warmupSeconds: 0.05, seconds: 0.2 }, more));
}

function echo(socket: Socket): void {
  socket.on("data", (chunk) => socket.write(chunk)).on("end", () => socket.end());
}

function count(socket: Socket, lie = 0): void {
  let total = lie;
  socket.on("data", (chunk) => (total += chunk.length)).on("end", () => socket.end(String(total)));
}

describe("the load program", needs("cc"), () => {
  before(buildLoadProgram);

  for (const name of ["echo-64", "echo-64-1000", "echo-64k", "churn"] as const) {
    test(`counts what a server does under ${name}, and the CPU time for it`, async (t) => {
      const result = await load(t, echo, workload(name));
      assert.ok(result.operations > 0);
      assert.ok(result.server.cpuNs > 0);
      assert.ok(result.latencyNs.p50 > 0 && result.latencyNs.p50 <= result.latencyNs.p99);
    });
  }

  test("does so many transfers as were asked for in bulk, and no half ones", async (t) => {
    const bulk = workload("bulk", { messageBytes: 1_000_003 });
    const result = await load(t, (socket) => count(socket), bulk, ["--operations", "3"]);
    assert.equal(result.operations, 3);
  });

  test("counts the connections beyond the first thousand when they are idle", async (t) => {
    const handlers = process.listeners("SIGUSR2");
    process.on("SIGUSR2", () => {});
    t.after(() => process.removeAllListeners("SIGUSR2"));
    assert.equal(handlers.length, 0);
    const result = await load(t, echo, workload("idle", { connections: 250 }));
    assert.equal(result.operations, 250);
    assert.ok(result.server.residentBytesBefore > 0);
  });

  test("does not believe an echo that differs in one byte", async (t) => {
    const wrong = (socket: Socket): void => {
      socket.on("data", (chunk) => {
        chunk[40] = 0;
        socket.write(chunk);
      });
    };
    await assert.rejects(load(t, wrong, workload("echo-64")), /the echo differs from what was sent/);
  });

  test("does not believe the echo of another message", async (t) => {
    let first: Buffer | undefined;
    const stuck = (socket: Socket): void => {
      socket.on("data", (chunk) => socket.write((first ??= Buffer.from(chunk))));
    };
    await assert.rejects(load(t, stuck, workload("echo-64")), /the echo differs from what was sent/);
  });

  test("does not believe a count that is one byte off", async (t) => {
    const bulk = workload("bulk", { messageBytes: 1000 });
    await assert.rejects(
      load(t, (socket) => count(socket, 1), bulk),
      /the server counted otherwise/,
    );
  });

  test("tells of a server that hangs up", async (t) => {
    const rude = (socket: Socket): void => void socket.on("data", () => socket.end());
    await assert.rejects(load(t, rude, workload("echo-64")), /the server closed too early/);
  });

  test("at a rate, comes so often and no more", async (t) => {
    const startedAtMs = performance.now();
    const result = await load(t, echo, workload("echo-64"), ["--rate", "1000", "--seconds", "0.5"]);
    assert.ok(result.operations > 0);
    assert.ok(result.operations <= performance.now() - startedAtMs, `${result.operations} operations`);
  });

  test("at a rate, counts an echo from when it was due, though the one before it was late", async (t) => {
    let held = true;
    const slow = (socket: Socket): void => {
      socket.on("data", (chunk) => {
        setTimeout(() => socket.write(chunk), held ? 150 : 0);
        held = false;
      });
    };
    // One connection, an echo each 10 ms: about fourteen come due behind the first, 10 ms less late each time.
    const row = workload("echo-64", { connections: 1 });
    const rate = ["--rate", "100", "--warmup", "0.001", "--seconds", "0.3"];
    const result = await load(t, slow, row, rate);
    assert.ok(result.latencyNs.p50 > 10e6, `half of them within ${result.latencyNs.p50} ns`);
  });
});
