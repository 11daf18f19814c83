/** The word check of `npm run check`, on a checkout of a few lines. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeEach, describe, test } from "node:test";
import { temporaryFolder } from "../support/folder.ts";

interface Row {
  readonly word: string;
  readonly instead: string;
  readonly example: string;
}

const rows = JSON.parse(await readFile("scripts/words/words.json", "utf8")) as readonly Row[];
const [first] = rows;
assert.ok(first);
/** A word of the list, which this file must not hold. */
const word = first.word;

describe("the word check", () => {
  const folder = temporaryFolder();
  beforeEach(async () => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
  });

  async function write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }

  /** Its lines and its exit code. */
  function check(...args: string[]): Promise<{ lines: string[]; code: number }> {
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        ["scripts/words.mjs", "--root", folder, ...args],
        (_, stdout, stderr) => {
          const lines = `${stdout}${stderr}`.split("\n").filter(Boolean);
          resolve({ lines, code: child.exitCode ?? -1 });
        },
      );
    });
  }

  for (const { word: pattern, instead, example } of rows) {
    test(`finds ${JSON.stringify(pattern)} and gives the plain word`, async () => {
      await write("docs/page.md", `${example}\n`);
      const { lines, code } = await check();
      assert.deepEqual([lines.length, code], [1, 1], lines.join("\n"));
      assert.match(lines[0] ?? "", /^docs\/page\.md:\d+: "/);
      assert.ok(lines[0]?.endsWith(instead), lines[0]);
    });
  }

  test("reads comments, strings and templates of TypeScript, and no names or paths of imports", async () => {
    const names = `import "./${word}.ts";\nexport const ${word} = 1;\nexport const o = { ${word} };\n`;
    await write("src/names.ts", names);
    assert.deepEqual(await check(), { lines: [], code: 0 });
    await write(
      "src/prose.ts",
      `// ${word}\n/*\n * ${word} */\nexport const a = "${word}";\nexport const b = \`\${a} ${word}\`;\n`,
    );
    const { lines, code } = await check();
    assert.deepEqual(
      lines.map((line) => line.split(" ")[0]),
      [1, 3, 4, 5].map((line) => `src/prose.ts:${line}:`),
    );
    assert.equal(code, 1);
  });

  test("reads comments and strings of C, and no names", async () => {
    await write(
      "native/a.c",
      `int ${word};\n/* ${word} */\nchar *s = "/* ${word}";\nint ${word}; // ${word}\n`,
    );
    const { lines } = await check();
    assert.deepEqual(
      lines.map((line) => line.split(" ")[0]),
      [2, 3, 4].map((line) => `native/a.c:${line}:`),
    );
  });

  test("finds a phrase that two lines of a comment share", async () => {
    await write("src/a.ts", "/**\n * The peer's last\n * words\n */\nexport {};\n"); // words-ok: broken as in a comment
    assert.match((await check()).lines[0] ?? "", /^src\/a\.ts:2: "last words"/); // words-ok
  });

  test("finds no word inside another", async () => {
    await write("docs/page.md", `x${word} ${word}x ${word}-x\n`);
    assert.deepEqual(await check(), { lines: [], code: 0 });
  });

  test("leaves out a line with the mark, and the one after it", async () => {
    await write("docs/page.md", `<!-- words-ok -->\n${word}\n${word}\n`);
    const { lines } = await check();
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /^docs\/page\.md:3:/);
  });

  test("accepts what the list of files to rewrite counts, and neither more nor less", async () => {
    await write("scripts/words/to-rewrite.txt", "2 docs/page.md\n");
    await write("docs/page.md", `${word}\n${word}\n`);
    assert.deepEqual(await check(), { lines: [], code: 0 });
    await write("docs/page.md", `${word}\n${word}\n${word}\n`);
    assert.equal((await check()).code, 1);
    await write("docs/page.md", `${word}\n`);
    const { lines, code } = await check();
    assert.deepEqual([lines.length, code], [1, 1]);
    assert.match(lines[0] ?? "", /--shrink$/);
  });

  test("lowers the counts of that list when asked, and raises none", async () => {
    await write("scripts/words/to-rewrite.txt", "2 docs/a.md\n1 docs/b.md\n1 docs/gone.md\n");
    await write("docs/a.md", `${word}\n`);
    await write("docs/b.md", `${word}\n${word}\n`);
    await check("--shrink");
    assert.equal(
      await readFile(join(folder, "scripts/words/to-rewrite.txt"), "utf8"),
      "1 docs/a.md\n1 docs/b.md\n",
    );
    assert.equal((await check()).code, 1);
  });
});
