/**
 * A project as the guide sets it up, with the programs of all pages in it, each page in a folder of its own.
 */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { commandPath } from "../support/command.ts";
import { freePort } from "../support/free-port.ts";
import { blocksOf, fileNameOf } from "./blocks.ts";

/** The ports that the pages show. Each run takes free ones in their place. */
const shownPorts = ["5000", "7000", "8080", "8888", "9000"];

/** The page that shows how to set up a project. */
export const setupPage = "docs/guide/README.md";

export const guidePages: readonly string[] = [...(await pagesIn("docs/guide")), "README.md"];
export const howToPages: readonly string[] = await pagesIn("docs/how-to");
export const comparisonPages: readonly string[] = [
  "docs/from-python.md",
  "docs/from-node-net.md",
  "docs/from-socat.md",
];
export const advicePages: readonly string[] = [
  "docs/troubleshooting.md",
  "docs/security.md",
  "docs/performance.md",
  "docs/faq.md",
];

/** The pages whose commands and programs are run. */
export const pages: readonly string[] = [...guidePages, ...howToPages, ...comparisonPages, ...advicePages];

export interface Project {
  readonly folder: string;
  /** A PATH on which `portcall` is the command of this checkout. */
  readonly path: string;
  /** Where a page's programs are, and where its commands run. */
  folderOf(page: string): string;
  /** A text of a page with this run's ports. */
  withFreePorts(text: string): string;
  /** An output with the ports of the pages. */
  withShownPorts(text: string): string;
  remove(): Promise<void>;
}

/** Makes the project, with every named program of these pages. */
export async function createProject(shownPages: readonly string[]): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "portcall-guide-"));
  const portOf = new Map<string, string>();
  for (const port of shownPorts) portOf.set(port, await freePort(20_000, 32_000));
  const withFreePorts = (text: string): string =>
    text.replaceAll(new RegExp(`\\b(${shownPorts.join("|")})\\b`, "g"), (port) => portOf.get(port) as string);
  const withShownPorts = (text: string): string =>
    [...portOf].reduce(
      (shown, [port, free]) => shown.replaceAll(new RegExp(`\\b${free}\\b`, "g"), port),
      text,
    );
  const folderOf = (page: string): string => join(folder, page.replace(/\.md$/, ""));

  await mkdir(join(folder, "bin"));
  const script = `#!/bin/sh\nexec ${process.execPath} ${commandPath} "$@"\n`;
  await writeFile(join(folder, "bin/portcall"), script, { mode: 0o755 });
  await writeFile(join(folder, "package.json"), `{ "private": true, "type": "module" }`);
  await mkdir(join(folder, "node_modules/.bin"), { recursive: true });
  await mkdir(join(folder, "node_modules/@types"));
  await symlink(resolve("."), join(folder, "node_modules/portcall"));
  for (const name of ["typescript", "@types/node"]) {
    await symlink(resolve("node_modules", name), join(folder, "node_modules", name));
  }
  await symlink("../typescript/bin/tsc", join(folder, "node_modules/.bin/tsc"));
  for (const page of shownPages) {
    await mkdir(folderOf(page), { recursive: true });
    for (const block of blocksOf(await readFile(page, "utf8"))) {
      const name = fileNameOf(block);
      if (name === undefined || name.endsWith(".json")) continue;
      await writeFile(join(folderOf(page), name), withFreePorts(block.text));
      if (!name.endsWith(".mjs")) continue;
      // Such a program is TypeScript too, so it is compiled like the others; not in its place, where tsc would overwrite it.
      const copies = join(folderOf(page), "as-typescript");
      await mkdir(copies, { recursive: true });
      await writeFile(join(copies, name.replace(/mjs$/, "mts")), block.text);
    }
  }
  await writeFile(join(folder, "tsconfig.json"), await shownTsconfig());
  return {
    folder,
    path: `${folder}/bin:${process.env["PATH"] ?? ""}`,
    folderOf,
    withFreePorts,
    withShownPorts,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The tsconfig.json that the guide shows. */
async function shownTsconfig(): Promise<string> {
  const blocks = blocksOf(await readFile(setupPage, "utf8"));
  const config = blocks.find((block) => fileNameOf(block) === "tsconfig.json");
  assert.ok(config, `${setupPage} shows no tsconfig.json`);
  return config.text;
}

async function pagesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((file) => file.endsWith(".md")).map((file) => `${folder}/${file}`);
}
