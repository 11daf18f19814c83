/**
 * The pages that are generated from the code, and the check for stale ones.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { apiPages } from "./api/pages.ts";
import { commandsPage } from "./commands.ts";
import { reportSchema, streamSchema } from "../../src/cli/json/schema.ts";
import { diagnosticsPage } from "./diagnostics.ts";
import { errorsPage } from "./errors.ts";
import { eventsPage } from "./events.ts";
import { limitsPage } from "./limits.ts";
import { optionsPage } from "./options.ts";
import { manualPages } from "./manual.ts";

const referenceFolder = "docs/reference";
const apiFolder = "docs/reference/api";
const manualFolder = "man";

/** Their folders, from the top of the checkout; these hold nothing else. */
export const folders: readonly string[] = [referenceFolder, apiFolder, manualFolder];

export interface Page {
  /** From the top of the checkout. */
  readonly path: string;
  readonly text: string;
}

const makers: Readonly<Record<string, () => string>> = {
  "commands.md": commandsPage,
  "diagnostics.md": diagnosticsPage,
  "errors.md": errorsPage,
  "events.md": eventsPage,
  "limits.md": limitsPage,
  "options.md": optionsPage,
  "report.schema.json": () => `${JSON.stringify(reportSchema(), null, 2)}\n`,
  "stream.schema.json": () => `${JSON.stringify(streamSchema(), null, 2)}\n`,
};

export function generatedPages(): Page[] {
  const reference = Object.entries(makers).map(([file, make]) => ({
    path: `${referenceFolder}/${file}`,
    text: file.endsWith(".md") ? marked(make()) : make(),
  }));
  const api = [...apiPages()].map(([file, text]) => ({ path: `${apiFolder}/${file}`, text: marked(text) }));
  const manual = [...manualPages()].map(([file, text]) => ({ path: `${manualFolder}/${file}`, text }));
  return [
    ...reference,
    ...api,
    ...manual,
    { path: "package.json", text: manifest(manual.map(({ path }) => path)) },
  ];
}

function marked(text: string): string {
  return `<!-- Made from the code by \`npm run docs\`; not to be edited. -->\n\n${text}`;
}

/** package.json, which lists each manual page for npm. */
function manifest(manual: readonly string[]): string {
  const before = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, unknown>;
  return `${JSON.stringify({ ...before, man: manual.map((path) => `./${path}`) }, null, 2)}\n`;
}

export function presentPaths(): string[] {
  return folders.flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder, { withFileTypes: true })
          .filter((entry) => !entry.isDirectory())
          .map(({ name }) => `${folder}/${name}`)
      : [],
  );
}

/** The paths of pages that differ or are missing, and of files in their folders that are no page. */
export function stalePaths(pages: readonly Page[], present: readonly string[]): string[] {
  const differing = pages.filter(
    ({ path, text }) => !existsSync(path) || readFileSync(path, "utf8") !== text,
  );
  const orphans = present.filter((path) => !pages.some((page) => page.path === path));
  return [...differing.map(({ path }) => path), ...orphans];
}
