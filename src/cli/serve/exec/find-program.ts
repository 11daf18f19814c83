/**
 * Checks that a program exists, before a client needs it.
 */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { quote } from "../../../base/text/quote.ts";
import { FileError } from "../../usage.ts";

/**
 * The program's path. A name without a slash is looked up in PATH. @throws {FileError} if there is no such program.
 */
export function findProgram(name: string, path: string | undefined): string {
  if (name.includes("/")) {
    const wrong = whyNot(name);
    if (wrong === undefined) return name;
    throw new FileError(`cannot run ${quote(name)}: ${wrong}`);
  }
  // An empty part means the current folder, which is rarely intended.
  const found = (path ?? "")
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((file) => whyNot(file) === undefined);
  if (found !== undefined) return found;
  throw new FileError(`cannot run ${quote(name)}: no such program in PATH`);
}

function whyNot(file: string): string | undefined {
  try {
    if (!statSync(file).isFile()) return "it is not a file";
    accessSync(file, constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "EACCES" ? "no permission to run it (EACCES)" : `no such file (${code})`;
  }
}
