/**
 * Which of the two programs a line speaks to: by the name that was called, and, for letters
 * that mean one thing in OpenBSD nc and another in ncat, what is said when it could be either.
 */
import { basename } from "node:path";
import type { Dialect } from "./flag-row.ts";
import type { DisputedLetter, NcLine } from "./getopt.ts";

const dialects: Readonly<Record<string, Dialect>> = { nc: "nc", netcat: "nc", ncat: "ncat" };

/** The dialect of a link by whose name the command was called; `undefined` for any other name. */
export function dialectOfLink(path: string | undefined): Dialect | undefined {
  const name = basename(path ?? "");
  return Object.hasOwn(dialects, name) ? dialects[name] : undefined;
}

/** A line for each letter that could have been meant otherwise. */
export function otherDialects(line: NcLine): string[] {
  return line.disputed.flatMap((letter) => otherReading(letter, line) ?? []);
}

function otherReading(
  { letter, value = "", next = "" }: DisputedLetter,
  { dialect, words }: NcLine,
): string | undefined {
  switch (letter) {
    case "i":
      // Long names, and letters that only ncat has, make plain what is meant.
      if (dialect === "ncat") return undefined;
      return `nc: -i ${value} is the gap between lines, as in OpenBSD nc; for ncat's, write --idle-timeout ${value}`;
    case "d":
      // A number where a host would stand is the time that ncat wants.
      if (dialect === "ncat" || !/^\d+(?:ms|[smh])?$/.test(next) || next !== words[0] || words.length < 3) {
        return undefined;
      }
      return `nc: -d leaves stdin alone, as in OpenBSD nc, and takes no value; for ncat's, write --delay ${next}`;
    case "x":
      // In ncat's dialect the flag is refused. Elsewhere, a word without a port may be meant as ncat's file.
      if (dialect === "ncat" || /^[^/]+:\d+$/.test(value)) return undefined;
      return `nc: -x ${value} is a proxy, as in OpenBSD nc; ncat's -x, a hex dump, is not supported`;
    default:
      return undefined;
  }
}
