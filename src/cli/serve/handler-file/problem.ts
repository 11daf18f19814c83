/**
 * What is wrong with a handler file, in one line with the source location. A stack trace of Portcall would not help
 * to fix the file.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isDenied } from "../../system/permissions.ts";
import { currentFolder } from "../../system/current-folder.ts";
import { withoutMark } from "./hooks.ts";
import type { LoadedFiles } from "./load.ts";

/** Why a file could not be loaded. `files` are the files that were loaded or looked for. */
export function describeProblem(error: unknown, file: string, files: LoadedFiles): string {
  if (!(error instanceof Error)) return `${file}: threw ${String(error)} when it was loaded`;
  const { code } = error as NodeJS.ErrnoException;
  const message = withoutMark(error.message.split("\n")[0] ?? "");
  if (code === "ERR_UNKNOWN_FILE_EXTENSION" && /\.[cm]?ts\b/.test(message)) return cannotStrip(file);
  if (code === "ERR_MODULE_NOT_FOUND") return `${file}: ${message}`;
  const location =
    locationOfError(error) ?? (error instanceof SyntaxError ? locationOfSyntaxError(files) : undefined);
  return `${location ?? file}: ${error.name}: ${message}`;
}

/**
 * The source location of an error in the user's own files, as in `handler.mjs:3:7`: where it was thrown, or where
 * portcall was called. `undefined` if it came from elsewhere.
 */
export function locationOfError(error: unknown): string | undefined {
  const stack = withoutMark((error as Error | undefined)?.stack ?? "");
  // Compiler errors begin with the location, the line and a mark below it.
  const shown = /^(\/.+|file:\/\/.+):(\d+)\n(?:[^]*?\n)?( *)\^+\n/.exec(stack);
  if (shown !== null) return locationIn(shown[1] as string, `${shown[2]}:${(shown[3] as string).length + 1}`);
  for (const [, where = "", lineAndColumn = ""] of stack.matchAll(frame)) {
    const location = locationIn(where, lineAndColumn);
    if (location !== undefined) return location;
  }
  return undefined;
}

/** A line of a stack trace that names a file. */
const frame = /^ +at (?:.*\(|async )?(\/.+?|file:\/\/.+?):(\d+:\d+)\)?$/gm;

function locationIn(where: string, lineAndColumn: string): string | undefined {
  const path = where.startsWith("file:") ? fileURLToPath(where) : where;
  if (isOwnCode(path) || path.includes("/node_modules/")) return undefined;
  return `${shortPath(path)}:${lineAndColumn}`;
}

/** The folder of this command's code: its bundles, the test build, and the sources of both. */
const ownCode = /^(.*)\/(?:dist|build\/src)\//.exec(fileURLToPath(import.meta.url))?.[1] ?? "";

function isOwnCode(path: string): boolean {
  return path.startsWith(`${ownCode}/`) && /^(?:dist|src|build\/src)\//.test(path.slice(ownCode.length + 1));
}

/** The path relative to the current folder, if that is shorter. */
function shortPath(path: string): string {
  const folder = currentFolder();
  if (folder === undefined) return path;
  const fromHere = relative(folder, path);
  return fromHere.length < path.length ? fromHere : path;
}

/** Node reports the location of a syntax error only if it is asked to check the file. */
function locationOfSyntaxError(files: LoadedFiles): string | undefined {
  if (isDenied("child")) return undefined;
  for (const path of files) {
    if (!/\.m?js$/.test(path) || !existsSync(path)) continue;
    const { stderr } = spawnSync(process.execPath, ["--input-type=module", "--check"], {
      input: readFileSync(path),
      encoding: "utf8",
    });
    const shown = /^\[stdin\]:(\d+)\n.*\n(?:( *)\^)?/.exec(stderr);
    if (shown !== null) return `${shortPath(path)}:${shown[1]}:${(shown[2] ?? "").length + 1}`;
  }
  return undefined;
}

function cannotStrip(file: string): string {
  const flag = "--experimental-strip-types";
  const now = process.allowedNodeEnvironmentFlags.has(flag)
    ? `start it with NODE_OPTIONS=${flag}`
    : "compile it with tsc";
  return (
    `${file}: Node ${process.versions.node} does not run TypeScript: ` +
    `use Node 22.18 or newer, ${now}, or write JavaScript`
  );
}
