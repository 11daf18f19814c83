/**
 * The package as its user gets it: packed by npm, installed into an empty folder, used there. Nothing of the checkout is
 * in reach: a file left out of the tarball, or a dependency left out of package.json, fails here.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, posix, resolve } from "node:path";
import { before, describe, test } from "node:test";
import { whyNoEpoll } from "../../src/engine.ts";
import { installPackage, run } from "../support/installed-package.ts";
import { missing } from "../support/programs.ts";
import { headingsOf, linksOf } from "./links.ts";
import { temporaryFolder } from "../support/folder.ts";

interface Manifest {
  version: string;
  man: string[];
  scripts?: Record<string, string>;
}

/** All that may be in the tarball. A new kind of file is added here on purpose or not at all. */
const allowed = [
  /^(package\.json|README\.md|LICENSE|(CHANGELOG|ARCHITECTURE|CONTRIBUTING)\.md)$/,
  /^bin\/(portcall\.js|package\.json)$/,
  /^docs\/((guide|how-to|explanation|reference|reference\/api|decisions)\/)?[\w-]+\.md$/,
  /^docs\/(recording\.svg|reference\/(report|stream)\.schema\.json)$/,
  /^examples\/([\w-]+\.ts|README\.md)$/,
  /^man\/portcall(-[a-z-]+)?\.[17]$/,
  /^src\/.+\.ts$/,
  /^prebuilt\/linux-x64\/portcall\.node$/,
  /^native\/[\w-]+\.[ch]$/,
  /^dist\/package\.json$/,
  /^dist\/.+\.(cjs|mjs|[cm]js\.map|d\.m?ts|d\.ts\.map)$/,
];

const noAddon = process.arch === "x64" ? whyNoEpoll() : "it is prebuilt for x64 alone";

const headers = [join(dirname(process.execPath), "../include/node"), "/usr/include/node"].find((endpoint) =>
  existsSync(join(endpoint, "node_api.h")),
);

describe("the packed package", () => {
  const folder = temporaryFolder();
  let installed = "";
  let files: string[] = [];
  let manifest: Manifest;

  before(async () => {
    await installPackage(folder);

    installed = join(folder, "node_modules/portcall");
    const entries = await readdir(installed, { recursive: true, withFileTypes: true });
    files = entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(installed.length + 1)
          .replaceAll("\\", "/"),
      );
    manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as Manifest;
  });

  test("holds what is on the list, and nothing else", () => {
    assert.deepEqual(
      files.filter((file) => !allowed.some((pattern) => pattern.test(file))),
      [],
    );
    for (const file of ["package.json", "LICENSE", "bin/portcall.js", "dist/index.mjs", "dist/index.d.ts"]) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
  });

  test("holds the types of each source, and the source of each type", () => {
    const stems = (pattern: RegExp): string[] =>
      files.flatMap((file) => pattern.exec(file)?.[1] ?? []).toSorted();
    const sources = stems(/^src\/(.+)\.ts$/);
    assert.ok(sources.length > 0);
    assert.deepEqual(stems(/^dist\/(.+)\.d\.ts$/), sources);
  });

  test("holds each manual page that package.json lists", () => {
    assert.ok(manifest.man.length > 0);
    assert.deepEqual(
      manifest.man.filter((page) => !files.includes(page.replace(/^\.\//, ""))),
      [],
    );
  });

  test("has no link to a file or a heading that it does not hold", async () => {
    const pages = files.filter((file) => file.endsWith(".md"));
    const textOf = new Map(
      await Promise.all(
        pages.map(async (page) => [page, await readFile(join(installed, page), "utf8")] as const),
      ),
    );
    const isFolder = (path: string): boolean => files.some((file) => file.startsWith(`${path}/`));
    const dead: string[] = [];
    let links = 0;
    for (const [page, text] of textOf) {
      for (const link of linksOf(text)) {
        links += 1;
        const [target = "", heading] = link.split("#");
        const path = target === "" ? page : posix.join(posix.dirname(page), target);
        const there = files.includes(path) || isFolder(path.replace(/\/$/, ""));
        const found = heading === undefined || headingsOf(textOf.get(path) ?? "").includes(heading);
        if (!there || !found) dead.push(`${page}: ${link}`);
      }
    }
    assert.ok(links > 100, `${links} links`);
    assert.deepEqual(dead, []);
  });

  test("runs nothing when it is installed", () => {
    const scripts = Object.keys(manifest.scripts ?? {});
    const hooks = [
      "preinstall",
      "install",
      "postinstall",
      "prepublish",
      "preprepare",
      "prepare",
      "postprepare",
    ];
    assert.deepEqual(
      scripts.filter((name) => hooks.includes(name)),
      [],
    );
    // npm takes this file alone for an install script, and would compile.
    assert.ok(!files.includes("binding.gyp"));
  });

  test("has a command that runs", async () => {
    const { stdout } = await run(join(folder, "node_modules/.bin/portcall"), ["--version"], { cwd: folder });
    assert.equal(stdout.trim(), manifest.version);
  });

  /** Where there is neither a compiler nor anything else: what an echo says on which engine, and what `doctor` does. */
  async function underway(): Promise<{ echo: string; engine: string; doctor: string | undefined }> {
    const program = `
      import { connect, serve } from "portcall";
      import { chooseEngine } from "portcall/engine";
      const server = await serve({ port: 0 }, { bytes: (client, view) => void client.write(view) });
      const client = await connect("127.0.0.1:" + server.address.port);
      await client.write("hello");
      const heard = await client.readExactly(5);
      await client.close();
      await server.close();
      console.log(chooseEngine("auto").name, Buffer.from(heard).toString());`;
    const bare = { cwd: folder, env: { PATH: "" } };
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], bare);
    const [engine = "", echo = ""] = stdout.trim().split(" ");
    const command = join(installed, "bin/portcall.js");
    const { stdout: said } = await run(process.execPath, [command, "doctor"], bare);
    return { echo, engine, doctor: said.split("\n").find((line) => /^\w+ +engine /.test(line)) };
  }

  test("brings its own addon to where there is no compiler", { skip: noAddon }, async () => {
    const { echo, engine, doctor } = await underway();
    assert.equal(echo, "hello");
    assert.match(engine, /^(epoll|io_uring)$/);
    assert.match(doctor ?? "", new RegExp(`^ok +engine +${engine}\\b`));
  });

  test("works without it too, and says in one line why it does", { skip: noAddon }, async () => {
    const addon = join(installed, "prebuilt");
    await rename(addon, `${addon}.away`);
    try {
      const { echo, engine, doctor } = await underway();
      assert.deepEqual([echo, engine], ["hello", "portable"]);
      assert.match(doctor ?? "", /^note +engine +portable\b.* the addon is not built for /);
    } finally {
      await rename(`${addon}.away`, addon);
    }
  });

  const noCompiler = missing("cc") ?? (headers === undefined ? "Node's headers are not here" : undefined);
  test(
    "holds the sources of the addon, and loads what is built from them",
    { skip: noAddon ?? noCompiler },
    async () => {
      const built = join(installed, "build/native/portcall.node");
      await mkdir(dirname(built), { recursive: true });
      const sources = (await readdir(join(installed, "native"))).filter((file) => file.endsWith(".c"));
      const flags = ["-O2", "-fPIC", "-shared", `-I${headers}`, "-o", built];
      await run("cc", [...flags, ...sources], { cwd: join(installed, "native") });
      await rename(join(installed, "prebuilt"), join(installed, "prebuilt.away"));
      try {
        const { echo, doctor } = await underway();
        assert.equal(echo, "hello");
        assert.match(doctor ?? "", /^ok +engine +(?:epoll|io_uring)\b/);
      } finally {
        await rename(join(installed, "prebuilt.away"), join(installed, "prebuilt"));
        await rm(join(installed, "build"), { recursive: true });
      }
    },
  );

  test("has types that compile in a strict project", async () => {
    // attw says that the types are found; this says that they are right, without the checkout's settings or its source.
    await writeFile(
      join(folder, "program.mts"),
      `import { connect, serve } from "portcall";\nimport { chooseEngine, type Engine } from "portcall/engine";\nimport { FakeClock, type CodecContract } from "portcall/testing";\nimport { connect as connectSocket, type Socket } from "portcall/sockets";\nexport const engine: Engine = chooseEngine("portable");\nexport const clock: FakeClock = new FakeClock();\nexport type Contract = CodecContract<string>;\nexport const socket: Socket = connectSocket("localhost:1", { secureTransport: "on" });\nexport const opened: ReturnType<typeof connect> = connect("localhost:1");\nexport type Server = Awaited<ReturnType<typeof serve>>;\n`,
    );
    const types = ["--types", "node", "--typeRoots", resolve("node_modules/@types")];
    const options = [
      "--ignoreConfig",
      "--noEmit",
      "--strict",
      "--module",
      "nodenext",
      "--skipLibCheck",
      "false",
    ];
    const tsc = resolve("node_modules/typescript/bin/tsc");
    await run(process.execPath, [tsc, ...options, ...types, "program.mts"], { cwd: folder });
  });

  test("has a library that loads without any dependency", async () => {
    // A copy of the package, in a folder where no other package can be found.
    const alone = join(folder, "alone");
    await cp(installed, join(alone, "node_modules/portcall"), { recursive: true });
    await rm(join(folder, "node_modules"), { recursive: true });
    const evaluate = async (program: string): Promise<string> =>
      (await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: alone })).stdout;
    const loads = `import { connect, serve } from "portcall"; console.log(typeof connect, typeof serve);`;
    assert.equal(await evaluate(loads), "function function\n");
    const sockets = `import { connect } from "portcall/sockets"; import { TCPSocket } from "portcall/direct-sockets";
      console.log(typeof connect, typeof TCPSocket);`;
    assert.equal(await evaluate(sockets), "function function\n");
    // The tools for tests are of the same copy: a codec's error is the library's, or the suite would not know it.
    const tests = `
      import { lines, NetError } from "portcall";
      import { FakeClock, openPair, testCodec } from "portcall/testing";
      const pair = await openPair({ client: { clock: new FakeClock() } });
      pair.client.abort();
      const error = await pair.client.read().catch((reason) => reason);
      await pair.close();
      const tests = [];
      testCodec(
        { codec: lines(), messages: ["", "a", "b"], cutShort: "is a message", limit: {
          codec: lines({ lineBytesMax: 1 }), option: "lineBytesMax", bytesMax: 1, framingBytes: 1,
          exactly: Buffer.from("a\\n"), oneMore: Buffer.from("ab\\n") } },
        (name, run) => tests.push(run),
      );
      for (const run of tests) run();
      console.log(error instanceof NetError, tests.length > 10);
    `;
    assert.equal(await evaluate(tests), "true true\n");
  });
});
