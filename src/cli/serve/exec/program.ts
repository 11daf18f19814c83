/**
 * One program that runs for one client.
 *
 * It leads its own process group, so that everything that it starts can be ended with it (F95). It inherits three
 * streams and nothing else (F97).
 */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { pause, type Clock } from "../../../base/clock.ts";

/** How a program ended: its exit status, or the signal that ended it. */
export type ProgramExit = { readonly status: number } | { readonly signal: NodeJS.Signals };

/** The time between SIGTERM and SIGKILL to a group. */
const termGraceMs = 2_000;

/** How often to check whether a group has ended after SIGTERM. */
const stepMs = 20;

export interface ProgramStart {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** @throws {Error} the system's error if the program does not exist any more, or cannot be started. */
export async function startProgram(start: ProgramStart, clock: Clock): Promise<Program> {
  const child = spawn(start.file, start.args, { env: start.environment, detached: true, stdio: "pipe" });
  await once(child, "spawn");
  return new Program(child, clock);
}

export class Program {
  /** Resolves when the program itself has ended; its child processes may live on. */
  readonly exited: Promise<ProgramExit>;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly #group: number;
  readonly #clock: Clock;
  /** The group is empty, and its number may soon belong to another group. */
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
    // It may close its stdin at any time, and an exit closes it too.
    child.stdin.on("error", () => undefined);
  }

  /** Sends SIGTERM to the whole group, and SIGKILL if it has not ended soon. Resolves when it has ended. */
  async endGroup(): Promise<void> {
    this.#signal("SIGTERM");
    for (let waitedMs = 0; !this.#isGone && waitedMs < termGraceMs; waitedMs += stepMs) {
      await pause(this.#clock, stepMs, true);
      this.#signal(0);
    }
    this.killGroup();
  }

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
