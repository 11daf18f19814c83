/**
 * Programs as children of a test: `portcall` itself, and the peers it talks to.
 *
 * What a child prints is collected and can be waited for; whatever the test leaves
 * running is ended with it, by its process id.
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { TestContext } from "node:test";

/** How a child ended: `signal` if one killed it, `code` if none did. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  /** Set on top of the environment of the test. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Pipes unless given; a file descriptor takes the place of a pipe. */
  readonly stdio?: StdioOptions;
}

/** Long enough for a loaded machine: nothing waits for it unless something is wrong. */
const patienceMs = 30_000;

export class Child {
  readonly process: ChildProcess;
  /** Resolves when it has ended and everything it printed is here. */
  readonly exited: Promise<Exit>;
  readonly #name: string;
  readonly #printed = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  readonly #waiting = new Set<() => void>();
  #exit: Exit | undefined;

  constructor(program: string, args: readonly string[], options: StartOptions) {
    this.#name = [program, ...args].join(" ");
    this.process = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: options.stdio ?? "pipe",
    });
    // Whoever is gone reads no more; how it ended says the rest.
    this.process.stdin?.on("error", () => undefined);
    for (const stream of ["stdout", "stderr"] as const) {
      this.process[stream]?.on("data", (chunk: Uint8Array) => {
        this.#printed[stream].push(chunk);
        this.#wake();
      });
    }
    this.exited = once(this.process, "close").then(([code, signal]) => {
      this.#exit = { code: code as number | null, signal: signal as NodeJS.Signals | null };
      this.#wake();
      return this.#exit;
    });
  }

  /** The bytes printed so far. */
  bytes(stream: "stdout" | "stderr" = "stdout"): Buffer {
    return Buffer.concat(this.#printed[stream]);
  }

  get stdout(): string {
    return this.bytes("stdout").toString();
  }

  get stderr(): string {
    return this.bytes("stderr").toString();
  }

  /** Types, or pipes, into it; resolves when it has room for more. */
  async write(data: string | Uint8Array): Promise<void> {
    const { stdin } = this.process;
    assert.ok(stdin, `${this.#name} has no pipe to write to`);
    if (!stdin.write(data)) await Promise.race([once(stdin, "drain"), once(stdin, "close")]);
  }

  /** Ends its stdin, after these last words. */
  end(data: string | Uint8Array = ""): void {
    this.process.stdin?.end(data);
  }

  /** Resolves when the pattern is in what it has printed. */
  async prints(pattern: RegExp, stream: "stdout" | "stderr" = "stdout"): Promise<RegExpExecArray> {
    let match: RegExpExecArray | null = null;
    await this.#until(`${stream} shows ${String(pattern)}`, () => {
      match = pattern.exec(this[stream]);
      return match !== null;
    });
    return match as unknown as RegExpExecArray;
  }

  /** Resolves when stderr shows the pattern. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return this.prints(pattern, "stderr");
  }

  /** Resolves when it has printed so many bytes. */
  async printsBytes(count: number): Promise<void> {
    let bytes = 0;
    await this.#until(`stdout has ${count} bytes`, () => {
      bytes = this.#printed.stdout.reduce((sum, chunk) => sum + chunk.length, 0);
      return bytes >= count;
    });
  }

  /** Resolves to the exit code as a shell says it (128 and the number of the signal that killed it), when everything it printed is here. */
  async code(): Promise<number | undefined> {
    await this.#until("it has ended", () => this.#exit !== undefined);
    const { code = null, signal = null } = this.#exit ?? {};
    return code ?? (signal === null ? undefined : 128 + constants.signals[signal]);
  }

  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    this.process.kill(signal);
  }

  async #until(what: string, reached: () => boolean): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(resolve, patienceMs, "late");
    });
    try {
      while (!reached()) {
        if (this.#exit !== undefined) this.#fail(`ended before ${what}`);
        const woken = new Promise<"woken">((resolve) => {
          this.#waiting.add(() => {
            resolve("woken");
          });
        });
        if ((await Promise.race([woken, late])) === "late")
          this.#fail(`${patienceMs} ms, and not yet: ${what}`);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #fail(happened: string): never {
    const { stdout, stderr } = this;
    const exit = JSON.stringify(this.#exit);
    assert.fail(
      `${this.#name}: ${happened}\nexit: ${exit}\nstdout: ${tail(stdout)}\nstderr: ${tail(stderr)}`,
    );
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}

/** Starts a program; the end of the test is its end too. */
export function start(
  t: TestContext,
  program: string,
  args: readonly string[],
  options: StartOptions = {},
): Child {
  const child = new Child(program, args, options);
  t.after(async () => {
    child.kill();
    await child.exited;
  });
  return child;
}

/** Starts `portcall` with these arguments. */
export function portcall(t: TestContext, args: readonly string[], options: StartOptions = {}): Child {
  return start(t, process.execPath, [commandPath, ...args], options);
}

/** The command of this checkout; tests run at its top. */
export const commandPath = `${process.cwd()}/bin/portcall.js`;

function tail(text: string): string {
  return JSON.stringify(text.length > 2_000 ? `… ${text.slice(-2_000)}` : text);
}
