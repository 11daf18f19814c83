/** F101: a listener removes the file of its own Unix socket, and no other file at that path. */
import assert from "node:assert/strict";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Engine } from "../../src/engine.ts";
import { serve, type Server } from "../../src/index.ts";
import { forEachSocketEngine } from "../support/engines.ts";
import { temporaryFolder } from "../support/folder.ts";

const folder = temporaryFolder();

let count = 0;
function newPath(): string {
  return join(folder, `${count++}.sock`);
}

function listen(engine: Engine, path: string): Promise<Server> {
  return serve({ path, engine }, { bytes() {} });
}

/** A server of another program, which sends its name. */
async function otherServer(t: TestContext, path: string): Promise<void> {
  const server = net.createServer((socket) => socket.end("the other"));
  server.listen(path);
  await once(server, "listening");
  t.after(() => server.close());
}

async function reads(path: string): Promise<string> {
  const socket = net.connect({ path });
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

forEachSocketEngine((createEngine) => {
  test("F101: a listener that closes leaves the socket of its successor at the path", async (t) => {
    const path = newPath();
    const first = await listen(createEngine(), path);
    unlinkSync(path);
    await otherServer(t, path);
    await first.close();
    assert.equal(await reads(path), "the other");
  });

  test("F101: a listener that closes leaves a file that is no socket, and a folder", async () => {
    const path = newPath();
    const first = await listen(createEngine(), path);
    unlinkSync(path);
    writeFileSync(path, "precious");
    await first.close();
    assert.equal(readFileSync(path, "utf8"), "precious");

    const second = newPath();
    const server = await listen(createEngine(), second);
    unlinkSync(second);
    mkdirSync(second);
    writeFileSync(join(second, "file"), "precious");
    await server.close();
    assert.equal(readFileSync(join(second, "file"), "utf8"), "precious");
  });

  test("F101: a listener on a relative path removes its file after the current folder has changed", async (t) => {
    const home = process.cwd();
    t.after(() => {
      process.chdir(home);
    });
    const here = mkdtempSync(join(folder, "here-"));
    const there = mkdtempSync(join(folder, "there-"));
    process.chdir(here);
    const server = await listen(createEngine(), "own.sock");
    process.chdir(there);
    writeFileSync("own.sock", "precious");
    await server.close();
    assert.ok(!existsSync(join(here, "own.sock")), "our own is removed");
    assert.equal(readFileSync("own.sock", "utf8"), "precious");
  });

  test("F101: a relative path works where the absolute one is longer than an address may be", async (t) => {
    const home = process.cwd();
    t.after(() => {
      process.chdir(home);
    });
    const deep = join(folder, `${count++}`.padEnd(120, "x"));
    mkdirSync(deep);
    process.chdir(deep);
    const server = await listen(createEngine(), "own.sock");
    process.chdir(folder);
    writeFileSync("own.sock", "precious");
    await server.close();
    assert.ok(!existsSync(join(deep, "own.sock")), "our own is removed");
    assert.equal(readFileSync("own.sock", "utf8"), "precious");
    unlinkSync("own.sock");
  });

  test("F101: a closed listener leaves nothing behind in the folder", async () => {
    const own = mkdtempSync(join(folder, "own-"));
    const server = await listen(createEngine(), join(own, "a.sock"));
    await server.close();
    assert.deepEqual(readdirSync(own), []);
  });
});
