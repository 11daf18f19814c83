/**
 * The package in other people's projects: CommonJS and ES modules, each way in which TypeScript finds a package, and
 * programs that a bundler has put into one file. `npm run compat` does the same with many versions of many tools.
 */
import assert from "node:assert/strict";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { before, describe, test } from "node:test";
import { build } from "rolldown";
import { whyNoEpoll } from "../../src/engine.ts";
import { installPackage, run } from "../support/installed-package.ts";
import { temporaryFolder } from "../support/folder.ts";

const noAddon = process.arch === "x64" ? whyNoEpoll() : "the addon is prebuilt for x64 alone";

/** Prints the engine, what an echo has answered, and why there is no addon. */
const echo = `
  const server = await serve({ port: 0 }, { bytes: (client, view) => void client.write(view) });
  const client = await connect("127.0.0.1:" + server.address.port);
  await client.write("hello");
  const received = Buffer.from(await client.readExactly(5)).toString();
  await client.close();
  await server.close();
  console.log(JSON.stringify({ received, engine: chooseEngine("auto").name, whyNot: whyNoEpoll() }));`;

interface Said {
  readonly received: string;
  readonly engine: string;
  readonly whyNot?: string;
}

describe("the package in a project", () => {
  const folder = temporaryFolder();

  before(() => installPackage(folder));

  async function write(name: string, text: string): Promise<string> {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  }

  async function say(file: string): Promise<Said> {
    const { stdout } = await run(process.execPath, [file], { cwd: tmpdir() });
    return JSON.parse(stdout) as Said;
  }

  test("is one copy for `import` and for `require`", async () => {
    const file = await write(
      "both.mjs",
      `import { createRequire } from "node:module";
       import * as imported from "portcall";
       import * as engine from "portcall/engine";
       import * as testing from "portcall/testing";
       import * as sockets from "portcall/sockets";
       import * as direct from "portcall/direct-sockets";
       const require = createRequire(import.meta.url);
       const required = require("portcall");
       console.log(JSON.stringify({
         different: Object.keys(required).filter((name) => required[name] !== imported[name]),
         names: [Object.keys(required).length, Object.keys(imported).length],
         engine: require("portcall/engine").createMemoryEngine === engine.createMemoryEngine,
         testing: require("portcall/testing").FakeClock === testing.FakeClock,
         sockets: require("portcall/sockets").Socket === sockets.Socket &&
           require("portcall/direct-sockets").TCPSocket === direct.TCPSocket,
       }));`,
    );
    const { stdout } = await run(process.execPath, [file]);
    const { different, names, engine, testing, sockets } = JSON.parse(stdout) as {
      different: string[];
      names: [number, number];
      engine: boolean;
      testing: boolean;
      sockets: boolean;
    };
    assert.deepEqual(different, []);
    assert.equal(names[0], names[1]);
    assert.ok(names[0] > 20);
    assert.deepEqual([engine, testing, sockets], [true, true, true]);
  });

  test("serves CommonJS", async () => {
    const file = await write(
      "program.cjs",
      `const { connect, serve } = require("portcall");\nconst { chooseEngine, whyNoEpoll } = require("portcall/engine");\n(async () => {${echo}})();`,
    );
    assert.equal((await say(file)).received, "hello");
  });

  describe("bundled into one file", () => {
    const cases = [
      { form: "esm", from: "import" },
      { form: "esm", from: "require" },
      { form: "cjs", from: "import" },
      { form: "cjs", from: "require" },
    ] as const;

    async function bundle(form: "esm" | "cjs", from: "import" | "require", into: string): Promise<string> {
      const [names, engine] = ["{ connect, serve }", "{ chooseEngine, whyNoEpoll }"];
      const head =
        from === "import"
          ? `import ${names} from "portcall";\nimport ${engine} from "portcall/engine";\n`
          : `const ${names} = require("portcall");\nconst ${engine} = require("portcall/engine");\n`;
      const input = await write(
        from === "import" ? "entry.mjs" : "entry.cjs",
        `${head}(async () => {${echo}})();`,
      );
      const file = join(into, form === "esm" ? "bundle.mjs" : "bundle.cjs");
      const warnings: string[] = [];
      await build({
        input,
        platform: "node",
        onLog: (_level, { message }) => warnings.push(message),
        output: { file, format: form, codeSplitting: false },
      });
      assert.deepEqual(warnings, []);
      assert.doesNotMatch(await readFile(file, "utf8"), /from "portcall"|require\("portcall"\)/);
      return file;
    }

    for (const { form, from } of cases) {
      test(`${form} of ${from}: uses the addon of the package beside it`, { skip: noAddon }, async () => {
        const said = await say(await bundle(form, from, join(folder, "out")));
        assert.equal(said.received, "hello");
        assert.equal(said.whyNot, undefined);
        assert.match(said.engine, /^(epoll|io_uring)$/);
      });

      test(`${form} of ${from}: runs alone, and says why it has no addon`, async (t) => {
        const said = await say(await bundle(form, from, temporaryFolder(t)));
        assert.deepEqual([said.received, said.engine], ["hello", "portable"]);
        if (process.platform !== "linux") return;
        assert.match(
          said.whyNot ?? "",
          /^this is a bundle without the addon.* no installed portcall is beside it$/,
        );
      });
    }

    test("does not call the addon of another version", async (t) => {
      if (process.platform !== "linux") return t.skip("there is no addon");
      const other = temporaryFolder(t);
      await cp(join(folder, "node_modules/portcall"), join(other, "node_modules/portcall"), {
        recursive: true,
      });
      const manifest = join(other, "node_modules/portcall/package.json");
      const text = await readFile(manifest, "utf8");
      await writeFile(manifest, text.replace(/"version": "[^"]*"/, `"version": "99.0.0"`));
      const said = await say(await bundle("esm", "import", other));
      assert.equal(said.received, "hello");
      assert.match(said.whyNot ?? "", /^this is a bundle .*version 99\.0\.0 is installed beside it$/);
    });
  });

  describe("its types", () => {
    /** Uses what a program uses, and holds the types to what they are: a wrong line must be an error. */
    const program = `
      import { connect, lines, NetError, serve, type Connection, type Server } from "portcall";
      import { FakeClock } from "portcall/testing";
      export const clock: FakeClock = new FakeClock();
      export async function talk(): Promise<string | null | undefined> {
        const server: Server = await serve({ port: 0, codec: lines() }, async (client) => {
          for await (const line of client) await client.send(line.toUpperCase());
        });
        const client: Connection<string, string> = await connect("localhost:1", { codec: lines() });
        // @ts-expect-error a line is a string
        await client.send(1);
        try {
          await server.close();
          return await client.receive();
        } catch (error) {
          return error instanceof NetError ? error.code : undefined;
        }
      }`;

    for (const { module, resolution, type } of [
      { module: "node16", resolution: "node16", type: "module" },
      { module: "node16", resolution: "node16", type: "commonjs" },
      { module: "nodenext", resolution: "nodenext", type: "module" },
      { module: "nodenext", resolution: "nodenext", type: "commonjs" },
      { module: "preserve", resolution: "bundler", type: "module" },
    ]) {
      test(`compile under ${resolution}, in a package of type ${type}`, async () => {
        const project = join(folder, `types-${resolution}-${type}`);
        await mkdir(project, { recursive: true });
        await writeFile(join(project, "package.json"), JSON.stringify({ private: true, type }));
        await writeFile(join(project, "program.ts"), program);
        const options = {
          noEmit: true,
          strict: true,
          skipLibCheck: false,
          target: "es2022",
          types: ["node"],
        };
        const typeRoots = [resolve("node_modules/@types")];
        const compilerOptions = { ...options, typeRoots, module, moduleResolution: resolution };
        const config = { compilerOptions, files: ["program.ts"] };
        await writeFile(join(project, "tsconfig.json"), JSON.stringify(config));
        await run(process.execPath, [resolve("node_modules/typescript/bin/tsc"), "-p", project]);
      });
    }
  });
});
