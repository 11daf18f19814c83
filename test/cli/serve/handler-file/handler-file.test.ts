/**
 * `portcall serve ./handler.mjs`: a file of the user's own, and what is said when something
 * is wrong with it.
 */
import assert from "node:assert/strict";
import { mkdirSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { commandPath, portcall, start, type Child } from "../../../support/command.ts";
import { temporaryFolder } from "../../../support/folder.ts";
import { passiveClient, portOf, receives, receivesEnd } from "../../support/passive-peers.ts";

/** A folder outside any project, with these files in it. */
function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(temporaryFolder(t));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

interface Served {
  readonly server: Child;
  readonly folder: string;
  readonly dial: () => ReturnType<typeof passiveClient>;
}

async function serving(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Served> {
  const folder = folderWith(t, files);
  const server = portcall(t, ["serve", ...args], { cwd: folder });
  const port = await portOf(server);
  return { server, folder, dial: () => passiveClient(t, { host: "127.0.0.1", port }) };
}

/** All bytes that a client receives after it sends this and FIN. */
async function talk({ dial }: Served, said = ""): Promise<string> {
  const client = await dial();
  client.end(said);
  return (await receivesEnd(client)).toString();
}

/** A file with which `serve` ends at once. */
async function refused(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  file: string,
): Promise<string> {
  const child = portcall(t, ["serve", file, ":0"], { cwd: folderWith(t, files) });
  assert.equal(await child.code(), 3, child.stderr);
  assert.match(child.stderr, /^portcall serve: [^\n]+\n$/, "one line");
  return child.stderr.slice("portcall serve: ".length, -1);
}

const shout = `
import { lines } from "portcall";
export const options = { codec: lines() };
export default async function (client) {
  for await (const line of client) await client.send(line.toUpperCase());
}
`;

describe("serve ./handler.mjs", { concurrency: 3 }, () => {
  test("serves what the file exports, wherever it lies, with portcall from the command", async (t) => {
    const served = await serving(t, { "deep/er/shout.mjs": shout }, "./deep/er/shout.mjs", ":0");
    assert.match(
      served.server.stderr,
      /^listening on 127\.0\.0\.1:\d+ \(\.\/deep\/er\/shout\.mjs\); try: telnet/,
    );
    assert.equal(await talk(served, "quiet\nplease\n"), "QUIET\nPLEASE\n");
  });

  const forms: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "a function, bytes without a codec": {
      "h.mjs": `export default async (client) => { for await (const chunk of client) await client.write(chunk); };`,
    },
    "a function that is given the server": {
      "h.mjs": `export default async (client, server) => {
        const chunk = await client.read();
        await client.write(server.stats.connections === 1 && server.drainSignal.aborted === false ? chunk : "no");
      };`,
    },
    "a raw handler": {
      "h.mjs": `export default { bytes(connection, view) { connection.write(view); } };`,
    },
    "{ options, handler } as the default": {
      "h.mjs": `import { lines } from "portcall";
        export default { options: { codec: lines() }, handler: async (client) => client.send(await client.receive()) };`,
    },
    "options and handler by their names": {
      "h.mjs": `import { lines } from "portcall";
        export const options = { codec: lines() };
        export const handler = async (client) => client.send(await client.receive());`,
    },
    "a CommonJS module": {
      "h.cjs": `module.exports = async (client) => client.write(await client.read());`,
    },
    "what a compiler makes of it for CommonJS": {
      "h.cjs": `exports.__esModule = true; exports.default = async (client) => client.write(await client.read());`,
    },
    "a .js file in a package of modules": {
      "package.json": `{ "type": "module" }`,
      "h.js": `export default async (client) => client.write(await client.read());`,
    },
    "a .js file without a package": {
      "h.js": `export default async (client) => client.write(await client.read());`,
    },
    "a file with another portcall installed": {
      "node_modules/portcall/package.json": `{ "name": "portcall", "exports": "./index.js" }`,
      "node_modules/portcall/index.js": `throw new Error("the wrong one");`,
      "h.mjs": `import { lines } from "portcall"; export default async (client) => {
        const client2 = client.useCodec(lines()); await client2.send(await client2.receive());
      };`,
    },
  };
  for (const [form, files] of Object.entries(forms)) {
    test(`takes ${form}`, async (t) => {
      const file = Object.keys(files).at(-1) as string;
      assert.equal(await talk(await serving(t, files, file, ":0"), "hello\n"), "hello\n");
    });
  }

  test("its errors are the command's own: a line that is too long is reported as a limit", async (t) => {
    const served = await serving(
      t,
      { "shout.mjs": shout.replace("lines()", "lines({ lineBytesMax: 3 })") },
      "shout.mjs",
      ":0",
    );
    await talk(served, "quiet\n");
    await served.server.printsOnStderr(
      /left: limit by us \(receive \S+ a line is longer than 3 bytes \(lineBytesMax\)\)/,
    );
  });

  test("listens where its options say, unless the command line says otherwise", async (t) => {
    const h = `export const options = { port: 0, host: "127.0.0.2" }; export default () => {};`;
    const served = await serving(t, { "h.mjs": h }, "h.mjs");
    assert.match(served.server.stderr, /^listening on 127\.0\.0\.2:/);
    const other = await serving(t, { "h.mjs": h }, "h.mjs", ":0");
    assert.match(other.server.stderr, /^listening on 127\.0\.0\.1:/);
  });

  test("the options of the command line go before its own, and those it leaves out stay", async (t) => {
    const h = `export const options = { port: 0, acceptMax: 5, concurrency: 1, onEvent: ({ type }) => console.error("saw", type) };
      export default async (client, server) => { await client.write("hello"); await client.read(); };`;
    const served = await serving(t, { "h.mjs": h }, "h.mjs", "--connections", "2");
    const first = await served.dial();
    await receives(first, 5);
    const second = await served.dial();
    first.end();
    await receivesEnd(first);
    second.end();
    assert.equal((await receivesEnd(second)).toString(), "hello");
    assert.equal(await served.server.code(), 0);
    assert.equal(served.server.stderr.match(/^saw closed$/gm)?.length, 2);
    assert.match(served.server.stderr, /^saw acceptingPaused$/m);
  });

  test("a handler that throws closes its own client, and the error has its location in the file", async (t) => {
    const h = `export default async (client) => {\n  await client.read();\n  null.x;\n};\n`;
    const served = await serving(t, { "h.mjs": h }, "./h.mjs", ":0");
    await assert.rejects(talk(served, "x"), { code: "ECONNRESET" });
    await served.server.printsOnStderr(
      /the handler failed: Cannot read properties of null \(reading 'x'\) \(h\.mjs:3:8\)\n/,
    );
    await assert.rejects(talk(served, "x"), { code: "ECONNRESET" });
  });

  test("an uncaught error is reported as the file's, not as portcall's", async (t) => {
    const h = `export default () => {\n  setTimeout(() => {\n    throw new Error("too late");\n  }, 0);\n};\n`;
    const served = await serving(t, { "h.mjs": h }, "./h.mjs", ":0");
    await served.dial();
    assert.equal(await served.server.code(), 3);
    assert.match(served.server.stderr, /^portcall: h\.mjs:3:11: uncaught Error: too late$/m);
  });
});

describe("an invalid handler file is reported in one line, with the location", { concurrency: 3 }, () => {
  const rows: readonly (readonly [what: string, files: Readonly<Record<string, string>>, says: RegExp])[] = [
    [
      "a syntax error",
      { "h.mjs": "export default 1;\nconst x = ;\n" },
      /^h\.mjs:2:11: SyntaxError: Unexpected token ';'$/,
    ],
    [
      "a syntax error in what it imports",
      { "lib/x.mjs": "\n\nexport const = 1;", "h.mjs": `import "./lib/x.mjs"; export default () => {};` },
      /^lib\/x\.mjs:3:14: SyntaxError: /,
    ],
    ["a syntax error of CommonJS", { "h.cjs": "\nconst x = ;\n" }, /^h\.cjs:2:11: SyntaxError: /],
    [
      "an import that is not exported",
      { "h.mjs": `\nimport { nope } from "portcall";` },
      /^h\.mjs:2:10: SyntaxError: .*portcall.*nope/,
    ],
    [
      "an import that is not there",
      { "h.mjs": `import "./nope.mjs";` },
      /^\.\/h\.mjs: Cannot find module '\S+nope\.mjs' imported from \S+h\.mjs$/,
    ],
    ["a package that is not there", { "h.mjs": `import "nope";` }, /^\.\/h\.mjs: Cannot find package 'nope'/],
    [
      "a throw when it is loaded",
      { "h.mjs": `\n\nthrow new RangeError("boom\\nand more");` },
      /^h\.mjs:3:7: RangeError: boom$/,
    ],
    [
      "a throw in what it calls",
      {
        "x.mjs": "export function f() {\n  return null.x;\n}\n",
        "h.mjs": `import { f } from "./x.mjs"; f();`,
      },
      /^x\.mjs:2:15: TypeError: /,
    ],
    [
      "a throw of what is no error",
      { "h.mjs": `throw "words";` },
      /^\.\/h\.mjs: threw words when it was loaded$/,
    ],
    [
      "no export",
      { "h.mjs": `const x = 1;` },
      /^\.\/h\.mjs exports no handler: write export default async \(client\)/,
    ],
    ["another export", { "h.mjs": `export default 3;` }, /^\.\/h\.mjs exports no handler/],
    ["null", { "h.mjs": `export default null;` }, /^\.\/h\.mjs exports no handler/],
    [
      "options without a handler",
      { "h.mjs": `export default { options: {} };` },
      /^\.\/h\.mjs exports no handler/,
    ],
    [
      "options that are none",
      { "h.mjs": `export const options = 3; export default () => {};` },
      /^\.\/h\.mjs: options is 3, not an object$/,
    ],
    [
      "a call of portcall that cannot be",
      { "h.mjs": `import { lines } from "portcall";\nlines({ ending: "cr" });` },
      /^h\.mjs:2:1: TypeError: lines: ending/,
    ],
    [
      "an option that cannot be",
      { "h.mjs": `export const options = { idleTimeoutMs: -1 }; export default () => {};` },
      /^\.\/h\.mjs: options: idleTimeoutMs: -1 is not a number of milliseconds/,
    ],
    ["no file", { "other.mjs": "", "x/h.mjs": "" }, /^\.\/h\.mjs: no such file$/],
    ["a folder", { "h.mjs/x": "" }, /^\.\/h\.mjs: is a folder, not a handler file$/],
    [
      "an escape that a terminal would obey",
      { "h.mjs": `throw new Error("\\x1b[31mred");` },
      /^h\.mjs:1:7: Error: \^\[\[31mred$/,
    ],
  ];
  for (const [what, files, says] of rows) {
    test(what, async (t) => {
      const file = Object.keys(files).some((name) => name.endsWith(".cjs")) ? "./h.cjs" : "./h.mjs";
      assert.match(await refused(t, files, file), says);
    });
  }

  const strips = Boolean((process.features as { typescript?: unknown }).typescript);
  test(
    "TypeScript that cannot be stripped is reported with its location",
    { skip: !strips && "this Node does not run TypeScript" },
    async (t) => {
      const said = await refused(t, { "h.ts": "\nenum A { B }\nexport default () => A.B;\n" }, "./h.ts");
      assert.match(said, /^h\.ts:2:1: SyntaxError: TypeScript enum is not supported/);
    },
  );

  test("TypeScript runs as it is", { skip: !strips && "this Node does not run TypeScript" }, async (t) => {
    const h = `import type { Connection } from "portcall";
      import { tail } from "./tail.ts";
      export default async (client: Connection): Promise<void> => client.write(\`typed\${tail}\`);`;
    const files = { "tail.ts": `export const tail: string = "!";`, "h.ts": h };
    const served = await serving(t, files, "./h.ts", ":0", "--watch");
    assert.equal(await talk(served), "typed!");
    writeFileSync(join(served.folder, "tail.ts"), `export const tail: string = "?";`);
    await served.server.printsOnStderr(/new clients get the new version\n/);
    assert.equal(await talk(served), "typed?");
  });

  test(
    "TypeScript, where Node does not run it: what to do",
    { skip: strips && "this Node runs TypeScript" },
    async (t) => {
      const said = await refused(t, { "h.ts": `export default (): void => {};` }, "./h.ts");
      assert.match(
        said,
        /^\.\/h\.ts: Node \S+ does not run TypeScript: use Node 22\.18 or newer, .*, or write JavaScript$/,
      );
    },
  );
});

describe("serve ./handler.mjs --watch", { concurrency: 3 }, () => {
  const version = (name: string): string =>
    `import { tail } from "./tail.mjs";\nexport default async (client) => {\n  await client.write("${name}" + tail);\n  await client.read();\n  await client.write("still ${name}" + tail);\n};\n`;
  const files = { "tail.mjs": `export const tail = "!\\n";\n`, "h.mjs": version("one") };

  test("new clients get the new version, and connected clients finish with the old one", async (t) => {
    const served = await serving(t, files, "./h.mjs", ":0", "--watch");
    const early = await served.dial();
    await receives(early, 5);
    writeFileSync(join(served.folder, "h.mjs"), version("two"));
    await served.server.printsOnStderr(/^\.\/h\.mjs: new clients get the new version$/m);
    assert.equal(await talk(served), "two!\nstill two!\n");
    early.end();
    assert.equal((await receivesEnd(early)).toString(), "one!\nstill one!\n");
  });

  test("a change of what it imports is one of the handler, and so is a file put in its place", async (t) => {
    const served = await serving(t, files, "./h.mjs", ":0", "--watch");
    writeFileSync(join(served.folder, "new"), `export const tail = "?\\n";\n`);
    renameSync(join(served.folder, "new"), join(served.folder, "tail.mjs"));
    await served.server.printsOnStderr(/new clients get the new version\n/);
    assert.equal(await talk(served), "one?\nstill one?\n");
  });

  test("a broken version is reported in one line, and the previous one stays until it is fixed", async (t) => {
    const served = await serving(t, files, "./h.mjs", ":0", "--watch");
    writeFileSync(join(served.folder, "tail.mjs"), "export const tail = ;\n");
    await served.server.printsOnStderr(
      /^tail\.mjs:1:21: SyntaxError: Unexpected token ';'; new clients still get the previous version$/m,
    );
    assert.equal(await talk(served), "one!\nstill one!\n");
    writeFileSync(
      join(served.folder, "tail.mjs"),
      `import { more } from "./more.mjs"; export const tail = more;\n`,
    );
    await served.server.printsOnStderr(
      /Cannot find module '\S+more\.mjs'.*; new clients still get the previous version\n/,
    );
    writeFileSync(join(served.folder, "more.mjs"), `export const more = "...\\n";\n`);
    await served.server.printsOnStderr(/new clients get the new version\n/);
    assert.equal(await talk(served), "one...\nstill one...\n");
  });

  test("a new codec applies to new clients; a warning says that server options stay", async (t) => {
    const h = (codec: string, concurrency: number): string =>
      `import { ${codec} } from "portcall";
       export const options = { codec: ${codec}(${codec === "fixed" ? 2 : ""}), concurrency: ${concurrency} };
       export default async (client) => { await client.write(await client.receive()); };`;
    const served = await serving(t, { "h.mjs": h("lines", 5) }, "h.mjs", ":0", "--watch");
    assert.equal(await talk(served, "abcd\n"), "abcd");
    writeFileSync(join(served.folder, "h.mjs"), h("fixed", 6));
    await served.server.printsOnStderr(
      /h\.mjs: new clients get the new version; restart serve to apply concurrency\n/,
    );
    assert.equal(await talk(served, "abcd\n"), "ab");
  });

  test("raw handlers and CommonJS modules are exchanged too, but not one kind for the other", async (t) => {
    const h = (text: string): string =>
      `const { text } = require("./text.cjs"); module.exports = { bytes(c) { c.write("${text} " + text); c.close(); } };`;
    const raws = { "text.cjs": `exports.text = "a";`, "h.cjs": h("one") };
    const served = await serving(t, raws, "./h.cjs", ":0", "--watch");
    assert.equal(await talk(served, "x"), "one a");
    writeFileSync(join(served.folder, "h.cjs"), h("two"));
    await served.server.printsOnStderr(/new clients get the new version\n/);
    assert.equal(await talk(served, "x"), "two a");
    writeFileSync(join(served.folder, "h.cjs"), "module.exports = () => {};");
    await served.server.printsOnStderr(
      /a function and a raw handler cannot replace each other; restart serve for that; new clients/,
    );
    assert.equal(await talk(served, "x"), "two a");
  });

  test("watching keeps nothing open: Ctrl-C ends it", async (t) => {
    const { server } = await serving(t, files, "./h.mjs", ":0", "--watch");
    server.kill("SIGINT");
    assert.equal(await server.code(), 0);
  });

  test("--watch without a file is refused", async (t) => {
    const child = start(t, process.execPath, [commandPath, "serve", "echo", "--watch"]);
    assert.equal(await child.code(), 2);
    assert.equal(child.stderr, "portcall serve: --watch is for a handler file, as in ./handler.ts\n");
  });
});
