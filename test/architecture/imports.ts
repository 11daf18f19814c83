/**
 * Which modules a source file names: `import`, `import type`, `export … from`, `import("…")` as a value and as a type.
 *
 * Read by oxc-parser. TypeScript 7 has no JavaScript API to ask, a lexer over the compiled output no longer sees the
 * type-only imports, and a pattern over the text would find imports in comments and strings. oxc-parser reads TypeScript
 * as it stands, and is what the linter and knip here are made of.
 */
import { parseSync, Visitor } from "oxc-parser";

export interface Import {
  /** What stands between the quotes. */
  specifier: string;
  /** Where, counted from 1. */
  line: number;
}

export function importsOf(path: string, source: string): Import[] {
  const { program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);

  const found: Import[] = [];
  const note = (node: { source: object | null }): void => {
    // A computed specifier, as in import(handlerFile), names no file of the project.
    if (node.source === null || !("value" in node.source) || !("start" in node.source)) return;
    const { value, start } = node.source;
    if (typeof value !== "string" || typeof start !== "number") return;
    found.push({ specifier: value, line: source.slice(0, start).split("\n").length });
  };
  new Visitor({
    ImportDeclaration: note,
    ExportNamedDeclaration: note,
    ExportAllDeclaration: note,
    ImportExpression: note,
    TSImportType: note,
  }).visit(program);
  return found;
}
