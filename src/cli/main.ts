/**
 * The process: passes its command line and streams to run.ts, and is the only file that ends the process.
 */
import { detachPipes } from "./system/descriptors.ts";
import { exitCodes, type ExitName } from "./exit.ts";
import { dialectOfLink } from "./nc/dialect.ts";
import { run } from "./run.ts";
import { endAtOnceBySignal, endBy, signalOfExit } from "./signals.ts";
import { Terminal } from "./tty/terminal.ts";

detachPipes();
const terminal = new Terminal(process);
endAtOnceBySignal();
// Once only: Node handles an error that occurs while this one is reported.
process.once("uncaughtException", (error) => void endWith(error));
// A link named nc, netcat or ncat runs `portcall nc`.
const isNc = dialectOfLink(process.argv[1]) !== undefined;
void run([...(isNc ? ["nc"] : []), ...process.argv.slice(2)], terminal).then(exit, endWith);

/** Ends the process when its output was read, or its reader has closed it. */
async function exit(name: ExitName): Promise<never> {
  await terminal.allSaid();
  const signal = signalOfExit(name);
  return signal === undefined ? process.exit(exitCodes[name].code) : endBy(signal);
}

/** Ends the process after an uncaught error, in a user's handler file or in portcall itself. */
async function endWith(error: unknown): Promise<never> {
  const { locationOfError } = await import("./serve/handler-file/problem.ts");
  const location = locationOfError(error);
  const name = location === undefined ? "software" : "file";
  terminal.fail(
    location === undefined
      ? `portcall: this is a bug in portcall; please report it: ${(error as Error).stack ?? String(error)}`
      : `portcall: ${location}: uncaught ${String(error)}`,
  );
  await terminal.report?.finish(name);
  return exit(name);
}
