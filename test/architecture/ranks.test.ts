/** Holds the sources to the table of ranks, and the checker itself to small made-up trees. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { checkRanks, folders } from "./ranks.ts";

test("every import in src keeps the ranks", () => {
  const { imports, violations } = checkRanks(sources());
  assert.ok(imports > 0, "the check saw no import at all");
  assert.deepEqual(violations, []);
});

describe("the rank check", () => {
  const connect = { "src/net/connect.ts": "export const connect = 1;" };
  const codec = {
    "src/codec/index.ts": `export * from "./lines.ts";`,
    "src/codec/lines.ts": "export const lines = 1;",
  };

  test("lets through what the rules allow", () => {
    const verdict = check({
      ...codec,
      "src/index.ts": `export { lines } from "./codec/index.ts"; export { a } from "./base/a.ts";`,
      "src/base/a.ts": "export const a = 1;",
      "src/wire/index.ts": `export * from "./portable/tcp.ts";`,
      "src/wire/portable/tcp.ts": `import net from "node:net"; import { a } from "../../base/a.ts"; import type { W } from "../wire.ts";`,
      "src/wire/wire.ts": "export interface W {}",
      "src/net/lookup.ts": `import dns from "node:dns/promises"; import { lines } from "../codec/index.ts";`,
      "src/cli/main.ts": `import process from "node:process"; import { run } from "@stricli/core"; await import(process.argv[2]);`,
    });
    assert.deepEqual(verdict, { imports: 11, violations: [] });
  });

  const forbidden: [name: string, tree: Record<string, string>, expected: RegExp][] = [
    [
      "an import of a higher rank",
      { ...connect, "src/codec/lines.ts": `import { connect } from "../net/connect.ts";` },
      /^src\/codec\/lines\.ts:1 imports src\/net\/connect\.ts: codec\/ \(rank 1\) may import lower ranks only/,
    ],
    [
      "an import of a higher rank for its types only",
      { "src/net/index.ts": "", "src/wire/wire.ts": `\nimport type { C } from "../net/index.ts";` },
      /^src\/wire\/wire\.ts:2 imports src\/net\/index\.ts: wire\/ \(rank 2\)/,
    ],
    [
      "one tool that imports another",
      { "src/load/index.ts": "", "src/proxy/proxy.ts": `import "../load/index.ts";` },
      /^src\/proxy\/proxy\.ts:1 .*: proxy\/ \(rank 4\) may import lower ranks only, and load\/ has rank 4$/,
    ],
    [
      "a reach past an index",
      { ...codec, "src/net/connect.ts": `import { lines } from "../codec/lines.ts";` },
      /^src\/net\/connect\.ts:1 imports src\/codec\/lines\.ts: reach codec\/ through its index\.ts$/,
    ],
    [
      "a reach past an index by the library's face",
      { ...codec, "src/index.ts": `export { lines } from "./codec/lines.ts";` },
      /^src\/index\.ts:1 .* reach codec\/ through its index\.ts$/,
    ],
    [
      "a reach past an index in an import type",
      { ...codec, "src/net/connect.ts": `export type L = import("../codec/lines.ts").Lines;` },
      /reach codec\/ through its index\.ts$/,
    ],
    [
      "a dynamic import of a higher rank",
      { ...connect, "src/base/clock.ts": `export const load = () => import("../net/connect.ts");` },
      /^src\/base\/clock\.ts:1 .*: base\/ \(rank 0\)/,
    ],
    [
      "an import of the library's face",
      { "src/index.ts": "", "src/cli/main.ts": `import "../index.ts";` },
      /src does not import the library's own face$/,
    ],
    [
      "a face that contains the command",
      { "src/cli/index.ts": "", "src/index.ts": `export * from "./cli/index.ts";` },
      /the library does not contain the command$/,
    ],
    [
      "a circle of imports",
      {
        "src/net/client/a.ts": `import "./b.ts";`,
        "src/net/client/b.ts": `import "./c.ts";`,
        "src/net/client/c.ts": `import "./a.ts";`,
      },
      /^circle of imports: src\/net\/client\/a\.ts -> src\/net\/client\/b\.ts -> src\/net\/client\/c\.ts -> src\/net\/client\/a\.ts$/,
    ],
    [
      "a circle through types only",
      {
        "src/base/a.ts": `import type { B } from "./b.ts";`,
        "src/base/b.ts": `import { type A } from "./a.ts";`,
      },
      /^circle of imports: src\/base\/a\.ts -> src\/base\/b\.ts -> src\/base\/a\.ts$/,
    ],
    [
      "a file that imports itself",
      { "src/base/a.ts": `export type A = import("./a.ts").A;` },
      /^circle of imports: src\/base\/a\.ts -> src\/base\/a\.ts$/,
    ],
    [
      "a node: module in base",
      { "src/base/a.ts": `import { hostname } from "node:os";` },
      /base\/ may not use node:os$/,
    ],
    [
      "a node: module in codec",
      { "src/codec/a.ts": `import type { B } from "node:buffer";` },
      /codec\/ may not use node:buffer$/,
    ],
    [
      "node:net outside wire",
      { "src/net/a.ts": `import net from "node:net";` },
      /net\/ may not use node:net$/,
    ],
    [
      "node:tls in the command",
      { "src/cli/a.ts": `import tls from "node:tls";` },
      /cli\/ may not use node:tls$/,
    ],
    [
      "node:dns outside net",
      { "src/wire/a.ts": `export * from "node:dns/promises";` },
      /wire\/ may not use node:dns$/,
    ],
    [
      "node:process outside cli",
      { "src/net/a.ts": `import "node:process";` },
      /net\/ may not use node:process$/,
    ],
    [
      "a module of Node without node:",
      { "src/wire/a.ts": `import net from "net";` },
      /wire\/ may not load the package net$/,
    ],
    [
      "a package in the library",
      { "src/net/a.ts": `import { x } from "@scope/x/deep";` },
      /net\/ may not load the package @scope\/x$/,
    ],
    [
      "a room that imports one behind it",
      { "src/net/client/a.ts": "", "src/net/connection/b.ts": `import type { A } from "../client/a.ts";` },
      /^src\/net\/connection\/b\.ts:1 .*: net\/connection may import what stands before it .* net\/client stands behind it$/,
    ],
    [
      "one engine that imports another",
      { "src/wire/native/a.ts": "", "src/wire/portable/b.ts": `import type { A } from "../native/a.ts";` },
      /^src\/wire\/portable\/b\.ts:1 .*: wire\/portable and wire\/native may not import each other$/,
    ],
    [
      "a room without a position in the order",
      { "src/cli/odds/a.ts": `import "../exit.ts";`, "src/cli/exit.ts": "" },
      /cli\/odds has no position in the order/,
    ],
    ["a file that is not there", { "src/net/a.ts": `import "./gone.ts";` }, /there is no such file in src$/],
    ["a folder without a row", { "src/utils/a.ts": "export {};" }, /^src\/utils\/a\.ts: no row of the table/],
  ];
  for (const [name, tree, expected] of forbidden) {
    test(`catches ${name}`, () => {
      const { violations } = check(tree);
      assert.equal(violations.length, 1, violations.join("\n"));
      assert.match(violations[0] ?? "", expected);
    });
  }

  test("is not misled by imports in comments and strings", () => {
    assert.deepEqual(
      check({ "src/base/a.ts": `// import "node:net";\nexport const text = 'import "node:net"';` }),
      {
        imports: 0,
        violations: [],
      },
    );
  });

  test("lets only one folder near the sockets, and only one near the process", () => {
    const users = (module: string): string[] => {
      const tree = (folder: string) => ({ [`src/${folder}/a.ts`]: `import "${module}";` });
      return Object.keys(folders).filter((folder) => check(tree(folder)).violations.length === 0);
    };
    assert.deepEqual(["node:net", "node:tls", "node:dgram"].flatMap(users), ["wire", "wire", "wire"]);
    assert.deepEqual(users("node:dns"), ["net"]);
    assert.deepEqual(users("node:process"), ["cli"]);
  });
});

function check(tree: Record<string, string>): ReturnType<typeof checkRanks> {
  return checkRanks(new Map(Object.entries(tree)));
}

/** The TypeScript files of src, by path from the top of the checkout, which is where tests run. */
function sources(): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of readdirSync("src", { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
    const path = join(entry.parentPath, entry.name).replaceAll("\\", "/");
    files.set(path, readFileSync(path, "utf8"));
  }
  return files;
}
