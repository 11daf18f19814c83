/**
 * The reference pages: which there are, and which of them are no longer what the code says.
 */
import { readFileSync } from "node:fs";
import { commandsPage } from "./commands.ts";
import { reportSchema, streamSchema } from "../../src/cli/json/schema.ts";
import { diagnosticsPage } from "./diagnostics.ts";
import { errorsPage } from "./errors.ts";
import { eventsPage } from "./events.ts";
import { limitsPage } from "./limits.ts";

/** Where they are, from the top of the checkout. */
export const folder = "docs/reference";

export interface Page {
  readonly file: string;
  readonly text: string;
}

const makers: Readonly<Record<string, () => string>> = {
  "commands.md": commandsPage,
  "diagnostics.md": diagnosticsPage,
  "errors.md": errorsPage,
  "events.md": eventsPage,
  "limits.md": limitsPage,
  "report.schema.json": () => `${JSON.stringify(reportSchema(), null, 2)}\n`,
  "stream.schema.json": () => `${JSON.stringify(streamSchema(), null, 2)}\n`,
};

/** All of them, as they should be. */
export function referencePages(): Page[] {
  return Object.entries(makers).map(([file, make]) => ({
    file,
    text: file.endsWith(".md")
      ? `<!-- Made from the code by \`npm run docs\`; not to be edited. -->\n\n${make()}`
      : make(),
  }));
}

/** The files that differ from their page, are missing, or belong to no page. `present` is what the folder holds. */
export function staleFiles(pages: readonly Page[], present: readonly string[]): string[] {
  const differing = pages.filter(
    ({ file, text }) => !present.includes(file) || readFileSync(`${folder}/${file}`, "utf8") !== text,
  );
  const orphans = present.filter((file) => !pages.some((page) => page.file === file));
  return [...differing.map(({ file }) => file), ...orphans];
}
