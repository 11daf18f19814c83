/**
 * The lines that were typed before, kept for one user from one run to the next.
 *
 * A file that cannot be had costs nothing but the history: nobody who talks to a
 * server wants to hear of it.
 */
import { appendFileSync, chmodSync, constants, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homeFolder } from "../system/current-folder.ts";
import { dirname, join } from "node:path";
import { historyLinesMax } from "./line-editor.ts";

/** Longer than this, a line was pasted and is not worth keeping. */
const lineCharactersMax = 4_096;

/** Only the user may read what he has typed. */
const ownOnly = 0o600;

export interface History {
  /** The oldest first. */
  readonly lines: readonly string[];
  /** Keeps a line for the next time; one that begins with a space is not kept, as in shells. */
  add(line: string): void;
}

/** Where it is kept: the XDG folder for state, which has to be an absolute path; `undefined` for a user without a folder. */
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

/** Reads the file, and cuts it where it has grown too long. */
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

/** Whether a line is one for the history. */
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
