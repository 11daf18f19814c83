/** docs/compatibility.md, from the outcomes. */
import { arch, platform } from "node:os";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../checkout/files.mjs";

/**
 * @param {{ group: import("./group.mjs").Group, rows: string[][] }[]} tables
 */
export function page(tables) {
  const { dependencies } = JSON.parse(readFileSync(join(root, "compat/package.json"), "utf8"));
  const used = Object.entries(/** @type {Record<string, string>} */ (dependencies))
    .map(([name, version]) => `${name} ${version.replace(/^.*@/, "")}`)
    .join(", ");
  return `# Compatibility

What Portcall works with. \`npm run compat\` wrote this page: it installs the package, as npm packs it, into a project of
each kind, and runs it. Measured on ${platform()} ${arch()}; Node 20 is ${process.versions.node}.

- **Node**: 20.19 or newer.
- **Linux x64 with glibc** has a prebuilt addon, and with it the native engines. Elsewhere (arm64, musl, macOS, Windows) the
  portable engine does the same over \`node:net\`, unless you build the addon.
- **ES modules and CommonJS** get one copy of the library: [packaging](decisions/packaging.md).
${tables.map(section).join("")}
## Versions

${used}.
`;
}

/**
 * @param {{ group: import("./group.mjs").Group, rows: string[][] }} table
 */
function section({ group, rows }) {
  const columns = group.rows[0]?.cells.map(({ column }) => column) ?? [];
  const lines = [[group.head, ...columns], columns.concat("").map(() => "---"), ...rows];
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  const after = group.after === undefined ? "" : `\n${group.after}\n`;
  return `\n## ${group.title}\n\n${group.about}\n\n${table}\n${after}`;
}
