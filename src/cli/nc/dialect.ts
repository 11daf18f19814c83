/**
 * The dialect of a line: nc or ncat. The name of the link decides. For letters with different meanings, a message
 * names the reading that was not taken.
 */
import { basename } from "node:path";
import type { Dialect } from "./flag-row.ts";
import type { DisputedLetter, NcLine } from "./getopt.ts";

const dialects: Readonly<Record<string, Dialect>> = { nc: "nc", netcat: "nc", ncat: "ncat" };

export function dialectOfLink(path: string | undefined): Dialect | undefined {
  const name = basename(path ?? "");
  return Object.hasOwn(dialects, name) ? dialects[name] : undefined;
}

/** A line for each letter that could have another meaning. */
export function otherDialects(line: NcLine): string[] {
  return line.disputed.flatMap((letter) => otherReading(letter, line) ?? []);
}

function otherReading(
  { letter, value = "", next = "" }: DisputedLetter,
  { dialect, words }: NcLine,
): string | undefined {
  switch (letter) {
    case "i":
      // Long names, and letters that only ncat has, are unambiguous.
      if (dialect === "ncat") return undefined;
      return `nc: -i ${value} is the delay between lines, as in OpenBSD nc; for ncat's, write --idle-timeout ${value}`;
    case "d":
      // A number in the position of a host is probably the time that ncat takes.
      if (dialect === "ncat" || !/^\d+(?:ms|[smh])?$/.test(next) || next !== words[0] || words.length < 3) {
        return undefined;
      }
      return `nc: -d does not read stdin, as in OpenBSD nc, and takes no value; for ncat's, write --delay ${next}`;
    case "x":
      // In ncat's dialect the flag is refused. Elsewhere, a word without a port may be meant as ncat's file.
      if (dialect === "ncat" || /^[^/]+:\d+$/.test(value)) return undefined;
      return `nc: -x ${value} is a proxy, as in OpenBSD nc; ncat's -x, a hex dump, is not supported`;
    default:
      return undefined;
  }
}
