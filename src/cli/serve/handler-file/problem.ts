/**
 * What is wrong with a handler file, in one line that names the place: nobody needs the
 * stack of Portcall to mend his own file.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isDenied } from "../../system/permissions.ts";
import { currentFolder } from "../../system/current-folder.ts";
import { withoutMark } from "./hooks.ts";
import type { LoadedFiles } from "./load.ts";

/** Why a file could not be loaded. `files` are the ones that were looked at. */
export function describeProblem(error: unknown, file: string, files: LoadedFiles): string {
  if (!(error instanceof Error)) return `${file}: threw ${String(error)} when it was loaded`;
  const { code } = error as NodeJS.ErrnoException;
  const message = withoutMark(error.message.split("\n")[0] ?? "");
  if (code === "ERR_UNKNOWN_FILE_EXTENSION" && /\.[cm]?ts\b/.test(message)) return cannotStrip(file);
  if (code === "ERR_MODULE_NOT_FOUND") return `${file}: ${message}`;
  const place =
    locationOfError(error) ?? (error instanceof SyntaxError ? placeOfSyntaxError(files) : undefined);
  return `${place ?? file}: ${error.name}: ${message}`;
}

/**
 * Where in the user's own files an error came from, as `handler.mjs:3:7`: where it was
 * thrown, or where portcall was called that threw it; `undefined` for one that came from
 * elsewhere.
 */
export function locationOfError(error: unknown): string | undefined {
  const stack = withoutMark((error as Error | undefined)?.stack ?? "");
  // Errors of the compiler begin with the place, the line and a mark below it.
  const shown = /^(\/.+|file:\/\/.+):(\d+)\n(?:[^]*?\n)?( *)\^+\n/.exec(stack);
  if (shown !== null) return placeIn(shown[1] as string, `${shown[2]}:${(shown[3] as string).length + 1}`);
  for (const [, where = "", lineAndColumn = ""] of stack.matchAll(frame)) {
    const place = placeIn(where, lineAndColumn);
    if (place !== undefined) return place;
  }
  return undefined;
}

/** A line of a stack that is in a file. */
const frame = /^ +at (?:.*\(|async )?(\/.+?|file:\/\/.+?):(\d+:\d+)\)?$/gm;

function placeIn(where: string, lineAndColumn: string): string | undefined {
  const path = where.startsWith("file:") ? fileURLToPath(where) : where;
  if (isOwnCode(path) || path.includes("/node_modules/")) return undefined;
  return `${shortPath(path)}:${lineAndColumn}`;
}

/** Where the code of this command is: its bundles, what the tests run, and what both are made of. */
const ownCode = /^(.*)\/(?:dist|build\/src)\//.exec(fileURLToPath(import.meta.url))?.[1] ?? "";

function isOwnCode(path: string): boolean {
  return path.startsWith(`${ownCode}/`) && /^(?:dist|src|build\/src)\//.test(path.slice(ownCode.length + 1));
}

/** A path as seen from the current folder, if that is shorter. */
function shortPath(path: string): string {
  const folder = currentFolder();
  if (folder === undefined) return path;
  const fromHere = relative(folder, path);
  return fromHere.length < path.length ? fromHere : path;
}

/** Node does not say where a module cannot be read, unless it is asked to check it. */
function placeOfSyntaxError(files: LoadedFiles): string | undefined {
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
    `${file}: Node ${process.versions.node} does not run TypeScript as it is: ` +
    `use Node 22.18 or newer, ${now}, or write JavaScript`
  );
}
