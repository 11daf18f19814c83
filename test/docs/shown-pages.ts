/**
 * Runs what pages show, in a project set up as the guide says.
 *
 *     ```console run           a transcript, run by itself
 *     ```console run-beside    a transcript, started once the one before has printed something
 *     ```console run-beside typed: hi | ^D        the same, typed on a terminal, with these texts and keys
 *     ```ts, ```js, ```python  a program; `// client.ts` in its first line makes it a file that its page's transcripts run
 *
 * A line `^C` at the end of a transcript interrupts it once the others have ended. A transcript that runs a program which is
 * not installed is skipped, with the program's name (programs.ts).
 *
 * PORTCALL_DOCS=write npm test -- test/docs       writes the outputs into the pages; then read the difference.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { isDeepStrictEqual, promisify } from "node:util";
import { noTmux } from "../cli/support/tmux.ts";
import { needs } from "../support/programs.ts";
import { groupsOf, withText, type Block } from "./blocks.ts";
import { programsOf } from "./programs.ts";
import { createProject, type Project } from "./project.ts";
import { commandsOf, readTranscript, runTranscripts, unvarying } from "./transcript.ts";
import { typeBlock, typedTexts } from "./typed.ts";

const writes = process.env["PORTCALL_DOCS"] === "write";
const run = promisify(execFile);

/** Declares the tests of these pages. */
export function testPages(title: string, pages: readonly string[]): void {
  const options = { skip: process.platform === "win32" && "its transcripts are for a Unix shell" };
  describe(title, options, () => {
    let project: Project;

    before(async () => {
      project = await createProject(pages);
    });

    after(() => project.remove());

    test("has programs that compile with `npx tsc`, as the set-up shows", async () => {
      await compile("npx", ["tsc"], project.folder);
    });

    test("has programs that compile under the strictest settings", async () => {
      const tsc = resolve("node_modules/typescript/bin/tsc");
      const settings = [
        ...["noUncheckedIndexedAccess", "exactOptionalPropertyTypes", "verbatimModuleSyntax"],
        ...["erasableSyntaxOnly", "noPropertyAccessFromIndexSignature"],
      ];
      const flags = settings.flatMap((name) => [`--${name}`, "true"]);
      await compile(process.execPath, [tsc, "--noEmit", ...flags], project.folder);
    });

    for (const page of pages) {
      test(`${page} shows what really happens`, async (t) => {
        const text = await readFile(page, "utf8");
        const groups = groupsOf(text);
        assertEachLogIsOfOneTranscript(groups);
        const changed: [Block, string][] = [];
        for (const [group, needed] of withNeeds(groups)) {
          await t.test(`in line ${group[0]?.line}`, needed, async (groupTest) => {
            const outputs = await runGroup(groupTest, project, group, page);
            for (const [index, block] of group.entries()) {
              const shown = project.withShownPorts(outputs[index] as string);
              const [actual, expected] = [shown, block.text].map((one) => ({
                line: block.line,
                lines: unvarying(one),
              }));
              if (!writes) assert.deepEqual(actual, expected);
              else if (!isDeepStrictEqual(actual, expected)) changed.push([block, shown]);
            }
          });
        }
        // From the end, so that the lines of blocks before stay where they are.
        const rewritten = changed
          .toReversed()
          .reduce((all, [block, shown]) => withText(all, block, shown), text);
        if (writes) await writeFile(page, rewritten);
      });
    }
  });
}

/** Runs the blocks of a group beside each other; resolves to their outputs. */
export async function runGroup(
  t: TestContext,
  project: Project,
  group: readonly Block[],
  page: string,
  path = project.path,
): Promise<string[]> {
  // The pages may run tests of their own, and show what is set, so this run's own settings are left out.
  const own = { NODE_TEST_CONTEXT: undefined, PORTCALL_DOCS: undefined };
  const env = { ...process.env, ...own, PATH: path };
  const cwd = project.folderOf(page);
  const outputs = new Map<Block, string>();
  const typed = group.filter((block) => typedTexts(block) !== undefined);
  const others = group.filter((block) => !typed.includes(block));
  const transcripts = others.map(({ text }) => readTranscript(project.withFreePorts(text)));
  const shown = await runTranscripts(transcripts, { cwd, env }, async () => {
    for (const block of typed) {
      const text = project.withFreePorts(block.text);
      outputs.set(block, await typeBlock(t, text, typedTexts(block) ?? [], { cwd, path }));
    }
  });
  for (const [index, block] of others.entries()) outputs.set(block, shown[index] as string);
  return group.map((block) => outputs.get(block) as string);
}

/** Skips a group where a program of its commands, or the terminal to type on, is missing. */
export function* withNeeds(groups: readonly (readonly Block[])[]): Generator<[readonly Block[], Needs]> {
  let forFiles: Needs | undefined;
  for (const group of groups) {
    const needed = forFiles ?? needsOf(group);
    // Later groups use the certificates that such a group makes.
    if (needed.skip !== false && group.some(({ text }) => /^\$ openssl .* -out /m.test(text)))
      forFiles = needed;
    yield [group, needed];
  }
}

interface Needs {
  readonly skip: string | false;
}

function needsOf(group: readonly Block[]): Needs {
  const programs = needs(...programsOf(group.flatMap(({ text }) => commandsOf(text))));
  if (programs.skip !== false || !group.some((block) => typedTexts(block) !== undefined)) return programs;
  return { skip: noTmux === undefined ? false : needs("tmux", "bash", "grep", "pkill", "stty").skip };
}

async function compile(program: string, args: readonly string[], cwd: string): Promise<void> {
  await run(program, args, { cwd }).catch((error: unknown) => {
    assert.fail((error as { stdout: string }).stdout);
  });
}

/** A log that a command waits for must not be there from an earlier transcript, since the writer may be late. */
function assertEachLogIsOfOneTranscript(groups: readonly (readonly Block[])[]): void {
  const logs = groups.flatMap((group) => {
    const waits = group.flatMap((block) => [...block.text.matchAll(/^\$ until grep .* (\S+); do sleep/gm)]);
    return [...new Set(waits.map(([, log]) => log))];
  });
  assert.deepEqual(logs, [...new Set(logs)], "two transcripts wait for the same log");
}
