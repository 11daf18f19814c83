/**
 * The parts of a file that a person reads: comments and strings of a program, all of a page.
 *
 * Returns spans of the source, so that a finding has a line. Identifiers and the paths of imports are no prose.
 */
import { parseSync, Visitor } from "oxc-parser";

/** @typedef {{ start: number, end: number }} Span */

/** What a language is read by, from the end of the file's name. */
const readers = new Map([
  ["ts", ofTypeScript],
  ["mjs", ofTypeScript],
  ["js", ofTypeScript],
  ["c", ofC],
  ["h", ofC],
  ["py", all],
  ["sh", all],
  ["md", all],
  ["", all],
]);

/**
 * @param {string} path
 * @param {string} source
 * @returns {Span[]}
 */
export function proseOf(path, source) {
  const read = readers.get(endingOf(path));
  return read === undefined ? [] : read(source, path);
}

/** @param {string} path */
export function hasProse(path) {
  return readers.has(endingOf(path));
}

/** @param {string} path */
function endingOf(path) {
  return /\.(\w+)$/.exec(path)?.[1] ?? "";
}

/** @param {string} source */
function all(source) {
  return [{ start: 0, end: source.length }];
}

/**
 * @param {string} source
 * @param {string} path
 */
function ofTypeScript(source, path) {
  const { program, comments, errors } = parseSync(path, source);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  /** @type {Span[]} */
  const spans = comments.map(({ start, end }) => ({ start, end }));
  /** @type {Set<number>} */
  const paths = new Set();
  const imported = (/** @type {{ source: Span | null }} */ { source: from }) => {
    if (from !== null) paths.add(from.start);
  };
  new Visitor({
    ImportDeclaration: imported,
    ExportNamedDeclaration: imported,
    ExportAllDeclaration: imported,
    ImportExpression: imported,
    TSImportType: imported,
    Literal: (node) => {
      if (typeof node.value === "string") spans.push({ start: node.start, end: node.end });
    },
    TemplateElement: ({ start, end }) => {
      spans.push({ start, end });
    },
  }).visit(program);
  return spans.filter(({ start }) => !paths.has(start));
}

/**
 * Comments and strings of C: what a string hides is no comment, and the other way round.
 *
 * @param {string} source
 */
function ofC(source) {
  const parts = source.matchAll(/\/\*[^]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'/g);
  return Array.from(parts, ({ index, 0: text }) => ({ start: index, end: index + text.length }));
}
