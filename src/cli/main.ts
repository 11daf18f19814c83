/**
 * The process: hands its command line and its streams to run.ts, and is the one place
 * that ends it.
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
// Once: a fault while telling of a fault is Node's to end.
process.once("uncaughtException", (error) => void endWith(error));
// A link called nc, netcat or ncat is `portcall nc`.
const isNc = dialectOfLink(process.argv[1]) !== undefined;
void run([...(isNc ? ["nc"] : []), ...process.argv.slice(2)], terminal).then(exit, endWith);

/** Ends the process, when what was said has been read or nobody reads it any more. */
async function exit(name: ExitName): Promise<never> {
  await terminal.allSaid();
  const signal = signalOfExit(name);
  return signal === undefined ? process.exit(exitCodes[name].code) : endBy(signal);
}

/** Ends it by what nobody caught: in a handler file of the user's, or in portcall itself. */
async function endWith(error: unknown): Promise<never> {
  const { locationOfError } = await import("./serve/handler-file/problem.ts");
  const place = locationOfError(error);
  const name = place === undefined ? "software" : "file";
  terminal.fail(
    place === undefined
      ? `portcall: a fault in portcall itself; please report it: ${(error as Error).stack ?? String(error)}`
      : `portcall: ${place}: nobody caught ${String(error)}`,
  );
  await terminal.report?.finish(name);
  return exit(name);
}
