/** The API reference: each export of each public entry has a section, each member is documented, and each option leads to its row. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseSync } from "oxc-parser";
import { parseComment } from "../../scripts/docs/api/comment.ts";
import { readExports, type Export } from "../../scripts/docs/api/model.ts";
import { apiPages } from "../../scripts/docs/api/pages.ts";
import { anchorOf, linksTo, topicsWith } from "../../scripts/docs/api/topics.ts";
import { optionsPage } from "../../scripts/docs/options.ts";
import { optionNames, rowOf } from "../../src/net/options/table.ts";
import * as engine from "../../src/engine.ts";
import * as library from "../../src/index.ts";
import * as direct from "../../src/sockets/direct/index.ts";
import * as sockets from "../../src/sockets/index.ts";
import * as testing from "../../src/testing/index.ts";

const all = readExports();
const pages = apiPages(all);
const sources = all.map(({ name, items }) => ({ name, source: items[0].fileUrlPath ?? "" }));
const linkOf = linksTo(topicsWith(sources));

/** The section of an export, from its heading to the next. */
function sectionOf(name: string): string {
  const [page = "", anchor] = linkOf(name)?.split("#") ?? [];
  assert.equal(anchor, anchorOf(name));
  const section = pages
    .get(page)
    ?.split(/^(?=## )/m)
    .find((text) => text.startsWith(`## ${name}\n`));
  assert.ok(section !== undefined, `${page} has no section ${name}`);
  return section;
}

/** The names that a module exports: its values at run time, its types from its source. */
function exportedBy(values: object, path: string): string[] {
  const { module } = parseSync(path, readFileSync(path, "utf8"));
  const listed = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ exportName }) => exportName.name ?? []),
  );
  return [...new Set([...Object.keys(values), ...listed])].toSorted();
}

for (const [entry, values, path] of [
  ["portcall", library, "src/index.ts"],
  ["portcall/engine", engine, "src/engine.ts"],
  ["portcall/testing", testing, "src/testing/index.ts"],
  ["portcall/sockets", sockets, "src/sockets/index.ts"],
  ["portcall/direct-sockets", direct, "src/sockets/direct/index.ts"],
] as const) {
  test(`each export of ${entry} has a section that says how to import it, and a row in the index`, () => {
    const names = exportedBy(values, path);
    assert.ok(names.length > 7);
    for (const exported of names) {
      const heading = all.find((one) => one.entry === entry && one.items[0].name === exported)?.name;
      assert.ok(heading !== undefined, exported);
      const name = heading.replace(".", String.raw`\.`);
      assert.match(
        sectionOf(heading),
        new RegExp(
          `^## ${name}\n\n(Class|Interface|Function|Type|Constant): \`import (type )?\\{ ${exported} \\} from "${entry}";\`\n\n\\S`,
        ),
      );
      assert.match(
        pages.get("README.md") ?? "",
        new RegExp(`\\| \\[\`${name}\`\\]\\(${linkOf(heading)}\\) \\| \\w+ \\| \\S`),
      );
    }
  });
}

test("the public entries are those of package.json", () => {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly exports: object };
  const documented = [...new Set(all.map(({ entry }) => entry))];
  assert.deepEqual(
    Object.keys(exports).filter((name) => name !== "./package.json"),
    documented.map((name) => name.replace(/^portcall/, ".")),
  );
});

test("each member of each class and interface is in its section, with its comment", () => {
  let members = 0;
  for (const { name, items } of all) {
    for (const { name: member = "constructor", docComment = "" } of items[0].members ?? []) {
      members++;
      const section = sectionOf(name);
      const start = /^\w+$/.test(member)
        ? new RegExp(`^(- \`${member}\\??:?\`|### ${name}\\.${member}$|### new ${name}$)`, "m")
        : member;
      assert.ok(start instanceof RegExp ? start.test(section) : section.includes(start), `${name}.${member}`);
      const [first = ""] = parseComment(docComment).text.split("\n");
      // Names in it have become links.
      const words = first.replaceAll(/`[^`]*`/g, "\0").split("\0")[0] ?? "";
      assert.ok(section.includes(words), `${name}.${member}: ${words}`);
    }
  }
  assert.ok(members > 300);
});

test("members stand in the order of the source", () => {
  const places = ["host", "port", "path", "backlog", "onError"].map((name) =>
    sectionOf("ServeOptions").indexOf(`\n- \`${name}?:`),
  );
  assert.deepEqual(
    places,
    places.toSorted((one, other) => one - other),
  );
  assert.ok(places.every((endpoint) => endpoint > 0));
  const methods = [...sectionOf("Server").matchAll(/^### Server\.?(\S+)$/gm)].map(([, name]) => name);
  assert.deepEqual(methods, ["pause", "resume", "setTls", "unref", "ref", "close", "[Symbol.asyncDispose]"]);
});

test("each option leads to its row, and the row back", () => {
  const options = optionsPage();
  const interfaces = {
    connect: "ConnectOptions",
    serve: "ServeOptions",
    bindUdp: "BindUdpOptions",
    connectUdp: "ConnectUdpOptions",
  } as const;
  for (const name of optionNames) {
    for (const call of rowOf(name).calls) {
      const holders = [interfaces[call], ...ancestorsOf(interfaces[call])];
      const holder = holders.find((one) => sectionOf(one).includes(`\n- \`${name}?`));
      assert.ok(holder !== undefined, `${name} of ${call}`);
      assert.ok(sectionOf(holder).includes(`(../options.md#${name.toLowerCase()})`), `${name} of ${holder}`);
      const row = options.split(/^(?=## )/m).find((text) => text.startsWith(`## ${name}\n`)) ?? "";
      assert.ok(row.includes(`(api/${linkOf(holder)})`), `the row ${name} does not lead to ${holder}`);
    }
  }
});

function ancestorsOf(name: string): string[] {
  const parents = sectionOf(name).matchAll(/^Also has the members of \[`(\w+)`\]/gm);
  return [...parents].flatMap(([, parent = ""]) => [parent, ...ancestorsOf(parent)]);
}

test("an export that no page lists is on the page for the folder of its source, the nearest one", () => {
  for (const [source, page] of [
    ["src/net/server/novel.ts", "servers.md"],
    ["src/codec/novel.ts", "codecs.md"],
    ["src/codec/telnet/novel.ts", "telnet.md"],
  ] as const) {
    assert.equal(linksTo(topicsWith([...sources, { name: "novel", source }]))("novel"), `${page}#novel`);
  }
});

test("a public declaration names only what an entry exports, except parts of two lists of names", () => {
  const unexported = all.flatMap((one) => one.unexported.map((part) => `${one.name}: ${part.name}`));
  assert.deepEqual(unexported.toSorted(), [
    "KnownErrorCode: KnownSystemCode",
    "KnownErrorCode: OwnErrorCode",
    "LimitName: FixedLimitName",
    "LimitName: LimitOption",
  ]);
});

const item: Export["items"][0] = {
  kind: "Function",
  name: "connect",
  canonicalReference: "portcall!connect:function(1)",
  docComment: "/** Connects. */",
  excerptTokens: [{ kind: "Content", text: "export declare function connect(): void;" }],
};

test("an export or a member without a comment makes no page, nor does one that is on none", () => {
  const withFirst = (items: Export["items"]): Export[] =>
    all.map((one) => (one.name === "connect" ? { ...one, items } : one));
  assert.ok(
    apiPages(withFirst([item]))
      .get("clients.md")
      ?.includes("\nConnects.\n"),
  );
  assert.throws(
    () => apiPages(withFirst([{ ...item, docComment: "" }])),
    /^Error: connect has no doc comment$/,
  );
  const member = {
    ...item,
    kind: "Method" as const,
    name: "go",
    docComment: "/** @throws {Error} always. */",
  };
  assert.throws(
    () => apiPages(withFirst([{ ...item, kind: "Class", members: [member] }])),
    /^Error: connect\.go has no doc comment$/,
  );
  assert.throws(
    () =>
      apiPages([
        ...all,
        { name: "novel", entry: "portcall", items: [{ ...item, name: "novel" }], unexported: [] },
      ]),
    /^Error: novel is on no page/,
  );
  assert.throws(
    () => apiPages(all.filter(({ name }) => name !== "serve")),
    /lists what is no export: serve$/,
  );
});

test("a comment is taken apart into its text and its blocks", () => {
  const comment = parseComment(
    "/**\n * Sends.\n *\n * All of it.\n *\n * @param data - bytes\n *  or text\n *\n * @returns how many\n *\n * @throws\n *\n * {TypeError} for\n *  others.\n *\n * @example\n *\n * send(1);\n */\n",
  );
  assert.deepEqual(comment, {
    text: "Sends.\n\nAll of it.",
    params: new Map([["data", "bytes or text"]]),
    returns: "how many",
    throws: ["`TypeError` for others."],
    examples: ["send(1);"],
  });
  assert.throws(() => parseComment("/**\n * Sends.\n * @deprecated no\n */"), /does not show @deprecated/);
});
