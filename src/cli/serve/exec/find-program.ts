/**
 * Whether there is a program of that name, before anybody asks for it.
 */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { quote } from "../../../base/text/quote.ts";
import { FileError } from "../../usage.ts";

/** The program's path; a name without a slash is looked for in the folders of PATH. @throws {FileError} if there is none. */
export function findProgram(name: string, path: string | undefined): string {
  if (name.includes("/")) {
    const wrong = whyNot(name);
    if (wrong === undefined) return name;
    throw new FileError(`cannot run ${quote(name)}: ${wrong}`);
  }
  // An empty part is the current folder, where nobody looks for a program on purpose.
  const found = (path ?? "")
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((file) => whyNot(file) === undefined);
  if (found !== undefined) return found;
  throw new FileError(`cannot run ${quote(name)}: there is no such program in PATH`);
}

function whyNot(file: string): string | undefined {
  try {
    if (!statSync(file).isFile()) return "it is no file";
    accessSync(file, constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "EACCES" ? "it may not be run (EACCES)" : `there is no such file (${code})`;
  }
}
