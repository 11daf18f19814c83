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
import { complete } from "../../src/cli/completion/complete.ts";
import { shells as completions } from "../../src/cli/completion/shells.ts";
import { loadTopics } from "../../src/cli/help/index.ts";
import { needs } from "../interop/peers.ts";
import { commandPath, portcall, start } from "../support/command.ts";
import { noTerminal } from "./support/passive-peers.ts";
import { madeUp, real } from "./support/expected-lines.ts";
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
  ["portcall connect --proxy-protocol=", ["v1", "v2"], ["v1|v2"]],
  ["portcall nc -X ", ["5", "connect"]],
  ["portcall connect --json loc", ["localhost"], ["stream"]],
  ["portcall completion ", ["bash", "zsh", "fish"], files],
  ["portcall nothing ", [], ["connect", ...files]],
];

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

const allCases: readonly Case[] = [...cases, ...madeUpCases];

/** Those that need more of a shell than that it passes words on; each shell is asked these. */
const asked = [
  "portcall ",
  "portcall co",
  "portcall -",
  "portcall serve ./h",
  "portcall serve echo un",
  "portcall serve --frame ",
  "portcall serve --frame=u1",
  "portcall serve -- e",
  "portcall connect loc",
  "portcall connect unix:",
  "portcall connect unix:./x",
  "portcall connect --unix x",
  "portcall nothing ",
  "portcall made-up --cert=h",
  "portcall made-up --into ",
  "portcall made-up --into=s",
  "portcall made-up --via loc",
];

for (const shell of shells) {
  describe(`completion in ${shell.name}`, { ...shell.needs, concurrency: 2 }, () => {
    test("offers what can stand there", async (t) => {
      const answers = await offers(t, folder, shell, asked);
      for (const [index, line] of asked.entries()) {
        const [, offered, not = []] = allCases.find(([one]) => one === line) ?? assert.fail(line);
        const words = [...(answers[index]?.keys() ?? [])];
        const reported = `${line}: ${words.join(", ")}`;
        assert.deepEqual(
          offered.filter((word) => !words.includes(word)),
          [],
          reported,
        );
        assert.deepEqual(
          not.filter((word) => words.includes(word)),
          [],
          reported,
        );
      }
    });

    test("offers every option of a command, with what it means", async (t) => {
      const [commands, long, short] = await offers(t, folder, shell, [
        "portcall ",
        "portcall made-up --",
        "portcall made-up -",
      ]);
      for (const { name, brief } of [...real, ...madeUp]) assertOffers(shell, commands, name, brief);
      for (const { names, brief } of madeUp[0]?.options ?? assert.fail()) {
        for (const name of names) {
          // zsh puts both names of an option before one meaning, unless only the long ones are asked for.
          const meaning = shell.program === "zsh" && !name.startsWith("--") ? name : brief;
          assertOffers(shell, name.startsWith("--") ? long : short, name, meaning);
        }
      }
      assert.ok(!existsSync(join(folder, "pwned")), "a text was run as a command");
    });
  });
}

function assertOffers(shell: Shell, offered: Offers | undefined, word: string, meaning: string): void {
  const words = [...(offered?.keys() ?? [])];
  assert.ok(words.includes(word), `${word} is not among ${words.join(", ")}`);
  if (shell.tellsMeanings) assert.equal(offered?.get(word), meaning);
}

describe("what can stand at the cursor", () => {
  const lines = [...real, ...madeUp];
  for (const [line, offered, not = []] of allCases) {
    test(`of ${JSON.stringify(line)}`, () => {
      const { words, files: kind, hosts, lead, value } = complete(lines, line.split(" ").slice(1));
      const names = [
        ...words.map(([word]) => word.slice(lead.length)),
        ...(hosts ? ["localhost"] : []),
        ...(kind === "folders" ? ["sub"] : kind === "any" ? files : []),
      ];
      assert.deepEqual(
        offered.filter((word) => !names.includes(word)),
        [],
        names.join(", "),
      );
      // Of what can stand there, each shell leaves out what does not begin as the word does.
      const begun = value.replace(/^.*\//, "");
      assert.deepEqual(
        not.filter((word) => word.startsWith(begun) && names.includes(word)),
        [],
        names.join(", "),
      );
    });
  }

  test("is every option of every command, with what it means", () => {
    for (const { name, options } of lines) {
      assert.deepEqual(
        complete(lines, [name, "--"]).words,
        options.flatMap(({ names, brief }) => names.map((one) => [one, brief])),
      );
    }
  });

  test("is every topic and every service, with what it means", () => {
    const topicWords = new Map(complete(lines, ["help", ""]).words);
    for (const { name, brief } of topics) assert.equal(topicWords.get(name), brief);
    const serviceWords = new Map(complete(lines, ["serve", ""]).words);
    assert.ok(services.every((name) => (serviceWords.get(name) ?? "") !== ""));
  });
});

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
        `${completions["bash"]?.script}\nportcall() { [[ $1 != __complete ]] || { "$NODE" "$COMMAND" "$@"; return; }; printf '<%s> ' "$@"; exit; }\nbind 'set bell-style none'\nPS1='ready '\n`,
      );
      const terminal = [resolve("test/cli/support/on-terminal.py"), "012"];
      const child = start(t, "python3", [...terminal, "bash", "--noprofile", "--rcfile", script, "-i"], {
        cwd: folder,
        env: {
          HOME: folder,
          TERM: "dumb",
          INPUTRC: "/dev/null",
          NODE: process.execPath,
          COMMAND: commandPath,
        },
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
      assert.equal(child.stdout, completions[shell.name]?.script);
    });
  }

  test("__complete answers a shell, whatever the files of settings say", async (t) => {
    const env = { PORTCALL_NO_SUCH_OPTION: "1", HOME: folder };
    const child = portcall(t, ["__complete", "fish", "serve", "--frame="], { cwd: folder, env });
    assert.deepEqual([await child.code(), child.stderr], [0, ""]);
    assert.match(child.stdout, /^word\t--frame=lines\t.+$/m);
  });

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
