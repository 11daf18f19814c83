/**
 * Settings from files: the user's `portcall/config.json` in the XDG configuration folder, and the project's
 * `portcall.json` in the current folder or the nearest one above it. Both are JSON, with one object for each command
 * and one for all.
 *
 *     { "all": { "color": "never" }, "serve": { "timeout": "5m", "verbose": true } }
 *
 * The current folder, or one above it, may belong to another user, or be writable by all, such as /tmp. So a
 * project's file is read only if trust.ts accepts it. Symbolic links are not followed: their creator would choose the
 * file. Only regular files are read, since a pipe might never end.
 */
import { constants, lstatSync } from "node:fs";
import { dirname, join } from "node:path";
import { quote } from "../../base/text/quote.ts";
import { choices } from "../../base/text/suggest.ts";
import { homeFolder } from "../system/current-folder.ts";
import { UsageError } from "../usage.ts";
import type { OptionTable } from "../args/options.ts";
import { readAnything, readRegularFile } from "./read-text.ts";
import type { Setting } from "./settings.ts";
import { whyNotTrusted } from "./trust.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigurationFile {
  readonly path: string;
  readonly sections: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface FoundFiles {
  /** The existing files, in increasing precedence. */
  readonly files: readonly ConfigurationFile[];
  /** A line for each project file that was not read: which, why, and what to do. */
  readonly refused: readonly string[];
}

/**
 * Finds and reads the files. `PORTCALL_CONFIG` names one to read in place of both; if it is empty, none is read.
 *
 * @throws {UsageError} for a file that cannot be read, or does not hold such an object.
 */
export function findFiles(environment: Environment, folder: string | undefined): FoundFiles {
  const named = environment["PORTCALL_CONFIG"];
  if (named !== undefined) {
    if (named === "") return { files: [], refused: [] };
    const file = readFile(named, readAnything);
    if (file === undefined) throw new UsageError(`PORTCALL_CONFIG: there is no file ${quote(named)}`);
    return { files: [file], refused: [] };
  }
  const own = userFile(environment);
  const refused: string[] = [];
  const files = [
    own === undefined ? undefined : readFile(own, readOwn),
    projectFile(folder, environment, (line) => refused.push(line)),
  ].filter((file) => file !== undefined);
  return { files, refused };
}

/**
 * The path of the user's own file (XDG Base Directory Specification); `undefined` for a user without a home folder.
 */
export function userFile(environment: Environment): string | undefined {
  const given = environment["XDG_CONFIG_HOME"];
  // The specification says to ignore a path that is not absolute.
  const home = environment["HOME"] ?? homeFolder();
  const folder =
    given?.startsWith("/") === true ? given : home === undefined ? undefined : join(home, ".config");
  return folder === undefined ? undefined : join(folder, "portcall", "config.json");
}

function projectFile(
  folder: string | undefined,
  environment: Environment,
  refuse: (line: string) => void,
): ConfigurationFile | undefined {
  for (const path of projectPaths(folder)) {
    const file = readFile(path, () => readTrusted(path, environment, refuse));
    if (file !== undefined) return file;
  }
  return undefined;
}

/** The possible paths of the project's file, the nearest first. */
function projectPaths(folder: string | undefined): string[] {
  if (folder === undefined) return [];
  const above = dirname(folder);
  return [join(folder, "portcall.json"), ...(above === folder ? [] : projectPaths(above))];
}

/** The text of a regular file that is trusted. */
function readTrusted(
  path: string,
  environment: Environment,
  refuse: (line: string) => void,
): string | undefined {
  const refused = (why: string): undefined => {
    const instead = "set PORTCALL_CONFIG to its path to read it anyway, or to an empty value to read no file";
    refuse(`${path} is not read: ${why}; ${instead}`);
  };
  if (isLink(path)) return refused("it is a symbolic link, and could lead anywhere");
  return readRegularFile(path, constants.O_NOFOLLOW, (stat) => {
    if (!stat.isFile()) return false;
    const why = whyNotTrusted(path, stat, environment);
    if (why !== undefined) refused(why);
    return why === undefined;
  });
}

/** The text of the user's own file. Anything but a regular file there is an error. */
function readOwn(path: string): string | undefined {
  return readRegularFile(path, 0, (stat) => {
    if (stat.isFile()) return true;
    throw new UsageError(`${path}: is not a regular file`);
  });
}

/** For the message only: `O_NOFOLLOW` decides. */
function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink();
}

/**
 * The codes that mean that there is no file. A folder that may not be searched (sudo keeps HOME) counts as empty, and
 * a socket or a link to itself as no file.
 */
const meansNone: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENOTDIR", "EACCES", "ENXIO", "ELOOP"]);

function readFile(path: string, read: (path: string) => string | undefined): ConfigurationFile | undefined {
  let text: string | undefined;
  try {
    text = read(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (meansNone.has(code)) return undefined;
    throw new UsageError(`${path}: cannot be read (${code ?? String(error)})`);
  }
  return text === undefined ? undefined : { path, sections: readSections(path, text) };
}

function readSections(path: string, text: string): ConfigurationFile["sections"] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path}: is not JSON: ${quote((error as Error).message)}`);
  }
  if (!isObject(value)) throw new UsageError(`${path}: is not an object of commands and their options`);
  for (const [name, section] of Object.entries(value)) {
    if (!isObject(section)) throw new UsageError(`${path}: ${quote(name)} is not an object of options`);
  }
  return value as ConfigurationFile["sections"];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The settings in a file for a command. Options in `all` that the command does not have are ignored.
 *
 * @throws {UsageError} for an unknown command or option, or an invalid value.
 */
export function settingsOfFile(
  { path, sections }: ConfigurationFile,
  command: string,
  table: OptionTable,
  commands: readonly string[],
): Setting[] {
  const unknown = Object.keys(sections).find((name) => name !== "all" && !commands.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `${path}: there is no command ${quote(unknown)}${choices(unknown, ["all", ...commands])}`,
    );
  }
  const forAll = Object.entries(sections["all"] ?? {}).filter(([option]) => Object.hasOwn(table, option));
  const own = Object.entries(sections[command] ?? {});
  return [
    ...forAll.flatMap(([option, value]) => settingsOf(path, "all", option, value, table)),
    ...own.flatMap(([option, value]) => settingsOf(path, command, option, value, table)),
  ];
}

/** One setting, or one for each entry of a JSON list. */
function settingsOf(
  path: string,
  section: string,
  option: string,
  value: unknown,
  table: OptionTable,
): Setting[] {
  const source = `${path}: ${section}.${option}`;
  const row = Object.hasOwn(table, option) ? table[option] : undefined;
  if (row === undefined) {
    throw new UsageError(`${source}: there is no such option${choices(option, Object.keys(table))}`);
  }
  if (row.value === undefined) {
    if (typeof value !== "boolean") throw new UsageError(`${source}: is a switch: write true or false`);
    return [{ option, source, value }];
  }
  const isList = row.value.accumulates !== undefined;
  const entries: readonly unknown[] = isList && Array.isArray(value) ? value : [value];
  if (entries.length === 0) throw new UsageError(`${source}: the list is empty; leave the option out`);
  return entries.map((entry) => {
    if (typeof entry === "string" || typeof entry === "number") {
      return { option, source, value: String(entry) };
    }
    const what = isList ? "a text or a list of texts" : "a text";
    throw new UsageError(`${source}: write ${what}, as on the command line`);
  });
}
