/** The load program measures what it reports, and checks every answer of the server. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { before, describe, test, type TestContext } from "node:test";
import {
  buildLoadProgram,
  loadIdle,
  loadInTurns,
  type LoadedServer,
  type Slice,
  type SliceSettings,
} from "../../bench/load-program.ts";
import { workloads, type Workload, type WorkloadName } from "../../bench/workloads.ts";
import { needs } from "../support/programs.ts";

function workload(name: WorkloadName, changes: Partial<Workload> = {}): Workload {
  const found = workloads.find((row) => row.name === name);
  assert.ok(found);
  return { ...found, ...changes };
}

const anywhere = (command: readonly string[]): readonly string[] => command;

/** A server in this very process, which is then the one that is measured. */
async function listen(t: TestContext, handle: (socket: Socket) => void): Promise<LoadedServer> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on("error", () => {});
    handle(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return { pid: process.pid, port: (server.address() as AddressInfo).port };
}

/** Puts the workload on one server; the slices of its turns. */
async function load(
  t: TestContext,
  handle: (socket: Socket) => void,
  row: Workload,
  settings: Partial<SliceSettings> = {},
): Promise<readonly Slice[]> {
  const servers = [await listen(t, handle)];
  const turns = await loadInTurns(row, servers, { turns: 2, sliceSeconds: 0.02, ...settings }, anywhere);
  return turns.flat();
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
      const slices = await load(t, echo, workload(name));
      assert.ok(slices.length > 0);
      for (const slice of slices) {
        assert.ok(slice.operations >= workload(name).connections);
        assert.ok(slice.cpuNs > 0);
        assert.ok(slice.durationNs >= 0.02 * 1e9);
        assert.ok(slice.latencyP50Ns > 0 && slice.latencyP50Ns <= slice.latencyP99Ns);
      }
    });
  }

  test("does at least one transfer in each slice in bulk, and no half ones", async (t) => {
    let received = 0;
    const counting = (socket: Socket): void => {
      count(socket);
      socket.on("data", (chunk) => (received += chunk.length));
    };
    const slices = await load(t, counting, workload("bulk", { messageBytes: 1_000_003 }));
    for (const { operations } of slices) assert.ok(operations > 0);
    assert.equal(received % 1_000_003, 0);
  });

  for (const name of ["echo-64", "churn"] as const) {
    test(`loads two servers in turn under ${name}, and never both`, async (t) => {
      let last: "first" | "second" | undefined;
      let switches = 0;
      const reported =
        (who: "first" | "second") =>
        (socket: Socket): void => {
          echo(socket);
          socket.prependListener("data", () => {
            if (last !== who) switches++;
            last = who;
          });
        };
      const servers = [await listen(t, reported("first")), await listen(t, reported("second"))];
      const turns = await loadInTurns(workload(name), servers, { turns: 3, sliceSeconds: 0.02 }, anywhere);
      for (const slices of turns) {
        assert.equal(slices.length, 2);
        for (const { operations } of slices) assert.ok(operations > 0);
      }
      // One inside each turn and none between turns, as the order alternates. There are at most 10 turns of warming up.
      assert.ok(switches >= turns.length && switches <= turns.length + 10 + 4, `${switches} switches`);
    });
  }

  test("measures the memory of the connections beyond the first thousand when they are idle", async (t) => {
    let open = 0;
    const handlers = process.listeners("SIGUSR2");
    process.on("SIGUSR2", () => {});
    t.after(() => process.removeAllListeners("SIGUSR2"));
    assert.equal(handlers.length, 0);
    const counting = (socket: Socket): void => {
      open++;
      echo(socket);
    };
    const server = await listen(t, counting);
    const result = await loadIdle(workload("idle", { connections: 250 }), server, anywhere);
    assert.equal(open, 1250);
    assert.ok(result.residentBytesBefore > 0);
    assert.ok(result.residentBytesAfter > 0);
  });

  test("rejects an echo that differs in one byte", async (t) => {
    const wrong = (socket: Socket): void => {
      socket.on("data", (chunk) => {
        chunk[40] = 0;
        socket.write(chunk);
      });
    };
    await assert.rejects(load(t, wrong, workload("echo-64")), /the echo differs from what was sent/);
  });

  test("rejects the echo of another message", async (t) => {
    let first: Buffer | undefined;
    const stuck = (socket: Socket): void => {
      socket.on("data", (chunk) => socket.write((first ??= Buffer.from(chunk))));
    };
    await assert.rejects(load(t, stuck, workload("echo-64")), /the echo differs from what was sent/);
  });

  test("rejects a count that is one byte off", async (t) => {
    const bulk = workload("bulk", { messageBytes: 1000 });
    await assert.rejects(
      load(t, (socket) => count(socket, 1), bulk),
      /the server counted otherwise/,
    );
  });

  test("reports a server that closes early", async (t) => {
    const rude = (socket: Socket): void => void socket.on("data", () => socket.end());
    await assert.rejects(load(t, rude, workload("echo-64")), /the server closed too early/);
  });

  test("at a rate, begins that many operations in a slice and no more", async (t) => {
    const slices = await load(t, echo, workload("echo-64"), { rate: 1000, turns: 3, sliceSeconds: 0.1 });
    for (const { operations } of slices) assert.ok(operations <= 101, `${operations} operations`);
    assert.ok(slices.some(({ operations }) => operations > 0));
  });

  test("at a rate, counts an echo from when it was due, though the one before it was late", async (t) => {
    const slow = (socket: Socket): void => {
      let held = false;
      // The first echo of a slice comes more than 20 ms after the one before it.
      let lastMs = 0;
      socket.on("data", (chunk) => {
        const nowMs = performance.now();
        held = nowMs - lastMs > 20;
        lastMs = nowMs;
        setTimeout(() => socket.write(chunk), held ? 150 : 0);
      });
    };
    // One connection, an echo each 10 ms: about fourteen come due behind the first, 10 ms less late each time.
    const row = workload("echo-64", { connections: 1 });
    const slices = await load(t, slow, row, { rate: 100, turns: 1, sliceSeconds: 0.3 });
    const [{ latencyP50Ns } = { latencyP50Ns: 0 }] = slices;
    assert.ok(latencyP50Ns > 10e6, `half of them within ${latencyP50Ns} ns`);
  });
});
