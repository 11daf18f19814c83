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

/** A server whose accept(2) fails between `begin` and `end`. */
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

/** node:net does not report the errno, so the engine has to guess; the epoll engine knows it. */
const engines = [
  { engine: "portable", missing: noCompiler },
  { engine: "epoll", missing: noCompiler ?? whyNoEpoll() },
] as const;

const shortages = [
  {
    name: "the machine has no descriptors (ENFILE)",
    errno: ENFILE,
    more: { OPEN_FAILS: "1" },
    code: { portable: "ENFILE", epoll: "ENFILE" },
    settings: {},
  },
  {
    name: "the kernel has no memory (ENOMEM)",
    errno: ENOMEM,
    more: {},
    code: { portable: "ERR_ACCEPT_STALLED", epoll: "ENOMEM" },
    settings: {},
  },
  {
    name: "a Unix socket's clients cannot be let in",
    errno: ENFILE,
    more: {},
    code: { portable: "ERR_ACCEPT_STALLED", epoll: "ENFILE" },
    settings: { path: join(shim.folder, "s.sock") },
  },
] as const;

const shortagesOfEngines = engines.flatMap((one) => shortages.map((shortage) => ({ ...shortage, ...one })));

for (const { name, errno, more, code, settings, engine, missing } of shortagesOfEngines) {
  test(
    `F2: ${name}: reported once, no busy loop, and no client is lost (${engine})`,
    unless(missing),
    async (t) => {
      const { server, address, begin, end } = await startShortage(t, errno, more, { ...settings, engine });
      const early = await connectPeer(t, address);
      await early.hears("welcome\n");
      begin();
      const waiting = [await connectPeer(t, address), await connectPeer(t, address)];

      const told = await server.line("acceptFailed");
      assert.equal((told["error"] as { code: string }).code, code[engine]);
      assert.equal((told["error"] as { stage: string }).stage, "accept");
      waiting.push(await connectPeer(t, address));

      const before = await cpuMs(server);
      // Clients accepted before are served throughout.
      for (let i = 0; i < 20; i++) {
        early.socket.write(`<${i}>`);
        await early.hears(`<${i}>`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      const usedMs = (await cpuMs(server)) - before;
      assert.ok(usedMs < 150, `${usedMs} ms of processor time in half a second of waiting`);

      end();
      for (const peer of waiting) {
        await peer.hears("welcome\n");
        peer.socket.write("hello");
        await peer.hears("hello");
      }
      assert.equal(failures(server).length, 1);
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
      for (const peer of lost) assert.equal((await peer.heard).text, "");
      const peers = await Promise.all(Array.from({ length: 10 }, () => connectPeer(t, address)));
      await Promise.all(peers.map((peer) => peer.hears("welcome\n")));
      const told = failures(server).map(({ error }) => (error as { code: string }).code);
      assert.deepEqual(told, engine === "portable" ? [] : Array.from({ length: 10 }, () => name));
    },
  );
}
