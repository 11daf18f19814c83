/**
 * Finds words of the list in the prose of a file.
 *
 * A phrase may be broken over two lines of a comment. A line with `words-ok`, or the line after it, is left out: for the
 * user `nobody`, and for a text that quotes.
 */
import { readFileSync } from "node:fs";
import { proseOf } from "./prose.mjs";

/** @typedef {{ path: string, line: number, found: string, instead: string }} Finding */

/** @type {{ word: string, instead: string }[]} */
const words = JSON.parse(readFileSync(new URL("words.json", import.meta.url), "utf8"));

const rows = words.map(({ word, instead }) => ({
  pattern: new RegExp(`(?<![\\w-])(?:${word.replaceAll(/ (?!\?)/g, "[\\s*/#]+")})(?![\\w-])`, "gi"),
  instead,
}));

/**
 * @param {string} path
 * @param {string} source
 * @returns {Finding[]} in the order of their lines
 */
export function findingsOf(path, source) {
  const kept = keptLines(source);
  /** @type {Finding[]} */
  const findings = [];
  for (const { start, end } of proseOf(path, source)) {
    for (const { pattern, instead } of rows) {
      for (const { index, 0: found } of source.slice(start, end).matchAll(pattern)) {
        const line = source.slice(0, start + index).split("\n").length;
        if (!kept.has(line))
          findings.push({ path, line, found: found.replaceAll(/[\s*/#]+/g, " "), instead });
      }
    }
  }
  return findings.toSorted((one, other) => one.line - other.line);
}

/** @param {string} source */
function keptLines(source) {
  const marked = source.split("\n").flatMap((text, index) => (text.includes("words-ok") ? [index + 1] : []));
  return new Set(marked.flatMap((line) => [line, line + 1]));
}
