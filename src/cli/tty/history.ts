/**
 * The history of typed lines, saved for one user between runs.
 *
 * If the file cannot be read or written, only the history is lost. Reporting it would disturb a conversation.
 */
import { appendFileSync, chmodSync, constants, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homeFolder } from "../system/current-folder.ts";
import { dirname, join } from "node:path";
import { historyLinesMax } from "./line-editor.ts";

/** A longer line was probably pasted, and is not saved. */
const lineCharactersMax = 4_096;

/** Only the user may read the file. */
const ownOnly = 0o600;

export interface History {
  readonly lines: readonly string[];
  /** Saves a line. A line that begins with a space is not saved, as in shells. */
  add(line: string): void;
}

/**
 * The path of the file, in the XDG state folder, which must be absolute; `undefined` for a user without a home
 * folder.
 */
export function historyPath(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const asked = env["XDG_STATE_HOME"] ?? "";
  const home = homeFolder();
  const folder = asked.startsWith("/")
    ? asked
    : home === undefined
      ? undefined
      : join(home, ".local", "state");
  return folder === undefined ? undefined : join(folder, "portcall", "history");
}

/** Reads the file, and shortens it if it has grown too long. */
export function openHistory(path: string): History {
  const all = linesOf(path);
  const lines = all.slice(-historyLinesMax);
  if (all.length > historyLinesMax * 2) attempt(() => writeWhole(path, lines));
  let last = lines.at(-1);
  return {
    lines,
    add(line) {
      if (!isKept(line) || line === last) return;
      last = line;
      attempt(() => append(path, line));
    },
  };
}

function isKept(line: string): boolean {
  return line.length <= lineCharactersMax && /^\S/.test(line) && !line.includes("\n");
}

function linesOf(path: string): string[] {
  return attempt(() => readFileSync(path, "utf8").split("\n").filter(isKept)) ?? [];
}

function append(path: string, line: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const flag = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW;
  appendFileSync(path, `${line}\n`, { mode: ownOnly, flag: flag as unknown as string });
  chmodSync(path, ownOnly);
}

function writeWhole(path: string, lines: readonly string[]): void {
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""), { mode: ownOnly });
}

function attempt<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
