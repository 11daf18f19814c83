/**
 * What the source has and api-extractor's model has lost: the order of members, and the comments and layout of a type.
 */
import { readFileSync } from "node:fs";
import { parseSync } from "oxc-parser";

interface SourceFile {
  /** The names of the members of each interface and class, in order; of overloads and accessors each. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  /** The text of each type alias. */
  readonly types: ReadonlyMap<string, string>;
}

const files = new Map<string, SourceFile>();

export function sourceFile(path: string): SourceFile {
  const found = files.get(path) ?? parse(path);
  files.set(path, found);
  return found;
}

function parse(path: string): SourceFile {
  const source = readFileSync(path, "utf8");
  const members = new Map<string, readonly string[]>();
  const types = new Map<string, string>();
  for (const statement of parseSync(path, source).program.body) {
    const node = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    if (node?.type === "TSTypeAliasDeclaration") {
      types.set(node.id.name, source.slice(node.start, node.end));
    } else if (node?.type === "TSInterfaceDeclaration" || node?.type === "ClassDeclaration") {
      const names = node.body.body.flatMap((member) => {
        if (!("key" in member)) return [];
        const key = source.slice(member.key.start, member.key.end);
        return "computed" in member && member.computed ? [`[${key}]`] : [key];
      });
      if (node.id !== null) members.set(node.id.name, names);
    }
  }
  return { members, types };
}
