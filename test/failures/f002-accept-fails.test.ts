/** F2, F3: accept(2) fails, for a period or occasionally. */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { whyNoEpoll } from "../../src/engine.ts";
import type { Address } from "../../src/index.ts";
import { unless } from "./support/needs.ts";
import { connectPeer } from "./support/peer.ts";
import { startProgram, type Line, type JsonProgram } from "./support/program.ts";
import { compileShim, noCompiler } from "./support/shim.ts";

const { ENFILE, ENOMEM, ECONNABORTED, EPROTO, ENETDOWN, EPERM } = constants.errno as Record<string, number>;
const shim = noCompiler === undefined ? compileShim("accept") : { folder: "", library: "" };

let flags = 0;

interface Shortage {
  readonly server: JsonProgram;
  readonly address: Address;
  readonly begin: () => void;
  readonly end: () => void;
}

async function startShortage(
  t: TestContext,
  errno: number | undefined,
  more: Record<string, string> = {},
  settings = {},
): Promise<Shortage> {
  const flag = join(shim.folder, `fails-${flags++}`);
  const server = startProgram(
    t,
    "server",
    { greeting: "welcome\n", ...settings },
    {
      environment: {
        LD_PRELOAD: shim.library,
        ACCEPT_ERRNO: String(errno),
        ACCEPT_FAILS_WHILE: flag,
        ...more,
      },
    },
  );
  const address = (await server.line("ready"))["address"] as Address;
  return {
    server,
    address,
    begin: () => writeFileSync(flag, ""),
    end: () => rmSync(flag),
  };
}

async function cpuMs(server: JsonProgram): Promise<number> {
  const { length } = server.lines;
  server.tell({ type: "stats" });
  const line = await server.until(
    "stats",
    (one) => one.type === "stats" && server.lines.indexOf(one) >= length,
  );
  return Number(line["cpuMs"]);
}

function failures(server: JsonProgram): Line[] {
  return server.lines.filter(({ type }) => type === "acceptFailed");
}

const engines = [
  { engine: "portable", missing: noCompiler },
  { engine: "epoll", missing: noCompiler ?? whyNoEpoll() },
] as const;

const shortages = [
  {
    name: "the machine has no descriptors (ENFILE)",
    errno: ENFILE,
    code: "ENFILE",
    more: { OPEN_FAILS: "1" },
    settings: {},
  },
  { name: "the kernel has no memory (ENOMEM)", errno: ENOMEM, code: "ENOMEM", more: {}, settings: {} },
  {
    name: "a Unix socket accepts no clients",
    errno: ENOMEM,
    code: "ENOMEM",
    more: {},
    settings: { path: join(shim.folder, "s.sock") },
  },
];

/** Serves a connected client for half a second. Returns the processor time that the server used. */
async function cpuMsWhileServing(
  server: JsonProgram,
  peer: Awaited<ReturnType<typeof connectPeer>>,
): Promise<number> {
  const before = await cpuMs(server);
  for (let i = 0; i < 20; i++) {
    peer.socket.write(`<${i}>`);
    await peer.receives(`<${i}>`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return (await cpuMs(server)) - before;
}

/** Makes accept(2) fail while two clients wait and one is connected; after `during`, all of them are served. */
async function waitOutShortage(
  t: TestContext,
  { errno, more, settings }: (typeof shortages)[number],
  engine: string,
  during: (server: JsonProgram, early: Awaited<ReturnType<typeof connectPeer>>) => Promise<void>,
): Promise<JsonProgram> {
  const { server, address, begin, end } = await startShortage(t, errno, more, { ...settings, engine });
  const early = await connectPeer(t, address);
  await early.receives("welcome\n");
  begin();
  const waiting = [await connectPeer(t, address), await connectPeer(t, address)];
  await during(server, early);
  end();
  for (const peer of waiting) {
    await peer.receives("welcome\n");
    peer.socket.write("hello");
    await peer.receives("hello");
  }
  return server;
}

for (const shortage of shortages) {
  const { name, code } = shortage;
  test(
    `F2: ${name}: reported once, without a spin, and no client is lost (epoll)`,
    unless(noCompiler ?? whyNoEpoll()),
    async (t) => {
      const server = await waitOutShortage(t, shortage, "epoll", async (during, early) => {
        const failed = await during.line("acceptFailed");
        assert.equal((failed["error"] as { code: string }).code, code);
        assert.equal((failed["error"] as { stage: string }).stage, "accept");
        const usedMs = await cpuMsWhileServing(during, early);
        assert.ok(usedMs < 150, `${usedMs} ms of processor time in half a second of waiting`);
      });
      assert.equal(failures(server).length, 1);
      server.tell({ type: "close" });
      await server.line("over");
    },
  );
}

// Node does not report the failure, and the process spins. After ENFILE, libuv may drop the clients that wait:
// docs/decisions/accept-failures.md.
for (const shortage of shortages.filter(({ errno }) => errno === ENOMEM)) {
  const { name } = shortage;
  test(
    `F2: ${name}: connected clients are served, and no client is lost (portable)`,
    unless(noCompiler),
    async (t) => {
      const server = await waitOutShortage(t, shortage, "portable", async (during, early) => {
        t.diagnostic(
          `${await cpuMsWhileServing(during, early)} ms of processor time in half a second of waiting`,
        );
      });
      assert.deepEqual(failures(server), []);
      server.tell({ type: "close" });
      await server.line("over");
    },
  );
}

const clientsOwn = Object.entries({ ECONNABORTED, EPROTO, ENETDOWN, EPERM });
const clientsOwnOfEngines = engines.flatMap((one) =>
  clientsOwn.map(([name, errno]) => ({ name, errno, ...one })),
);

for (const { name, errno, engine, missing } of clientsOwnOfEngines) {
  test(
    `F3: accept fails with ${name} for a client of its own: the others are served (${engine})`,
    unless(missing),
    async (t) => {
      const { server, address } = await startShortage(t, errno, { ACCEPT_DROPS: "10" }, { engine });
      const lost = await Promise.all(Array.from({ length: 10 }, () => connectPeer(t, address)));
      for (const peer of lost) assert.equal((await peer.received).text, "");
      const peers = await Promise.all(Array.from({ length: 10 }, () => connectPeer(t, address)));
      await Promise.all(peers.map((peer) => peer.receives("welcome\n")));
      const reported = failures(server).map(({ error }) => (error as { code: string }).code);
      assert.deepEqual(reported, engine === "portable" ? [] : Array.from({ length: 10 }, () => name));
    },
  );
}
