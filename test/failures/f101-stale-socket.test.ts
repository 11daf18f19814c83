/** F101: a Unix socket's file that exists already: left behind, in use, or not a socket. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, lstatSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect, NetError, serve, type Server } from "../../src/index.ts";
import { notLinux, unless } from "./support/needs.ts";
import { connectPeer } from "./support/peer.ts";
import { startProgram, type JsonProgram } from "./support/program.ts";
import { temporaryFolder } from "../support/folder.ts";

const folder = temporaryFolder();

async function startServer(t: TestContext, path: string): Promise<JsonProgram> {
  const server = startProgram(t, "server", { path, greeting: "welcome\n" });
  await server.line("ready");
  return server;
}

async function isServed(t: TestContext, path: string): Promise<void> {
  const peer = await connectPeer(t, { family: "unix", path });
  await peer.receives("welcome\n");
}

/** Creates a socket's file on which nothing listens. */
async function leaveDeadSocket(path: string): Promise<void> {
  const server = net.createServer();
  const aside = `${path}.aside`;
  server.listen(aside);
  await once(server, "listening");
  // Node removes the file by its name when it closes.
  renameSync(aside, path);
  server.close();
  await once(server, "close");
}

/** Checks that listening fails there, because of another server or another file. */
async function isTaken(path: string, happened = "address already in use (EADDRINUSE)"): Promise<void> {
  await assert.rejects(serve({ path }, { bytes() {} }), (error) => {
    assert.ok(error instanceof NetError);
    assert.equal(error.stage, "bind");
    assert.equal(error.message, `bind unix:${path}: ${happened}`);
    return true;
  });
}

const notASocket = "not a socket (ENOTSOCK)";

test(
  "F101: a server that was killed leaves its socket, and the next one takes it over",
  unless(notLinux),
  async (t) => {
    const path = join(folder, "killed.sock");
    for (let i = 0; i < 3; i++) {
      const server = await startServer(t, path);
      await isServed(t, path);
      await server.end();
      assert.ok(lstatSync(path).isSocket(), "killed, it has not cleared up");
    }
    await startServer(t, path);
    await isServed(t, path);
  },
);

test(
  "F101: a running server keeps its socket, also while it is too busy to answer",
  unless(notLinux),
  async (t) => {
    const path = join(folder, "live.sock");
    const server = await startServer(t, path);
    await isTaken(path);
    await isServed(t, path);

    server.signal("SIGSTOP");
    await isTaken(path);
    server.signal("SIGCONT");
    await isServed(t, path);
  },
);

test("F101: what is not a socket is never removed", unless(notLinux), async () => {
  const file = join(folder, "file");
  writeFileSync(file, "precious");
  await isTaken(file, notASocket);
  assert.equal(readFileSync(file, "utf8"), "precious");

  const link = join(folder, "link");
  symlinkSync(file, link);
  await isTaken(link, notASocket);
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(readFileSync(file, "utf8"), "precious");
});

test("a file that is not a socket is not taken for a stale one", async () => {
  const file = join(folder, "connected");
  writeFileSync(file, "");
  const connecting = connect(`unix:${file}`);
  await assert.rejects(connecting, { code: "ENOTSOCK", message: `connect unix:${file}: ${notASocket}` });
});

test("F101: a link to a dead socket is not followed", unless(notLinux), async (t) => {
  const path = join(folder, "dead.sock");
  const server = await startServer(t, path);
  await server.end();
  const link = join(folder, "link-to-dead");
  symlinkSync(path, link);
  await isTaken(link);
  assert.ok(lstatSync(path).isSocket());
});

test("F101: a server that ends in good order removes its socket", unless(notLinux), async () => {
  const path = join(folder, "clean.sock");
  const server = await serve({ path }, { bytes() {} });
  await server.close();
  assert.ok(!existsSync(path));
});

test(
  "F101: of several servers that start at once on a dead socket, exactly one listens there",
  unless(notLinux),
  async (t) => {
    const path = join(folder, "race.sock");
    const startLate = async (turns: number): Promise<Server> => {
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
      return serve({ path }, { opened: (client) => void client.write("welcome\n"), bytes() {} });
    };
    // Delayed by this many turns of the event loop, so that every step overlaps with every other.
    for (let gap = 0; gap < 150; gap++) {
      await leaveDeadSocket(path);
      const started = await Promise.allSettled([0, 1, 2, 3].map((index) => startLate((index * gap) % 30)));
      const listening = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      assert.equal(listening.length, 1, `with a gap of ${gap}: ${listening.length} report that they listen`);
      await isServed(t, path);
      await listening[0]?.close({ drainMs: 0 });
    }
  },
);
