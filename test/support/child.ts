/**
 * A child process: what it prints is collected and can be waited for. None outlives this process.
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";

/** How a child ended: `signal` if one killed it, `code` if none did. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  /** Set on top of the environment of the test. */
  readonly env?: NodeJS.ProcessEnv;
  /** The variables of the test that it gets; all of them unless given. */
  readonly inheritsEnv?: readonly string[];
  readonly cwd?: string;
  /** Pipes unless given; a file descriptor takes the place of a pipe. */
  readonly stdio?: StdioOptions;
  /** How long to wait for what it should print, or for its end. */
  readonly waitMs?: number;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Long enough for a loaded machine: nothing waits for it unless something is wrong. */
const waitMsMax = 30_000;

export class Child {
  readonly process: ChildProcess;
  /** Resolves when it has ended and everything it printed is here. */
  readonly exited: Promise<Exit>;
  readonly #name: string;
  readonly #printed = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  readonly #waiting = new Set<() => void>();
  readonly #waitMs: number;
  #lineStart = 0;
  #exit: Exit | undefined;

  constructor(program: string, args: readonly string[], options: StartOptions) {
    this.#name = [program, ...args].join(" ");
    this.#waitMs = options.waitMs ?? waitMsMax;
    this.process = spawn(program, args, {
      cwd: options.cwd,
      env: { ...inherited(options.inheritsEnv), ...options.env },
      stdio: options.stdio ?? "pipe",
    });
    running.add(this.process);
    // A child that has ended reads no more; its exit says the rest.
    this.process.stdin?.on("error", () => undefined);
    for (const stream of ["stdout", "stderr"] as const) {
      this.process[stream]?.on("data", (chunk: Uint8Array) => {
        this.#printed[stream].push(chunk);
        this.#wake();
      });
    }
    this.exited = once(this.process, "close").then(([code, signal]) => {
      running.delete(this.process);
      this.#exit = { code: code as number | null, signal: signal as NodeJS.Signals | null };
      this.#wake();
      return this.#exit;
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  bytes(stream: "stdout" | "stderr" = "stdout"): Buffer {
    return Buffer.concat(this.#printed[stream]);
  }

  get stdout(): string {
    return this.bytes("stdout").toString();
  }

  get stderr(): string {
    return this.bytes("stderr").toString();
  }

  /** The next line of stdout, each once. */
  async line(): Promise<string> {
    const start = this.#lineStart;
    const end = await this.until("a line", () => {
      const found = this.bytes().indexOf("\n", start);
      return found === -1 ? undefined : found;
    });
    this.#lineStart = end + 1;
    return this.bytes().toString("utf8", start, end);
  }

  /** Types, or pipes, into it; resolves when it has room for more. */
  async write(data: string | Uint8Array): Promise<void> {
    const { stdin } = this.process;
    assert.ok(stdin, `${this.#name} has no pipe to write to`);
    if (!stdin.write(data)) await Promise.race([once(stdin, "drain"), once(stdin, "close")]);
  }

  /** Ends its stdin, after `data`. */
  end(data: string | Uint8Array = ""): void {
    this.process.stdin?.end(data);
  }

  /** Resolves when the pattern is in what it has printed. */
  async prints(pattern: RegExp, stream: "stdout" | "stderr" = "stdout"): Promise<RegExpExecArray> {
    return this.until(`${stream} shows ${String(pattern)}`, () => pattern.exec(this[stream]) ?? undefined);
  }

  printsOnStderr(pattern: RegExp): Promise<RegExpExecArray> {
    return this.prints(pattern, "stderr");
  }

  async printsBytes(count: number): Promise<void> {
    await this.until(`stdout has ${count} bytes`, () => {
      const bytes = this.#printed.stdout.reduce((sum, chunk) => sum + chunk.length, 0);
      return bytes >= count || undefined;
    });
  }

  /** Resolves to the exit code as a shell says it (128 and the number of the signal that killed it), when everything it printed is here. */
  async code(): Promise<number | undefined> {
    const { code, signal } = await this.until("it has ended", () => this.#exit);
    return code ?? (signal === null ? undefined : 128 + constants.signals[signal]);
  }

  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    this.process.kill(signal);
  }

  async stop(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.exited;
  }

  /** Resolves to what `look` finds; it looks again whenever the child has printed something, or ended. */
  async until<Found>(what: string, look: () => Found | undefined): Promise<Found> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(resolve, this.#waitMs, "late");
    });
    try {
      for (;;) {
        const found = look();
        if (found !== undefined) return found;
        if (this.#exit !== undefined) this.#fail(`ended before ${what}`);
        const woken = new Promise<"woken">((resolve) => {
          this.#waiting.add(() => {
            resolve("woken");
          });
        });
        if ((await Promise.race([woken, late])) === "late")
          this.#fail(`${this.#waitMs} ms, and not yet: ${what}`);
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

function inherited(names: readonly string[] | undefined): NodeJS.ProcessEnv {
  if (names === undefined) return process.env;
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

function tail(text: string): string {
  return JSON.stringify(text.length > 2_000 ? `… ${text.slice(-2_000)}` : text);
}
