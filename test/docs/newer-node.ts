/**
 * A Node that runs TypeScript as it is, for the pages that say so; the tests themselves run on whichever Node is there.
 */
import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { findProgram } from "../support/programs.ts";
import type { Block } from "./blocks.ts";
import type { Project } from "./project.ts";

/** Node 24 is the first that has both type stripping and `await using`. */
const majors = [24, 26];

/** From PATH, or from where `npm run bench -- --install` puts it. */
const program = majors
  .flatMap((major) => [
    findProgram(`node${major}`),
    resolve(`bench/peers/npm/node_modules/node-${major}/bin/node`),
  ])
  .find((path) => path !== undefined && existsSync(path));

export const newerNode = {
  needs: {
    skip: program === undefined && "no newer Node here; `npm run bench -- --install` installs one",
  },
};

/** The block with the programs' sources in the place of the compiled files. */
export function onNewerNode(block: Block): Block {
  return { ...block, text: block.text.replaceAll(/\b(node (?:-\S+ )*[\w.-]+)\.js\b/g, "$1.ts") };
}

/** A PATH on which `node` is the newer one. */
export async function withNewerNode(project: Project): Promise<string> {
  const folder = join(project.folder, "newer-node");
  if (!existsSync(folder)) {
    await mkdir(folder);
    await symlink(program as string, join(folder, "node"));
  }
  return `${folder}:${project.path}`;
}
