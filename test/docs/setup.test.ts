/**
 * The set-up that README and the guide show, command by command: what a new user types first.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { freePort } from "../support/free-port.ts";
import { needs } from "../support/programs.ts";
import { blocksOf, fileNameOf } from "./blocks.ts";
import { setupPage } from "./project.ts";
import { temporaryFolder } from "../support/folder.ts";

const run = promisify(execFile);
const install = "npm install --save-dev ";
const root = resolve(".");

/** The commands of the shell blocks of a page, block by block, without their comments. */
async function shellBlocksOf(page: string): Promise<string[][]> {
  return blocksOf(await readFile(page, "utf8"))
    .filter(({ language }) => language === "sh")
    .map(({ text }) =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => line.replace(/\s+#.*$/, "")),
    );
}

/** Runs lines in one shell, as a person types them; resolves to what they print. */
async function bash(lines: readonly string[], cwd: string, more: NodeJS.ProcessEnv = {}): Promise<string> {
  // The settings that the npm of this test run has put in the environment are not a user's.
  const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const env = { ...Object.fromEntries(own), NODE_TEST_CONTEXT: undefined, ...more };
  const script = ["shopt -s expand_aliases", "set -e", ...lines].join("\n");
  const { stdout } = await run("bash", ["-c", script], { cwd, env });
  return stdout;
}

describe("the set-up", needs("bash"), () => {
  test("of the README makes the command of a clone", async () => {
    const [lines = []] = await shellBlocksOf("README.md");
    const [build, ...others] = lines;
    // The tests have built it already, as each of the npm scripts does.
    assert.equal(build, "npm run build");
    assert.ok(others.some((line) => line.startsWith("alias portcall=")));
    assert.match(await bash([...others, "portcall --version"], root), /^\d+\.\d+\.\d+$/m);
  });

  test("of the README needs no installation for a program in the clone", async () => {
    const script = `import("portcall").then(({ serve }) => console.log(typeof serve))`;
    assert.equal(await bash([`node --input-type=module --eval '${script}'`], root), "function\n");
  });

  test("of the guide makes a project in which a program compiles and runs", async (t) => {
    const [inClone = [], inProject = []] = await shellBlocksOf(setupPage);
    const folder = temporaryFolder(t);
    const [clone, project] = [join(folder, "portcall"), join(folder, "sockets")];
    await mkdir(clone);
    await mkdir(project);

    assert.equal(inClone[0], "npm run build");
    // Packs what the tests have built, and leaves the clone as it is.
    const packing = { npm_config_ignore_scripts: "true", npm_config_pack_destination: clone };
    await bash(inClone.slice(1), root, packing);

    const fetched = inProject.filter((line) => line.startsWith(install));
    assert.equal(fetched.length, 1);
    const offline = inProject.filter((line) => !line.startsWith(install));
    await bash(offline, project, { npm_config_prefer_offline: "true", npm_config_audit: "false" });
    // A test fetches nothing, so the compiler is this checkout's, where the guide installs one of the same name.
    await mkdir(join(project, "node_modules/@types"), { recursive: true });
    for (const name of (fetched[0] ?? "").slice(install.length).split(" ")) {
      await symlink(resolve("node_modules", name), join(project, "node_modules", name));
    }
    await symlink("../typescript/bin/tsc", join(project, "node_modules/.bin/tsc"));

    const port = await freePort(20_000, 32_000);
    for (const block of blocksOf(await readFile(setupPage, "utf8"))) {
      const name = fileNameOf(block);
      if (name !== undefined) await writeFile(join(project, name), block.text.replaceAll("7000", port));
    }
    const path = inProject.filter((line) => line.startsWith("export "));
    assert.equal(await bash(["npx tsc", "node hello.js"], project), "Portcall works.\n");
    assert.match(await bash([...path, "portcall --version"], project), /^\d+\.\d+\.\d+$/m);
  });
});
