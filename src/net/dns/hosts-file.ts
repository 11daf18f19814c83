/**
 * The hosts file: names that this machine resolves without a name server.
 *
 * The file is read again when it has changed, and kept as one string. A lookup searches that string: 150,000 lines
 * take about a millisecond. A table of all names would take a hundred times as long to build.
 */
import { readFileSync, statSync } from "node:fs";
import { ipFamily } from "../../base/address/ip.ts";

interface Kept {
  /** Changes with the file. */
  readonly version: string;
  /** In lower case, with a line break at both ends. */
  readonly text: string;
}

const kept = new Map<string, Kept>();

/** The addresses of a name, without duplicates, in the order of the file; empty if the name is not in it. */
export function lookUpHostsFile(name: string, path = "/etc/hosts"): string[] {
  const text = textOf(path);
  const wanted = name.toLowerCase();
  const addresses = new Set<string>();
  if (wanted === "") return [];
  for (let at = text.indexOf(wanted); at !== -1;) {
    const end = at + wanted.length;
    if (!isSpace(text, at - 1) || !isSpace(text, end)) {
      at = text.indexOf(wanted, end);
      continue;
    }
    const lineEnd = text.indexOf("\n", end);
    const line = text.slice(text.lastIndexOf("\n", at) + 1, lineEnd);
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (ipFamily(address) !== undefined && names.includes(wanted)) addresses.add(address);
    at = text.indexOf(wanted, lineEnd);
  }
  return [...addresses];
}

function isSpace(text: string, at: number): boolean {
  return " \t\n\r#".includes(text.charAt(at));
}

/** The file's text, or an empty string if there is no such file. */
function textOf(path: string): string {
  try {
    const stats = statSync(path, { bigint: true });
    if (!stats.isFile()) return "";
    const version = `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs}`;
    const known = kept.get(path);
    if (known?.version === version) return known.text;
    const text = `\n${readFileSync(path, "latin1").toLowerCase()}\n`;
    kept.set(path, { version, text });
    return text;
  } catch {
    return "";
  }
}
