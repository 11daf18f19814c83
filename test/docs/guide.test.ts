/**
 * The guide, the how-to pages and the README, held to the truth: their transcripts are run, and must come out as they are shown; their
 * programs must compile.
 *
 *     ```console run           a transcript, run by itself
 *     ```console run-beside    a transcript, started once the one before has printed something
 *     ```ts                    a program; `// client.ts` in its first line makes it a file that transcripts of its page can run
 *
 * A transcript that runs a program which is not installed is skipped, with the program's name (programs.ts).
 *
 * PORTCALL_DOCS=write npm test -- test/docs       puts what comes out into the pages; then read the difference.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { isDeepStrictEqual, promisify } from "node:util";
import { commandPath } from "../support/command.ts";
import { freePort } from "../support/free-port.ts";
import { needs } from "../support/programs.ts";
import { blocksOf, withText, type Block } from "./blocks.ts";
import { programsOf } from "./programs.ts";
import { commandsOf, runTranscripts, unvarying } from "./transcript.ts";

/** The ports of the pages; each time they are run, others take their place. */
const portsOfPages = /\b(5000|7000|8080|8888|9000)\b/g;

const writes = process.env["PORTCALL_DOCS"] === "write";
const pages = (await Promise.all(["docs/guide", "docs/how-to"].map(pagesOf))).flat();
const run = promisify(execFile);

describe(
  "the guide",
  { skip: process.platform === "win32" && "its transcripts are for a Unix shell" },
  () => {
    let folder = "";
    const portOf = new Map<string, string>();

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "portcall-guide-"));
      await mkdir(join(folder, "bin"));
      await writeFile(
        join(folder, "bin/portcall"),
        `#!/bin/sh\nexec ${process.execPath} ${commandPath} "$@"\n`,
        {
          mode: 0o755,
        },
      );
      await mkdir(join(folder, "node_modules"));
      await symlink(resolve("."), join(folder, "node_modules/portcall"));
      await writeFile(join(folder, "package.json"), `{ "private": true, "type": "module" }`);
      for (const page of [...pages, "README.md"]) await mkdir(placeOf(page), { recursive: true });
      for (const port of ["5000", "7000", "8080", "8888", "9000"])
        portOf.set(port, await freePort(20_000, 32_000));
    });

    after(() => rm(folder, { recursive: true, force: true }));

    /** Where a page's programs are, and its transcripts run. */
    const placeOf = (page: string): string => join(folder, page.replace(/\.md$/, ""));
    const here = (text: string): string =>
      text.replaceAll(portsOfPages, (port) => portOf.get(port) as string);
    const there = (text: string): string =>
      [...portOf].reduce(
        (shown, [port, taken]) => shown.replaceAll(new RegExp(`\\b${taken}\\b`, "g"), port),
        text,
      );

    test("has programs that compile against the package as it is published", async () => {
      for (const page of [...pages, "README.md"]) {
        for (const { language, text, line } of blocksOf(await readFile(page, "utf8"))) {
          if (language !== "ts") continue;
          const name = /^\/\/ ([\w.-]+\.ts)\n/.exec(text)?.[1] ?? `line-${line}.ts`;
          await writeFile(join(placeOf(page), name), here(text));
        }
      }
      const typeRoots = [resolve("node_modules/@types")];
      const compilerOptions = { typeRoots, incremental: false, sourceMap: false, noUnusedLocals: false };
      const config = { extends: resolve("tsconfig.base.json"), compilerOptions, include: ["**/*.ts"] };
      await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
      const tsc = run(process.execPath, [resolve("node_modules/typescript/bin/tsc"), "-p", folder], {
        cwd: folder,
      });
      await tsc.catch((error: unknown) => assert.fail((error as { stdout: string }).stdout));
    });

    for (const page of [...pages.filter((one) => !one.endsWith("README.md")), "README.md"]) {
      test(`${page} shows what really happens`, async (t) => {
        // What this run is told is not for the pages, which may run tests of their own, or show what is set.
        const own = { NODE_TEST_CONTEXT: undefined, PORTCALL_DOCS: undefined };
        const env = { ...process.env, ...own, PATH: `${folder}/bin:${process.env["PATH"] ?? ""}` };
        const cwd = placeOf(page);
        const text = await readFile(page, "utf8");
        const groups = groupsOf(text);
        assert.ok(groups.length > 0, "the page shows no transcript");
        assertEachLogIsOfOneTranscript(groups);
        const changed: [Block, string][] = [];
        for (const group of groups) {
          const transcripts = group.map((block) => commandsOf(here(block.text)));
          await t.test(`in line ${group[0]?.line}`, needs(...programsOf(transcripts.flat())), async () => {
            const outputs = await runTranscripts(transcripts, { cwd, env });
            for (const [index, block] of group.entries()) {
              const shown = there(outputs[index] as string);
              const [actual, expected] = [shown, block.text].map((one) => ({
                line: block.line,
                lines: unvarying(one),
              }));
              if (!writes) assert.deepEqual(actual, expected);
              else if (!isDeepStrictEqual(actual, expected)) changed.push([block, shown]);
            }
          });
        }
        // The last first, so that none moves one that is still to be put in.
        const rewritten = changed
          .toReversed()
          .reduce((all, [block, shown]) => withText(all, block, shown), text);
        if (writes) await writeFile(page, rewritten);
      });
    }
  },
);

/** The transcripts of a page, those together that run beside each other. */
function groupsOf(page: string): Block[][] {
  const groups: Block[][] = [];
  for (const block of blocksOf(page)) {
    if (block.marks.includes("run")) groups.push([block]);
    if (block.marks.includes("run-beside")) groups.at(-1)?.push(block);
  }
  return groups;
}

/** What is waited for in a log must not stand there since an earlier transcript: the program that begins it anew may be late. */
function assertEachLogIsOfOneTranscript(groups: readonly (readonly Block[])[]): void {
  const logs = groups.flatMap((group) => {
    const waits = group.flatMap((block) => [...block.text.matchAll(/^\$ until grep .* (\S+); do sleep/gm)]);
    return [...new Set(waits.map(([, log]) => log))];
  });
  assert.deepEqual(logs, [...new Set(logs)], "two transcripts wait for the same log");
}

async function pagesOf(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((file) => file.endsWith(".md")).map((file) => `${folder}/${file}`);
}
