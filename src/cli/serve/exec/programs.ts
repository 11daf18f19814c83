/**
 * The programs of one `serve --exec`: one for each client, never more than so many at
 * once, those included that are about to end (F99).
 */
import { pause, type Clock } from "../../../base/clock.ts";
import type { Connection } from "../../../net/index.ts";
import { nameOf } from "../../report/verbose.ts";
import type { Terminal } from "../../tty/terminal.ts";
import { joinProgram } from "./program-relay.ts";
import { environmentFor } from "./environment.ts";
import type { Refused } from "./guard.ts";
import { startProgram, type Program, type ProgramExit } from "./program.ts";
import { sayLines } from "./stderr-lines.ts";

export interface ProgramsOptions {
  /** The program's file, and its arguments. */
  readonly command: readonly [file: string, ...args: string[]];
  readonly programsMax: number;
  /** Sends each LF of a program as CR LF. */
  readonly crlf?: boolean;
  /** Tells a program of its client in ncat's variables, too. */
  readonly withNcatNames?: boolean;
  /** Lets web browsers in. */
  readonly allowBrowsers: boolean;
  /** Says how each program ended. */
  readonly verbose: boolean;
  readonly terminal: Terminal;
  readonly clock: Clock;
}

/** When a program and its group have ended: until what they said on stderr is here. */
const stderrMs = 500;

export class Programs {
  readonly #options: ProgramsOptions;
  readonly #running = new Set<Program>();
  /** Handlers at work: places taken. */
  readonly #served = new Set<Promise<void>>();
  /** Called, in their order, as places become free. */
  readonly #waiting: (() => void)[] = [];
  readonly #killAll = (): void => {
    for (const program of this.#running) program.killGroup();
  };

  constructor(options: ProgramsOptions) {
    this.#options = options;
    // However this process ends, theirs end with it; but for SIGKILL, which nobody hears.
    process.on("exit", this.#killAll);
  }

  /** Runs the program for a client, from its beginning to the end of everything it has started. */
  async serve(client: Connection): Promise<void> {
    while (this.#served.size >= this.#options.programsMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const served = this.#serve(client);
    this.#served.add(served);
    try {
      await served;
    } finally {
      this.#served.delete(served);
      this.#waiting.shift()?.();
    }
  }

  /** Resolves when none is left. */
  async end(): Promise<void> {
    while (this.#served.size > 0) await Promise.allSettled(this.#served);
    process.off("exit", this.#killAll);
  }

  async #serve(client: Connection): Promise<void> {
    if (client.closeInfo !== undefined) return;
    const { terminal, verbose, clock, crlf = false, allowBrowsers } = this.#options;
    const program = await this.#start(client);
    if (program === undefined) return;
    this.#running.add(program);
    const name = nameOf(client.remote);
    const said = sayLines(program.stderr, (line) => {
      terminal.say(`${name} stderr: ${line}`);
    });
    const refused = ({ because, instead }: Refused): void => {
      const hint = instead === undefined ? "" : `, and so does ${instead}`;
      terminal.say(
        `refused ${name}: it looks like a web browser (${because}); --allow-browsers lets it in${hint}`,
      );
    };
    const policy = { crlf, refused: allowBrowsers ? undefined : refused };
    const exit = await joinProgram(client, program, clock, policy);
    this.#running.delete(program);
    // What has left the group may hold it for ever, and is not waited for.
    await Promise.race([said, pause(clock, stderrMs, true)]);
    program.stderr.destroy();
    if (verbose) terminal.say(`[${client.id}] program: ${describeExit(exit)}`);
  }

  /** A program that cannot be started is told of here, and to the client. */
  async #start(client: Connection): Promise<Program | undefined> {
    const { command, terminal, clock, withNcatNames } = this.#options;
    const [file, ...args] = command;
    const environment = environmentFor(client, process.env, withNcatNames);
    try {
      return await startProgram({ file, args, environment }, clock);
    } catch (error) {
      terminal.say(`${nameOf(client.remote)}: cannot run ${file}: ${(error as Error).message}`);
      await client.write("The program cannot be run. Try again later.\n");
      return undefined;
    }
  }
}

function describeExit(exit: ProgramExit): string {
  return "signal" in exit ? `ended by ${exit.signal}` : `exit ${exit.status}`;
}
