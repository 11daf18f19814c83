/**
 * Completion, asked of the shells themselves: what bash, zsh and fish would offer behind a line.
 *
 * The cases hold for all of them. What differs is how each tells: bash has no meanings, and each repeats more or less
 * of what is typed already.
 */
import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, describe, test } from "node:test";
import type { Command } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands/index.ts";
import { bashCompletion } from "../../src/cli/completion/bash.ts";
import { expectedLines } from "../../src/cli/completion/expected.ts";
import { loadTopics } from "../../src/cli/help/index.ts";
import { needs } from "../interop/peers.ts";
import { portcall, start } from "../support/command.ts";
import { noTerminal } from "./support/by-hand.ts";
import {
  createFolder,
  files as allFiles,
  offers,
  scriptFile,
  shells,
  type Offers,
  type Shell,
} from "./support/shells.ts";

const folder = createFolder();
after(() => {
  rmSync(folder, { recursive: true });
});

const topics = await loadTopics();
const real = expectedLines(await commands.loadAll(), topics);
const commandNames = real.map(({ name }) => name);
const services = ["reply", "echo", "discard", "daytime", "time", "chargen"];
/** One that begins like an option is found as ./-odd alone. */
const files = allFiles.filter((file) => !file.startsWith("-"));

/** A line, what must be offered, and what must not be. */
type Case = readonly [line: string, offered: readonly string[], not?: readonly string[]];

const cases: readonly Case[] = [
  ["portcall ", commandNames, ["--help", "x.sock"]],
  ["portcall co", ["connect", "completion"], ["serve"]],
  ["portcall -", ["--help", "-h", "--version"], ["connect"]],
  ["portcall serve e", ["echo"], ["reply"]],
  ["portcall serve ", [...services, "unix:", "localhost"], files],
  ["portcall serve echo ", ["unix:", "localhost"], services],
  ["portcall serve ./h", ["handler.ts"], ["sub"]],
  ["portcall serve echo un", ["unix:"], ["localhost"]],
  ["portcall serve :8888 -", ["--frame", "-w", "--timeout"]],
  ["portcall serve --fr", ["--frame"], ["--timeout"]],
  ["portcall serve --frame ", ["lines", "varint", "fixed:", "delim:"], ["echo", "--frame"]],
  ["portcall serve --frame=u1", ["u16be", "u16le"], ["u8"]],
  ["portcall serve --frame u16be e", ["echo"], ["lines"]],
  ["portcall serve --frame=u16be e", ["echo"], ["lines"]],
  ["portcall serve --connections ", [], [...services, ...files]],
  ["portcall serve -w ", [], [...services, ...files]],
  ["portcall serve -vw ", [], [...services, ...files]],
  ["portcall serve -w 5 e", ["echo"]],
  ["portcall serve -- e", ["echo"]],
  ["portcall serve -- -", [], ["--frame"]],
  ["portcall connect loc", ["localhost"]],
  ["portcall connect localhost ", [], ["localhost", "unix:", ...files]],
  ["portcall connect unix:", files],
  ["portcall connect unix:x", ["x.sock"], ["sub"]],
  ["portcall connect unix:./x", ["x.sock"], ["sub"]],
  ["portcall connect -U ", files, ["localhost", "unix:"]],
  ["portcall connect --unix x", ["x.sock"], ["sub"]],
  ["portcall connect -vU x", ["x.sock"]],
  ["portcall serve -U echo ", files, services],
  ["portcall serve echo -U ", files, services],
  ["portcall help exi", ["exit-codes"]],
  ["portcall help connect -", ["--help"], ["--source"]],
  ["portcall connect --json=", ["stream"], ["localhost"]],
  ["portcall connect --json loc", ["localhost"], ["stream"]],
  ["portcall completion ", ["bash", "zsh", "fish"], files],
  ["portcall nothing ", [], ["connect", ...files]],
];

/** A made-up table with everything that a later command may have. */
const nasty = `it's "quoted" [in] {braces}: a\\b $(touch pwned) \`touch pwned\` $HOME %s * ~ <x> | & ; # é`;
const value = { placeholder: "", read: (text: string) => text };
const madeUp = expectedLines(
  [
    {
      name: "made-up",
      brief: nasty,
      usage: [
        "[service] [address]",
        "./<handler file> [address]",
        "--exec <command> <folder>",
        "<on|off> <file>",
      ],
      about: "",
      options: {
        nasty: { short: "n", brief: nasty },
        exec: { brief: `${nasty}:`, value: { ...value, placeholder: "<command>" } },
        color: { short: "c", brief: "when", value: { ...value, placeholder: "<auto|always|never>" } },
        into: { brief: "where to", value: { ...value, placeholder: "<folder>" } },
        cert: { short: "C", brief: "what", value: { ...value, placeholder: "<certificate file>" } },
        said: {
          short: "s",
          brief: "what is said",
          value: { ...value, placeholder: "<now|then>", whenLeftOut: "now" },
        },
        via: { brief: "who", value: { ...value, placeholder: "<host>" } },
      },
      examples: [],
      run: () => Promise.resolve("ok"),
    } satisfies Command,
  ],
  [],
);
const madeUpCases: readonly Case[] = [
  ["portcall made-up ", [...services, "localhost", "on", "off"], files],
  ["portcall made-up ./h", ["handler.ts"], ["sub"]],
  ["portcall made-up -c ", ["auto", "always", "never"], files],
  ["portcall made-up --color=a", ["auto", "always"], ["never"]],
  ["portcall made-up --cert ", files],
  ["portcall made-up -C h", ["handler.ts"]],
  ["portcall made-up --cert=h", ["handler.ts"]],
  ["portcall made-up --into ", ["sub"], ["x.sock"]],
  ["portcall made-up --into=s", ["sub"], ["x.sock"]],
  ["portcall made-up --via loc", ["localhost"]],
  ["portcall made-up --said=", ["now", "then"], ["on"]],
  ["portcall made-up --said o", ["on", "off"], ["now"]],
  ["portcall made-up -s o", ["on", "off"], ["now"]],
  ["portcall made-up --exec x ", ["sub"], [...services, "x.sock"]],
  ["portcall made-up --exec=x ", ["sub"], [...services, "x.sock"]],
  ["portcall made-up on ./h", ["handler.ts"], services],
];

for (const shell of shells) {
  describe(`completion in ${shell.name}`, { ...shell.needs, concurrency: 2 }, () => {
    for (const [what, table, rows] of [
      ["the commands there are", real, cases],
      ["a command with all that one can have", madeUp, madeUpCases],
    ] as const) {
      test(`offers what can stand there, for ${what}`, async (t) => {
        const answers = await offers(
          t,
          folder,
          shell,
          table,
          rows.map(([line]) => line),
        );
        for (const [index, [line, offered, not = []]] of rows.entries()) {
          const words = [...(answers[index]?.keys() ?? [])];
          const told = `${line}: ${words.join(", ")}`;
          assert.deepEqual(
            offered.filter((word) => !words.includes(word)),
            [],
            told,
          );
          assert.deepEqual(
            not.filter((word) => words.includes(word)),
            [],
            told,
          );
        }
      });
    }

    test("offers every option of every command, with what it means", async (t) => {
      const table = [...real, ...madeUp];
      const lines = table.flatMap(({ name }) => [`portcall ${name} --`, `portcall ${name} -`]);
      const answers = await offers(t, folder, shell, table, ["portcall ", ...lines]);
      for (const { name, brief } of table) assertOffers(shell, answers[0], name, brief);
      for (const [index, { options }] of table.entries()) {
        for (const { names, brief } of options) {
          for (const name of names) {
            const offered = answers[1 + 2 * index + (name.startsWith("--") ? 0 : 1)];
            // zsh puts both names of an option before one meaning, unless only the long ones are asked for.
            const meaning = shell.program === "zsh" && !name.startsWith("--") ? name : brief;
            assertOffers(shell, offered, name, meaning);
          }
        }
      }
      assert.ok(!existsSync(join(folder, "pwned")), "a text was run as a command");
    });

    test("offers every topic and every service, with what it means", async (t) => {
      const [inHelp, inServe] = await offers(t, folder, shell, real, ["portcall help ", "portcall serve "]);
      for (const { name, brief } of topics) assertOffers(shell, inHelp, name, brief);
      assert.ok(services.every((name) => inServe?.has(name)));
    });
  });
}

function assertOffers(shell: Shell, offered: Offers | undefined, word: string, meaning: string): void {
  const words = [...(offered?.keys() ?? [])];
  assert.ok(words.includes(word), `${word} is not among ${words.join(", ")}`);
  if (shell.tellsMeanings) assert.equal(offered?.get(word), meaning);
}

describe("completion as it is typed", { ...needs("bash", "python3"), concurrency: 2 }, () => {
  for (const [typed, line] of [
    ["portcall conn\tloc\t", "<connect> <localhost>"],
    ["portcall serve --frame=vari\tech\t", "<serve> <--frame=varint> <echo>"],
    ["portcall connect uni\tx.s\t-v", "<connect> <unix:x.sock> <-v>"],
    ["portcall connect unix:a\t", "<connect> <unix:a b.sock>"],
    ["portcall connect -U 'a\t", "<connect> <-U> <a b.sock>"],
  ] as const) {
    test(`${JSON.stringify(typed)} becomes ${line} in bash`, { skip: noTerminal ?? false }, async (t) => {
      const script = scriptFile(
        folder,
        `${bashCompletion(real)}\nportcall() { printf '<%s> ' "$@"; exit; }\nbind 'set bell-style none'\nPS1='ready '\n`,
      );
      const terminal = [resolve("test/cli/support/on-terminal.py"), "012"];
      const child = start(t, "python3", [...terminal, "bash", "--noprofile", "--rcfile", script, "-i"], {
        cwd: folder,
        env: { HOME: folder, TERM: "dumb", INPUTRC: "/dev/null" },
      });
      await child.prints(/ready /);
      await child.write(`${typed}\n`);
      await child.prints(new RegExp(line.replaceAll(/[.[\]]/g, "\\$&")));
    });
  }
});

describe("portcall completion", () => {
  for (const shell of shells.filter(({ name, program }) => name === program)) {
    test(`${shell.name} prints the script`, async (t) => {
      const child = portcall(t, ["completion", shell.name]);
      assert.deepEqual([await child.code(), child.stderr], [0, ""]);
      assert.equal(child.stdout, shell.write(real));
    });
  }

  for (const [words, says] of [
    [[], "for which shell? There are bash, zsh, fish"],
    [["bahs"], 'there is no completion for "bahs"; did you mean bash?'],
    [["powershell"], 'there is no completion for "powershell": there are bash, zsh, fish'],
    [["__proto__"], 'there is no completion for "__proto__": there are bash, zsh, fish'],
    [["bash", "zsh"], '"zsh" is one word too many'],
  ] as const) {
    test(`${words.join(" ") || "without a word"}: ${says}`, async (t) => {
      const child = portcall(t, ["completion", ...words]);
      assert.deepEqual([await child.code(), child.stdout], [2, ""]);
      assert.equal(child.stderr, `portcall completion: ${says}\n`);
    });
  }
});
