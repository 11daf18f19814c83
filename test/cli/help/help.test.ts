/**
 * Help: all of it, in the width that is asked for.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { commands } from "../../../src/cli/commands/index.ts";
import { commandHelp, mainHelp, topicHelp } from "../../../src/cli/help/help.ts";
import { loadTopics, topicNames } from "../../../src/cli/help/index.ts";
import { helpColumns, layText, wrap } from "../../../src/cli/help/layout.ts";
import { blocksOf } from "../../../src/cli/help/prose.ts";
import { unless } from "../../failures/support/needs.ts";
import { commandPath, portcall, start } from "../../support/command.ts";
import { noTerminal } from "../support/passive-peers.ts";

const all = await commands.loadAll();
const topics = await loadTopics();

const pages: readonly (readonly [name: string, lay: (columns: number) => string])[] = [
  ["portcall", (columns) => mainHelp(all, topics, columns)],
  ...all.map((command) => [command.name, (columns: number) => commandHelp(command, columns)] as const),
  ...topics.map((topic) => [topic.name, (columns: number) => topicHelp(topic, columns)] as const),
];

describe("the width of help", () => {
  for (const [what, environment, terminal, expected] of [
    ["is that of COLUMNS", "72", 90, 72],
    ["is that of the terminal", undefined, 90, 90],
    ["is 100 in a pipe", undefined, undefined, 100],
    ["is 100 on a terminal that does not know its own", undefined, 0, 100],
    ["is at least 40", "10", undefined, 40],
    ["is at most 110, as longer lines are hard to read", undefined, 300, 110],
    ["is not that of a COLUMNS which is empty", "", 90, 90],
    ["is not that of a COLUMNS which is no number", "wide", 90, 90],
    ["is not that of a COLUMNS below 1", "0", undefined, 100],
  ] as const) {
    test(what, () => {
      assert.equal(helpColumns(environment, terminal), expected);
    });
  }

  test("decides how a text is filled", () => {
    const text = "one two three\nfour\n\nTerms:\n  a   the first of all\n  bcd  the rest\n  b  two";
    assert.deepEqual(layText(text, 13), [
      ...["one two three", "four", "", "Terms:", "  a", "      the", "      first", "      of all"],
      ...["  bcd", "      the", "      rest", "  b", "      two"],
    ]);
  });

  for (const columns of [40, 57, 80, 100, 110]) {
    for (const [name, lay] of pages) {
      test(`${columns} holds for ${name}, and nothing of it is lost`, () => {
        const text = lay(columns);
        for (const line of text.split("\n")) {
          // What is to be typed, or is one word, stays whole.
          const isWhole = /^( {2}|usage: | {7})\S|`[^`]*`/.test(line) || !line.trim().includes(" ");
          assert.ok(line.length <= columns || isWhole, `${line.length} characters: ${line}`);
          assert.doesNotMatch(line, /\s$/);
        }
        const words = (one: string): string[] => one.split(/\s+/);
        assert.deepEqual(words(text), words(lay(100_000)));
      });
    }
  }

  test("never cuts what stands between backquotes", () => {
    assert.deepEqual(wrap("type `portcall help me` now", 10), ["type", "`portcall help me`", "now"]);
  });

  test("puts the further lines of a meaning below its beginning", () => {
    const meaning = "a meaning of so many words that they do not fit on the one line";
    const lines = layText(`  term  ${meaning}\n  ${"x".repeat(30)}  short`, 50);
    assert.deepEqual(lines, [
      "  term  a meaning of so many words that they do",
      "        not fit on the one line",
      `  ${"x".repeat(30)}`,
      "        short",
    ]);
  });

  test("comes from COLUMNS in the command too", async (t) => {
    const child = portcall(t, ["serve", "--help"], { env: { COLUMNS: "50" } });
    await child.code();
    assert.equal(child.stdout, commandHelp(all.find(({ name }) => name === "serve") ?? assert.fail(), 50));
  });

  test("is that of the terminal it is read on", unless(noTerminal), async (t) => {
    const sized = `stty columns 66 <&1; exec "$0" "$@"`;
    const child = start(t, "python3", [
      ...["test/cli/support/on-terminal.py", "1", "sh", "-c", sized],
      ...[process.execPath, commandPath, "help", "limits"],
    ]);
    assert.equal(await child.code(), 0, child.stderr);
    assert.equal(child.stdout, topicHelp(topics.find(({ name }) => name === "limits") ?? assert.fail(), 66));
  });
});

describe("a text of the manual", () => {
  test("is paragraphs, rows and lines", () => {
    assert.deepEqual(blocksOf("one\ntwo\n\n  a   x y\n  b c  z\n\n  $ cmd arg\n    more\nend"), [
      { type: "paragraph", text: "one two" },
      {
        type: "rows",
        rows: [
          ["a", "x y"],
          ["b c", "z"],
        ],
      },
      { type: "lines", lines: ["$ cmd arg", "  more"] },
      { type: "paragraph", text: "end" },
    ]);
  });
});

describe("portcall help", () => {
  for (const topic of topics) {
    test(`explains ${topic.name}`, async (t) => {
      const child = portcall(t, ["help", topic.name]);
      assert.deepEqual([await child.code(), child.stderr], [0, ""]);
      assert.equal(child.stdout, topicHelp(topic, 100));
    });
  }

  test("lists every command and every topic, each with its brief", async (t) => {
    const child = portcall(t, ["help"]);
    assert.deepEqual([await child.code(), child.stderr], [0, ""]);
    for (const { name, brief } of [...all, ...topics]) {
      assert.match(child.stdout, new RegExp(`^  ${name} +\\S`, "m"));
      assert.ok(child.stdout.replaceAll(/\s+/g, " ").includes(brief), name);
    }
  });

  test("knows each topic by the name under which it is listed, and no name is a command's too", () => {
    assert.deepEqual(
      topics.map(({ name }) => name),
      topicNames,
    );
    assert.deepEqual(
      topicNames.filter((name) => commands.names.includes(name)),
      [],
    );
  });

  for (const [word, says] of [
    ["exitcodes", "did you mean exit-codes?"],
    ["adresses", "did you mean addresses?"],
    ["conect", "did you mean connect?"],
    ["unix", "did you mean unix-sockets?"],
    ["nothing-like-it", "there are connect, listen"],
    ["__proto__", "there are connect, listen"],
  ] as const) {
    test(`answers ${word} with "${says}"`, async (t) => {
      const child = portcall(t, ["help", word]);
      assert.deepEqual([await child.code(), child.stdout], [2, ""]);
      assert.match(
        child.stderr,
        new RegExp(`^portcall help: there is no command or topic "${word}"[;:] [^\\n]*\\n$`),
      );
      assert.ok(child.stderr.includes(says), child.stderr);
    });
  }

  test("takes one word", async (t) => {
    const child = portcall(t, ["help", "frames", "limits"]);
    assert.deepEqual(
      [await child.code(), child.stderr],
      [2, 'portcall help: "limits" is one word too many\n'],
    );
  });
});
