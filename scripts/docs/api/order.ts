/**
 * The order of members in the source, which reads better than api-extractor's order by name.
 */
import { readFileSync } from "node:fs";
import { parseSync } from "oxc-parser";

const files = new Map<string, ReadonlyMap<string, readonly string[]>>();

/** The names of the members of a file's interface or class, in order; of overloads and accessors each. */
export function membersInSource(path: string, name: string): readonly string[] {
  const found = files.get(path) ?? declarationsIn(path);
  files.set(path, found);
  return found.get(name) ?? [];
}

function declarationsIn(path: string): ReadonlyMap<string, readonly string[]> {
  const source = readFileSync(path, "utf8");
  const declarations = new Map<string, readonly string[]>();
  for (const statement of parseSync(path, source).program.body) {
    const node = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    if (node?.type !== "TSInterfaceDeclaration" && node?.type !== "ClassDeclaration") continue;
    const names = node.body.body.flatMap((member) => {
      if (!("key" in member)) return [];
      const key = source.slice(member.key.start, member.key.end);
      return "computed" in member && member.computed ? [`[${key}]`] : [key];
    });
    if (node.id !== null) declarations.set(node.id.name, names);
  }
  return declarations;
}
