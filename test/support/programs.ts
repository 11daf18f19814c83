/**
 * Programs that tests need and that a machine with Node alone does not have.
 *
 * Every such test asks here. It is skipped with the program's name, so a bare machine reports what it left out. Where
 * `PORTCALL_PEERS=required` promises that all programs are installed, the test runs and fails instead.
 */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** Whether every program is promised to be installed; then a missing one fails its tests. */
export const required = process.env["PORTCALL_PEERS"] === "required";

/** The options of a test that needs these programs. */
export interface Needs {
  readonly skip: string | false;
}

/** Skips a test where one of these programs is missing. */
export function needs(...programs: readonly string[]): Needs {
  return { skip: required ? false : (missing(...programs) ?? false) };
}

/** Names those of the programs that are not installed; `undefined` if all are. */
export function missing(...programs: readonly string[]): string | undefined {
  const absent = programs.filter((program) => !isHere(program));
  return absent.length > 0 ? `not installed here: ${absent.join(", ")}` : undefined;
}

export function isHere(program: string): boolean {
  return findProgram(program) !== undefined;
}

/** The full path of a program, for those that refuse to start without it. @throws {Error} if it is not on PATH. */
export function pathOf(program: string): string {
  const path = findProgram(program);
  if (path === undefined) throw new Error(missing(program));
  return path;
}

/** The full path of a program. PATH alone decides: a test that looked elsewhere would find what a bare machine does not have. */
export function findProgram(program: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(":").filter((folder) => folder !== "");
  return folders
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
