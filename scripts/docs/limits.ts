/**
 * docs/reference/limits.md, from the table of limits.
 */
import { limits } from "../../src/base/limits.ts";
import { code, table } from "./markdown.ts";

export function limitsPage(): string {
  const rows = Object.entries(limits).map(([name, { value, reason }]) => [
    code(name),
    figure(name, value),
    reason,
  ]);
  return `# Limits

Every limit and deadline of the library. Where \`connect\`, \`serve\`, \`server.close\` or a codec has an option of that
name, this is its default; \`Infinity\` turns a deadline off, and most limits too.

${table(["name", "value", "why it is there, and why this much"], rows)}`;
}

/** A limit as people say it, in the unit that its name ends in; exactly, where that is not the same. */
function figure(name: string, value: number): string {
  if (name.endsWith("Ms")) return value % 1000 === 0 ? `${value / 1000} s` : `${value} ms`;
  if (!name.includes("Bytes")) return String(value);
  return value % 1_048_576 === 0 ? `${value / 1_048_576} MiB` : `${value / 1024} KiB`;
}
