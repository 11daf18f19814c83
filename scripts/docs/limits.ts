/**
 * docs/reference/limits.md, from the table of limits.
 */
import { limits } from "../../src/net/index.ts";
import { formatLimit } from "../../src/base/text/figures.ts";
import { code, table } from "./markdown.ts";

export function limitsPage(): string {
  const rows = Object.entries(limits).map(([name, { value, reason }]) => [
    code(name),
    formatLimit(name, value),
    reason,
  ]);
  return `# Limits

Every limit and deadline of the library. Where \`connect\`, \`serve\`, \`server.close\` or a codec has an option of that
name, this is its default; \`Infinity\` turns a deadline off, and most limits too.
Programs read them as [\`limits\`](api/limits.md#limits).

${table(["name", "value", "why it is there, and why this much"], rows)}`;
}
