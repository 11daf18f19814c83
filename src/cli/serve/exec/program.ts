/**
 * One program that runs for one client.
 *
 * It leads a group of processes of its own, so that whatever it has started can be
 * ended with it (F95); it inherits three streams and nothing else (F97).
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { pause, type Clock } from "../../../base/clock.ts";

/** How a program ended: its exit status, or the signal that ended it. */
export type ProgramExit = { readonly status: number } | { readonly signal: NodeJS.Signals };

/** Between asking a group to end (SIGTERM) and ending it (SIGKILL). */
const politenessMs = 2_000;

/** How often a group that was asked is looked at. */
const stepMs = 20;

/** What is run, with what. */
export interface ProgramStart {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** @throws {Error} of the system, if there is no such program any more, or no room for one more. */
export async function startProgram(start: ProgramStart, clock: Clock): Promise<Program> {
  const child = spawn(start.file, start.args, { env: start.environment, detached: true, stdio: "pipe" });
  await once(child, "spawn");
  return new Program(child, clock);
}

export class Program {
  /** Resolves when the program itself has ended; what it has started may live on. */
  readonly exited: Promise<ProgramExit>;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly #group: number;
  readonly #clock: Clock;
  /** Nobody of the group is left, and its number may be another's soon. */
  #isGone = false;

  constructor(child: ChildProcessWithoutNullStreams, clock: Clock) {
    this.#group = child.pid as number;
    this.#clock = clock;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    this.exited = new Promise((resolve) => {
      child.once("exit", (status, signal) => {
        resolve(signal === null ? { status: status ?? 0 } : { signal });
      });
    });
    // It may close its stdin whenever it likes, and one that ends does.
    child.stdin.on("error", () => undefined);
  }

  /** Asks the whole group to end, and ends it if it has not done so soon; resolves then. */
  async endGroup(): Promise<void> {
    this.#signal("SIGTERM");
    for (let waitedMs = 0; !this.#isGone && waitedMs < politenessMs; waitedMs += stepMs) {
      await pause(this.#clock, stepMs, true);
      this.#signal(0);
    }
    this.killGroup();
  }

  /** Ends the whole group at once. */
  killGroup(): void {
    this.#signal("SIGKILL");
  }

  #signal(signal: NodeJS.Signals | 0): void {
    if (this.#isGone) return;
    try {
      process.kill(-this.#group, signal);
    } catch {
      this.#isGone = true;
    }
  }
}
