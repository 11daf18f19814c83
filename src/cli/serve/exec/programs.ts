/**
 * The programs of one `serve --exec`: one for each client, up to a limit that includes those about to end (F99).
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
  readonly command: readonly [file: string, ...args: string[]];
  readonly programsMax: number;
  /** Sends each LF of a program as CR LF. */
  readonly crlf?: boolean;
  /** Sets ncat's variables for the client, too. */
  readonly withNcatNames?: boolean;
  readonly allowBrowsers: boolean;
  /** Prints how each program ended. */
  readonly verbose: boolean;
  readonly terminal: Terminal;
  readonly clock: Clock;
}

/** After a program and its group have ended: how long to wait for the rest of stderr. */
const stderrMs = 500;

export class Programs {
  readonly #options: ProgramsOptions;
  readonly #running = new Set<Program>();
  readonly #served = new Set<Promise<void>>();
  /** Called in order as handlers finish. */
  readonly #waiting: (() => void)[] = [];
  readonly #killAll = (): void => {
    for (const program of this.#running) program.killGroup();
  };

  constructor(options: ProgramsOptions) {
    this.#options = options;
    // Programs end with this process, however it ends. SIGKILL is the exception: it cannot be caught.
    process.on("exit", this.#killAll);
  }

  /** Runs the program for a client. Resolves when the program and all its child processes have ended. */
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
    const stderrDone = sayLines(program.stderr, (line) => {
      terminal.say(`${name} stderr: ${line}`);
    });
    const refused = ({ because, instead }: Refused): void => {
      const hint = instead === undefined ? "" : `, and so does ${instead}`;
      terminal.say(
        `refused ${name}: it looks like a web browser (${because}); --allow-browsers accepts it${hint}`,
      );
    };
    const policy = { crlf, refused: allowBrowsers ? undefined : refused };
    const exit = await joinProgram(client, program, clock, policy);
    this.#running.delete(program);
    // A process that has left the group may keep stderr open, so there is a limit.
    await Promise.race([stderrDone, pause(clock, stderrMs, true)]);
    program.stderr.destroy();
    if (verbose) terminal.say(`[${client.id}] program: ${describeExit(exit)}`);
  }

  /** Reports a program that cannot be started, here and to the client. */
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
