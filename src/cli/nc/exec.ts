/**
 * `-e` and `-c` of whoever connects: the connection joined to one program.
 */
import { systemClock } from "../../base/clock.ts";
import type { Connection } from "../../net/index.ts";
import { findProgram } from "../serve/exec/find-program.ts";
import { Programs } from "../serve/exec/programs.ts";
import { splitWords } from "../serve/exec/words.ts";
import type { ExitName } from "../exit.ts";
import type { Terminal } from "../tty/terminal.ts";
import { UsageError } from "../usage.ts";
import type { NcRequest } from "./request.ts";

/** What runs the program of -e or -c to its end, on a connection; nothing, if a line asks for none. */
export function programRunner(
  { given, verbosity }: NcRequest,
  terminal: Terminal,
): ((connection: Connection) => Promise<ExitName>) | undefined {
  const line = given["sh-exec"];
  if (given.exec === undefined && line === undefined) return undefined;
  const [file = "", ...args] =
    line === undefined ? splitWords(given.exec ?? "", "-e") : ["/bin/sh", "-c", line];
  if (file === "") throw new UsageError("-e needs a program, as in -e /bin/cat");
  const command = [findProgram(file, process.env["PATH"]), ...args] as const;
  return async (connection) => {
    const programs = new Programs({
      command,
      programsMax: 1,
      crlf: given.crlf === true,
      withNcatNames: true,
      // As ncat: its scripts answer browsers.
      allowBrowsers: true,
      verbose: verbosity > 1,
      terminal,
      clock: systemClock,
    });
    await programs.serve(connection);
    await programs.end();
    await connection.close();
    return "ok";
  };
}
