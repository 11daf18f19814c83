/**
 * Signals: the first SIGINT or SIGTERM asks a command to finish, and the second ends it at once (F104). SIGHUP and
 * SIGQUIT end it at once, but SIGHUP makes `serve --tls` read its certificates again (tls/server-options.ts).
 *
 * A command that is ended by a signal dies of that signal, as nc does. So a shell stops its loop at Ctrl-C, and `$?`
 * is 128 plus the signal's number.
 */
import { constants } from "node:os";
import type { Server } from "../net/index.ts";
import { makeBlocking } from "./system/blocking.ts";
import type { ExitName } from "./exit.ts";
import type { Terminal } from "./tty/terminal.ts";

/** The first signal that requested the end. */
let received: "SIGINT" | "SIGTERM" | undefined;
let isWatching = false;
const listeners = new Set<(signal: NodeJS.Signals) => void>();

/**
 * The handlers stay until the process ends. Removing and adding one again would lose a signal that Node has received
 * and not delivered yet.
 */
function watch(): void {
  if (isWatching) return;
  isWatching = true;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      received ??= signal;
      if (listeners.size === 0) endBy(signal);
      for (const listener of listeners) listener(signal);
    });
  }
}

/** From its creation until `ignore()`, the first signal is an event and the second ends the process. */
export class Interruption {
  readonly requested: Promise<void>;
  readonly #onSignal: (signal: NodeJS.Signals) => void;

  constructor() {
    let count = 0;
    let request!: () => void;
    this.requested = new Promise((resolve) => {
      request = resolve;
    });
    this.#onSignal = (signal) => {
      count++;
      if (count > 1) endBy(signal);
      request();
    };
    listeners.add(this.#onSignal);
    watch();
  }

  /** What the promise resolves to; `undefined` if a signal comes first. */
  async before<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    return Promise.race([promise, this.requested.then(() => undefined)]);
  }

  /** Leaves signals to the next `Interruption`. Until there is one, a signal ends the process. */
  ignore(): void {
    listeners.delete(this.#onSignal);
  }
}

/** Call this for a Ctrl-C that the terminal passes on as a key, without a signal. */
export function interruptedByKey(): void {
  received ??= "SIGINT";
}

/** The exit, named after the signal that caused it. */
export function namedBySignal(exit: ExitName): ExitName {
  return exit === "interrupted" && received === "SIGTERM" ? "terminated" : exit;
}

/** The signal that must end the process at that exit; `undefined` if it ends with a code. */
export function signalOfExit(exit: ExitName): NodeJS.Signals | undefined {
  if (exit === "brokenPipe") return "SIGPIPE";
  return exit === "interrupted" || exit === "terminated" ? received : undefined;
}

/**
 * Ends the process by a signal, after the exit handlers. If the signal does not end it, as in the first process of a
 * container, the exit code has the same meaning.
 */
export function endBy(signal: NodeJS.Signals): never {
  // This comes last: other handlers remove what must not stay behind.
  process.on("exit", () => {
    if (process.stdin.isTTY && process.stdin.isRaw) process.stdin.setRawMode(false);
    for (const stream of [process.stdin, process.stdout, process.stderr]) makeBlocking(stream);
    // Node ignores SIGPIPE, and has its own handlers for other signals. None may remain here.
    process.on(signal, () => undefined).removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
  return process.exit(128 + constants.signals[signal]);
}

/** Makes SIGHUP (the terminal is gone) and SIGQUIT (Ctrl-\) end the process as `endBy` does. */
export function endAtOnceBySignal(): void {
  process.on("SIGHUP", endBy).on("SIGQUIT", endBy);
}

/** Closes a server after the first signal, and prints what it waits for. */
export async function stop(server: Server, terminal: Terminal, drainMs?: number): Promise<void> {
  const { connections } = server.stats;
  const closed = server.close({ drainMs });
  if (connections > 0) {
    const again = received === "SIGTERM" ? "a second SIGTERM" : "Ctrl-C again";
    terminal.say(`stopping: ${connections} connected, waiting for them to leave; ${again} ends at once`);
  }
  await closed;
}
