/**
 * Signals: SIGINT and SIGTERM ask a command to finish, and end it at once the second time
 * (F104). SIGHUP and SIGQUIT end it at once.
 *
 * A command that a signal ends dies of that signal, as nc does. A shell then stops its loop
 * at Ctrl-C, and `$?` is 128 and the signal's number.
 */
import { constants } from "node:os";
import type { Server } from "../net/index.ts";
import { makeBlocking } from "./system/blocking.ts";
import type { ExitName } from "./exit.ts";
import type { Terminal } from "./tty/terminal.ts";

/** The first signal that asked to finish. */
let received: "SIGINT" | "SIGTERM" | undefined;
let isWatching = false;
const asked = new Set<(signal: NodeJS.Signals) => void>();

/**
 * The handlers stay for as long as the process lives: one that is removed and added again
 * loses a signal that Node has taken and not delivered yet.
 */
function watch(): void {
  if (isWatching) return;
  isWatching = true;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      received ??= signal;
      if (asked.size === 0) endBy(signal);
      for (const one of asked) one(signal);
    });
  }
}

/** From when it is made until `ignore()`, the first signal is an event, and the second ends the process. */
export class Interruption {
  /** Resolves at the first signal. */
  readonly asked: Promise<void>;
  readonly #interrupted: (signal: NodeJS.Signals) => void;

  constructor() {
    let count = 0;
    let ask!: () => void;
    this.asked = new Promise((resolve) => {
      ask = resolve;
    });
    this.#interrupted = (signal) => {
      count++;
      if (count > 1) endBy(signal);
      ask();
    };
    asked.add(this.#interrupted);
    watch();
  }

  /** What the promise resolves to; `undefined` if a signal comes first. */
  async before<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    return Promise.race([promise, this.asked.then(() => undefined)]);
  }

  /** Leaves signals to the next `Interruption`; while there is none, a signal ends the process. */
  ignore(): void {
    asked.delete(this.#interrupted);
  }
}

/** Ctrl-C, where the terminal hands it over as a key and sends no signal. */
export function interruptedByKey(): void {
  received ??= "SIGINT";
}

/** The same exit, named by the signal that caused it. */
export function namedBySignal(exit: ExitName): ExitName {
  return exit === "interrupted" && received === "SIGTERM" ? "terminated" : exit;
}

/** The signal of which the process is to die at that exit; `undefined` if it is to end with a code. */
export function signalOfExit(exit: ExitName): NodeJS.Signals | undefined {
  if (exit === "brokenPipe") return "SIGPIPE";
  return exit === "interrupted" || exit === "terminated" ? received : undefined;
}

/**
 * Ends the process by a signal, after all that is called at its end. Where the signal does
 * not end it, as with the first process of a container, the exit code says the same.
 */
export function endBy(signal: NodeJS.Signals): never {
  // Last of all: what must not be left behind is removed by others.
  process.on("exit", () => {
    if (process.stdin.isTTY && process.stdin.isRaw) process.stdin.setRawMode(false);
    for (const stream of [process.stdin, process.stdout, process.stderr]) makeBlocking(stream);
    // Node ignores SIGPIPE, and has handlers of its own for others: none is left behind the last of ours.
    process.on(signal, () => undefined).removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
  return process.exit(128 + constants.signals[signal]);
}

/** Lets SIGHUP (the terminal has gone) and SIGQUIT (Ctrl-\) end the process as `endBy` does. */
export function endAtOnceBySignal(): void {
  process.on("SIGHUP", endBy).on("SIGQUIT", endBy);
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
