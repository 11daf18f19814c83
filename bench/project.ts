/**
 * The project's folder. These modules run from `build/bench/`, but the load program's source, the page to write and
 * git belong to the folder above `build/`.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function rootAbove(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error("no package.json above the bench");
  return rootAbove(above);
}

export const projectFolder: string = rootAbove(dirname(fileURLToPath(import.meta.url)));

export const projectPath = (path: string): string => join(projectFolder, path);

export function projectVersion(): string {
  return (JSON.parse(readFileSync(projectPath("package.json"), "utf8")) as { version: string }).version;
}
