/**
 * `-e` and `-c` of whoever connects: the connection joined to one program.
 */
import { systemClock } from "../../base/clock.ts";
import type { Connection } from "../../net/index.ts";
import { findProgram } from "../exec/find-program.ts";
import { Programs } from "../exec/programs.ts";
import { splitWords } from "../exec/words.ts";
import type { ExitName } from "../exit.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage.ts";
import type { NcRequest } from "./request.ts";

/** Runs it to its end. */
export async function runProgram(
  connection: Connection,
  { given, verbosity }: NcRequest,
  terminal: Terminal,
): Promise<ExitName> {
  const [file = "", ...args] =
    given["sh-exec"] === undefined ? splitWords(given.exec ?? "", "-e") : ["/bin/sh", "-c", given["sh-exec"]];
  if (file === "") throw new UsageError("-e needs a program, as in -e /bin/cat");
  const programs = new Programs({
    command: [findProgram(file, process.env["PATH"]), ...args],
    programsMax: 1,
    verbose: verbosity > 1,
    terminal,
    clock: systemClock,
  });
  await programs.serve(connection);
  await programs.end();
  await connection.close();
  return "ok";
}
