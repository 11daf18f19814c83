/**
 * Declarations as TypeScript, and types with links to where they are documented.
 */
import { code } from "../markdown.ts";
import { targetOf, type Item, type Token } from "./model.ts";
import { sourceFile } from "./source.ts";

/** The declaration, as it is written. */
export function declarationOf(item: Item): string {
  if (item.kind === "TypeAlias" && item.fileUrlPath !== undefined) {
    const text = sourceFile(item.fileUrlPath).types.get(item.name ?? "");
    if (text !== undefined)
      return isOnlyNames(text) ? wrapped(text.replaceAll(/\s+/g, " ").replace("= | ", "= ")) : text;
  }
  const text = item.excerptTokens
    .map((token) => token.text)
    .join("")
    .trim()
    .replace(/^export (declare )?/, "");
  // A variable may be declared under another name than it is exported by.
  if (item.kind === "Variable") return `const ${text.replace(/^\w+/, item.name ?? "")}`;
  return text.includes("\n") ? withoutIndent(text) : wrapped(text);
}

/** A list of names takes a line each in the source. */
function isOnlyNames(text: string): boolean {
  return /^type \w+ =[\s|\w"-]+;$/.test(text);
}

const columnsMax = 100;

/** A long union, as a list of its members with several on a line. */
function wrapped(text: string): string {
  const [, start, union] = /^(type \w+ =) ([^{(]+);$/.exec(text) ?? [];
  if (text.length <= columnsMax || start === undefined || union === undefined) return text;
  const lines: string[] = [];
  for (const member of union.split(" | ")) {
    const last = lines.at(-1);
    const longer = `${last ?? " "} | ${member}`;
    if (last !== undefined && longer.length < columnsMax) lines[lines.length - 1] = longer;
    else lines.push(`  | ${member}`);
  }
  return `${start}\n${lines.join("\n")};`;
}

/** The declarations file indents what a class holds; the first line has lost that already. */
function withoutIndent(text: string): string {
  const [first = "", ...rest] = text.split("\n");
  const spaces = /^ */.exec(rest.at(-1) ?? "")?.[0].length ?? 0;
  return [
    first,
    ...rest.map((line) => (line.startsWith(" ".repeat(spaces)) ? line.slice(spaces) : line)),
  ].join("\n");
}

/** A type in one line; its names lead to where `linkTo` says. */
export function linkedType(tokens: readonly Token[], linkTo: (name: string) => string | undefined): string {
  const parts = tokens.map((token) => {
    const target = targetOf(token);
    const link = target === undefined ? undefined : linkTo(target);
    return { text: token.text.replaceAll(/\s+/g, " "), link };
  });
  return merged(parts)
    .map(({ text, link }) => (link === undefined ? codeWithin(text) : `[${code(text)}](${link})`))
    .join("")
    .trim();
}

interface TypePart {
  readonly text: string;
  readonly link: string | undefined;
}

/** Neighbours without a link become one part, and so one piece of code. */
function merged(parts: readonly TypePart[]): TypePart[] {
  const result: TypePart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last !== undefined && last.link === undefined && part.link === undefined) {
      result[result.length - 1] = { text: last.text + part.text, link: undefined };
    } else {
      result.push(part);
    }
  }
  return result;
}

/** Markdown drops the spaces at the edges of code; they stand outside. */
function codeWithin(text: string): string {
  const [, before = "", inner = "", after = ""] = /^(\s*)([^]*?)(\s*)$/.exec(text) ?? [];
  return inner === "" ? before : `${before}${code(inner)}${after}`;
}

/** Without the `| undefined` of an optional property, which says the same as its question mark. */
export function withoutUndefined(tokens: readonly Token[]): readonly Token[] {
  const last = tokens.at(-1);
  const first = tokens[0];
  if (last === undefined || first === undefined || !last.text.endsWith(" | undefined")) return tokens;
  const bare = [...tokens.slice(0, -1), { ...last, text: last.text.replace(/ \| undefined$/, "") }];
  const text = bare.map((token) => token.text).join("");
  if (!isInParentheses(text)) return bare;
  return bare.map((token, index) => {
    const opened = index === 0 ? token.text.slice(1) : token.text;
    return { ...token, text: index === bare.length - 1 ? opened.slice(0, -1) : opened };
  });
}

function isInParentheses(text: string): boolean {
  if (!text.startsWith("(") || !text.endsWith(")")) return false;
  let depth = 0;
  for (const [index, char] of Array.from(text).entries()) {
    if (char === "(") depth++;
    else if (char === ")" && --depth === 0) return index === text.length - 1;
  }
  return false;
}
