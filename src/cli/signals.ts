/**
 * SIGINT and SIGTERM: once asks to finish, twice ends at once (F104). SIGHUP and SIGQUIT
 * end at once, and leave time only for what must not be left behind.
 */
import type { Server } from "../net/index.ts";
import { exitCodes } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

/** From when it is made until `ignore()`, the first signal is an event, and the second ends the process with 130. */
export class Interruption {
  /** Resolves at the first signal. */
  readonly asked: Promise<void>;
  readonly #interrupted: () => void;

  constructor() {
    let count = 0;
    let ask!: () => void;
    this.asked = new Promise((resolve) => {
      ask = resolve;
    });
    this.#interrupted = () => {
      count++;
      if (count > 1) process.exit(exitCodes.interrupted.code);
      ask();
    };
    process.on("SIGINT", this.#interrupted);
    process.on("SIGTERM", this.#interrupted);
  }

  /** What the promise resolves to; `undefined` if a signal comes first. */
  async before<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    return Promise.race([promise, this.asked.then(() => undefined)]);
  }

  /** Leaves signals to whoever is next, or to the system. */
  ignore(): void {
    process.off("SIGINT", this.#interrupted);
    process.off("SIGTERM", this.#interrupted);
  }
}

/** Closes a server after the first signal, and says what it then waits for. */
export async function stop(server: Server, terminal: Terminal, drainMs?: number): Promise<void> {
  const { connections } = server.stats;
  const closed = server.close({ drainMs });
  if (connections > 0) {
    terminal.say(`stopping: ${connections} connected, waiting for them to leave; Ctrl-C again ends at once`);
  }
  await closed;
}

/**
 * Calls `last` when the terminal has gone (SIGHUP) or somebody types Ctrl-\ (SIGQUIT); the
 * process ends then as it would have. Returns what undoes it. Nothing is taken from nohup:
 * Node itself sets both to their defaults when it starts.
 */
export function beforeEndAtOnce(last: () => void): () => void {
  const ended = (signal: NodeJS.Signals): void => {
    last();
    undo();
    process.kill(process.pid, signal);
  };
  const undo = (): void => {
    process.off("SIGHUP", ended).off("SIGQUIT", ended);
  };
  process.on("SIGHUP", ended).on("SIGQUIT", ended);
  return undo;
}
