/**
 * The shells that completion is tested in, each asked by its fixture for what it would offer.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import type { TestContext } from "node:test";
import { shells as completions } from "../../../src/cli/completion/shells.ts";
import { start } from "../../support/command.ts";
import { findProgram, needs, required } from "../../support/programs.ts";

/** What is offered: words, and what each means, as far as the shell tells. */
export type Offers = ReadonlyMap<string, string>;

export interface Shell {
  readonly name: string;
  readonly program: string;
  /** Whether it shows what each word means. */
  readonly tellsMeanings: boolean;
  /** How its fixture is run on a script. */
  readonly words: (script: string) => string[];
  /** A test's options: it is skipped where the shell is not installed. */
  readonly needs: { readonly skip: string | false };
}

const fixture = (name: string): string => resolve(`test/cli/fixtures/${name}`);
/** Beside the shell, where Debian puts it: on a PATH without bash it is not there either. */
const bashLibrary = resolve(dirname(findProgram("bash") ?? ""), "../share/bash-completion/bash_completion");
const bash = ["--norc", "--noprofile", fixture("complete.bash")];
export const shells: readonly Shell[] = [
  {
    name: "bash",
    program: "bash",
    tellsMeanings: false,
    words: (script) => [...bash, script],
    needs: needs("bash"),
  },
  {
    name: "bash with bash-completion",
    program: "bash",
    tellsMeanings: false,
    words: (script) => [...bash, script, bashLibrary],
    needs: { skip: !existsSync(bashLibrary) && !required && "not installed here: bash-completion" },
  },
  {
    name: "zsh",
    program: "zsh",
    tellsMeanings: true,
    words: (script) => ["-f", fixture("complete.zsh"), script],
    needs: needs("zsh"),
  },
  {
    name: "fish",
    program: "fish",
    tellsMeanings: true,
    words: (script) => ["--no-config", fixture("complete.fish"), script],
    needs: needs("fish"),
  },
];

/** The files in the folder where completion is tried; one looks like an option. */
export const files: readonly string[] = ["x.sock", "a b.sock", "handler.ts", "-odd", "sub"];

/** What the scripts call: `portcall __complete` that knows the made-up command too. */
const program = resolve("build/test/cli/programs/complete.js");

/** A PATH on which `portcall` is that program. */
function pathWith(folder: string): string {
  const text = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`;
  writeFileSync(join(folder, "portcall"), text, { mode: 0o755 });
  return [folder, process.env["PATH"] ?? ""].join(delimiter);
}

export function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "portcall-completion-"));
  for (const file of files.slice(0, -1)) writeFileSync(join(folder, file), "");
  mkdirSync(join(folder, "sub"));
  mkdirSync(join(folder, ".homes"));
  return folder;
}

/** A file in a home of its own, where no settings of a user are. */
export function scriptFile(folder: string, text: string): string {
  const file = join(mkdtempSync(join(folder, ".homes/of-")), "script");
  writeFileSync(file, text);
  return file;
}

/** Each line starts Node once: so many are soon answered by a busy machine, too. */
const linesAtOnce = 9;

/** What a shell offers behind each line, in that folder. */
export async function offers(
  t: TestContext,
  folder: string,
  shell: Shell,
  lines: readonly string[],
): Promise<Offers[]> {
  if (lines.length > linesAtOnce) {
    const first = await offers(t, folder, shell, lines.slice(0, linesAtOnce));
    return [...first, ...(await offers(t, folder, shell, lines.slice(linesAtOnce)))];
  }
  const script = scriptFile(folder, completions[shell.program]?.script ?? "");
  const home = dirname(script);
  const child = start(t, shell.program, shell.words(script), {
    cwd: folder,
    env: {
      PATH: pathWith(home),
      HOME: home,
      XDG_CONFIG_HOME: home,
      XDG_DATA_HOME: home,
      ZDOTDIR: home,
      LC_ALL: "C.UTF-8",
    },
  });
  child.end(`${lines.join("\n")}\n`);
  assert.equal(await child.code(), 0, child.stderr);
  assert.equal(child.stderr, "");
  const answers = child.stdout.split(/^> (.*)\n/m).slice(1);
  assert.deepEqual(
    answers.filter((_, index) => index % 2 === 0),
    lines,
  );
  return lines.map((line, index) => offersOf(answers[2 * index + 1] ?? "", line));
}

function offersOf(answer: string, line: string): Offers {
  const word = /\S*$/.exec(line)?.[0] ?? "";
  const typed = /^.*[=:/]/.exec(word)?.[0] ?? "";
  const folder = /[^=:]*\/$/.exec(typed)?.[0] ?? "";
  const rows = answer.split("\n").filter((row) => row !== "");
  return new Map(
    rows.map((row) => {
      const [match = "", meaning = ""] = row.split("\t");
      const prefix = [typed, folder].find((one) => match.startsWith(one)) ?? "";
      const offered = match.slice(prefix.length);
      // zsh shows the word again before its meaning, and escapes what the line needs escaped.
      return [offered.replaceAll("\\", "").replace(/\/$/, ""), meaning.replace(/^\S+ +-- /, "")];
    }),
  );
}
