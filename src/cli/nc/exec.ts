/**
 * `-e` and `-c` for a client: joins the connection to a program.
 */
import { systemClock } from "../../base/clock.ts";
import type { Connection } from "../../net/index.ts";
import { findProgram } from "../serve/exec/find-program.ts";
import { Programs } from "../serve/exec/programs.ts";
import { splitWords } from "../serve/exec/split-words.ts";
import type { ExitName } from "../exit.ts";
import type { Terminal } from "../tty/terminal.ts";
import { UsageError } from "../usage.ts";
import type { NcRequest } from "./request.ts";

/** A function that runs the program of -e or -c on a connection to its end; `undefined` if the line has neither. */
export function programRunner(
  { given, verbosity }: NcRequest,
  terminal: Terminal,
): ((connection: Connection) => Promise<ExitName>) | undefined {
  const line = given["sh-exec"];
  if (given.exec === undefined && line === undefined) return undefined;
  const [file = "", ...args] =
    line === undefined ? splitWords(given.exec ?? "", "-e") : ["/bin/sh", "-c", line];
  if (file === "") throw new UsageError("-e needs a program, such as -e /bin/cat");
  const command = [findProgram(file, process.env["PATH"]), ...args] as const;
  return async (connection) => {
    const programs = new Programs({
      command,
      programsMax: 1,
      crlf: given.crlf === true,
      withNcatNames: true,
      // As in ncat, scripts may serve browsers.
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
