/**
 * Where the command lets Node keep compiled code. Node 20 cannot, so a module that is loaded first stands in for the
 * function of later versions, and prints which folder it is given.
 */
import assert from "node:assert/strict";
import { chmod, chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { commandPath, start } from "../support/command.ts";
import { temporaryFolder } from "../support/folder.ts";

/** The folder that `portcall --version` hands to Node, if any. */
async function cacheFolder(t: TestContext, home: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const standIn = join(home, "stand-in.cjs");
  await writeFile(
    standIn,
    'require("node:module").enableCompileCache = (folder) => { process.stderr.write(`[${folder}]`); };',
  );
  const child = start(t, process.execPath, ["-r", standIn, commandPath, "--version"], {
    env: { HOME: home, XDG_CACHE_HOME: "", NODE_V8_COVERAGE: "", ...env },
  });
  assert.equal((await child.exited).code, 0);
  return /\[(.*)\]/.exec(child.stderr)?.[1] ?? "none";
}

async function newHome(t: TestContext): Promise<string> {
  const home = temporaryFolder(t);
  return home;
}

test("compiled code is kept below ~/.cache, or below XDG_CACHE_HOME", async (t) => {
  const home = await newHome(t);
  const [usual, other] = [join(home, ".cache"), join(home, "other")];
  for (const folder of [usual, other]) await mkdir(folder, { mode: 0o700 });
  assert.equal(await cacheFolder(t, home), join(usual, "portcall"));
  assert.equal(await cacheFolder(t, home, { XDG_CACHE_HOME: other }), join(other, "portcall"));
});

test("no code is kept where another user can write, or where there is no folder for caches", async (t) => {
  const home = await newHome(t);
  assert.equal(await cacheFolder(t, home), "none");
  await mkdir(join(home, ".cache"));
  for (const mode of [0o770, 0o707, 0o777]) {
    await chmod(join(home, ".cache"), mode);
    assert.equal(await cacheFolder(t, home), "none", mode.toString(8));
  }
});

const isRoot = process.getuid?.() === 0;
test(
  "no code is kept in another user's folder",
  { skip: isRoot ? false : "only root can make one" },
  async (t) => {
    const home = await newHome(t);
    await mkdir(join(home, ".cache"), { mode: 0o700 });
    await chown(join(home, ".cache"), 65_534, 65_534);
    assert.equal(await cacheFolder(t, home), "none");
  },
);

test("no code is kept while coverage is measured", async (t) => {
  const home = await newHome(t);
  await mkdir(join(home, ".cache"), { mode: 0o700 });
  assert.equal(await cacheFolder(t, home, { NODE_V8_COVERAGE: join(home, "coverage") }), "none");
});
