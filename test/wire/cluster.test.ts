/**
 * Servers in workers of node:cluster share their address by default, as in node:net.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { whyNoEpoll, whyNoUring } from "../../src/engine.ts";
import type { Address } from "../../src/index.ts";
import { freePort } from "../support/free-port.ts";
import type { ClusterReport } from "./programs/cluster.ts";
import { temporaryFolder } from "../support/folder.ts";

const program = fileURLToPath(new URL("programs/cluster.js", import.meta.url));

/** Both ways in which the primary shares an address: it accepts for the workers, or passes the socket to them. */
const policies = ["rr", "none"] as const;

async function runCluster(options: object, policy: (typeof policies)[number] = "rr"): Promise<ClusterReport> {
  const { PORTCALL_ENGINE: _, ...environment } = process.env;
  const env = { ...environment, NODE_CLUSTER_SCHED_POLICY: policy };
  const args = [program, JSON.stringify(options)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 50_000 });
  return JSON.parse(stdout) as ClusterReport;
}

function portOf(address: Address | undefined): number | undefined {
  return address?.family === "unix" ? undefined : address?.port;
}

function whyNo(engine: "portable" | "epoll" | "io_uring"): string | undefined {
  if (engine === "portable") return undefined;
  return engine === "epoll" ? whyNoEpoll() : whyNoUring();
}

/**
 * Every kind of server in a worker: name, options, scheduling policy, why it cannot run here, and whether it learns
 * of the disconnect at once. node:cluster disconnects only when the connections of shared servers have ended.
 */
const disconnecting: readonly (readonly [
  name: string,
  options: object,
  policy: (typeof policies)[number],
  skip: string | undefined,
  learnsAtOnce: boolean,
])[] = [
  ["a server on the portable engine (rr)", { engine: "portable", port: 0 }, "rr", undefined, false],
  ["a server on the portable engine (none)", { engine: "portable", port: 0 }, "none", undefined, false],
  ["an exclusive server", { engine: "portable", port: 0, exclusive: true }, "rr", undefined, true],
  ["a server on the epoll engine", { engine: "epoll", port: 0 }, "rr", whyNo("epoll"), true],
  ["a server on the io_uring engine", { engine: "io_uring", port: 0 }, "rr", whyNo("io_uring"), true],
];

describe("in a worker of node:cluster", { timeout: 60_000 }, () => {
  for (const policy of policies) {
    test(`a server shares its port with the other workers (${policy})`, async () => {
      const { workers, servedBy, exitCodes } = await runCluster({ port: 0 }, policy);
      assert.deepEqual(
        workers.map(({ auto, error }) => [auto, error]),
        [
          ["portable", undefined],
          ["portable", undefined],
        ],
      );
      assert.equal(portOf(workers[0]?.address), portOf(workers[1]?.address));
      // The kernel chooses among the processes that wait on one socket, and may choose the same one each time.
      if (policy === "rr") assert.deepEqual(servedBy, ["1", "2"]);
      else assert.ok(servedBy.length > 0);
      assert.deepEqual(exitCodes, [0, 0]);
    });

    test(`a server shares its Unix socket with the other workers (${policy})`, async (t) => {
      const path = join(temporaryFolder(t), "socket");
      const { workers, servedBy, exitCodes } = await runCluster({ path }, policy);
      assert.deepEqual(
        workers.map(({ error }) => error),
        [undefined, undefined],
      );
      assert.ok(servedBy.length > 0);
      assert.deepEqual(exitCodes, [0, 0]);
      if (policy === "rr") assert.equal(existsSync(path), false);
    });
  }

  test("an exclusive server has a port of its own", async () => {
    const { workers } = await runCluster({ port: 0, exclusive: true });
    const ports = workers.map(({ address }) => portOf(address));
    assert.equal(new Set(ports).size, 2);
    assert.ok(ports.every((port) => port !== undefined && port > 0));
  });

  test("an exclusive server does not share a port that another worker has", async () => {
    const port = Number(await freePort(20_000, 30_000));
    const { workers } = await runCluster({ port, exclusive: true });
    assert.equal(workers[0]?.error, undefined);
    assert.match(workers[1]?.error ?? "", /EADDRINUSE/);
  });

  test(
    "a native engine, asked for by name, says what shares the port instead",
    { skip: whyNoEpoll() },
    async () => {
      const port = Number(await freePort(20_000, 30_000));
      const { workers } = await runCluster({ port, engine: "epoll" });
      assert.equal(workers[0]?.error, undefined);
      assert.match(workers[1]?.error ?? "", /EADDRINUSE.* node:cluster .*engine: "portable".*reusePort/);
    },
  );

  test("a native engine shares the port with `reusePort`", { skip: whyNoEpoll() }, async () => {
    const port = Number(await freePort(20_000, 30_000));
    const { workers } = await runCluster({ port, engine: "epoll", reusePort: true });
    assert.deepEqual(
      workers.map(({ error }) => error),
      [undefined, undefined],
    );
  });

  test("a descriptor that was handed over needs a native engine", async () => {
    const { workers } = await runCluster({ fd: 3 });
    assert.match(workers[0]?.error ?? "", /^fd: .*node:cluster.*engine: "epoll"/);
  });

  test("datagram sockets share a port, and have one of their own where the system chooses it", async () => {
    const chosen = (await runCluster({ datagrams: true })).workers.map(({ address }) => portOf(address));
    assert.equal(new Set(chosen).size, 2);
    const shared = await runCluster({ datagrams: true, port: chosen[0] });
    assert.deepEqual(
      shared.workers.map(({ address, error }) => [portOf(address), error]),
      [
        [chosen[0], undefined],
        [chosen[0], undefined],
      ],
    );
  });

  for (const [name, options, policy, skip, learnsAtOnce] of disconnecting) {
    test(
      `${name} closes when the worker disconnects, and serves its open connections to the end`,
      { skip },
      async () => {
        const { workers, answers, exitCodes } = await runCluster({ ...options, disconnect: true }, policy);
        assert.deepEqual(
          workers.map(({ error }) => error),
          [undefined, undefined],
        );
        assert.deepEqual(answers, learnsAtOnce ? ["draining", "still served"] : ["still served"]);
        assert.deepEqual(exitCodes, [0, 0]);
      },
    );
  }

  for (const engine of ["portable", "epoll", "io_uring"] as const) {
    test(
      `a bound datagram socket closes when the worker disconnects (${engine})`,
      { skip: whyNo(engine) },
      async () => {
        const { workers, exitCodes } = await runCluster({ datagrams: true, engine, disconnect: true });
        assert.deepEqual(
          workers.map(({ error }) => error),
          [undefined, undefined],
        );
        assert.deepEqual(exitCodes, [0, 0]);
      },
    );
  }
});
