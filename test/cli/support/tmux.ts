/**
 * A real terminal with a shell in it, through tmux.
 *
 * Each test has its own tmux server in control mode, which reports every change. So a test waits for the screen that
 * it expects, and never for a time.
 */
import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { commandPath } from "../../support/command.ts";
import { missing } from "../../support/programs.ts";

/** Why a test that needs a real terminal, and what is typed there, cannot run; `undefined` if it can. */
export const noTmux: string | undefined = missing("tmux", "bash", "grep", "pkill", "stty");

/**
 * Makes the shell say at each prompt how the command before it ended, and how it left the terminal: raw, it would not be
 * icanon. A command behind `;` would not run after a SIGINT.
 */
export const showExit = `PROMPT_COMMAND='echo "exit $?" $(stty -a | grep -ow -e -icanon -e icanon)'`;

/** Long enough for a loaded machine: nothing waits for it unless something is wrong. */
const waitMsMax = 30_000;

/** Starts a shell, in which `portcall` is the command, on a terminal of that size. */
export async function openTerminal(
  t: Pick<TestContext, "after">,
  size: { readonly columns: number; readonly rows: number } = { columns: 60, rows: 16 },
  env: NodeJS.ProcessEnv = {},
): Promise<RealTerminal> {
  const folder = mkdtempSync(join(tmpdir(), "portcall-tmux-"));
  const command = join(folder, "portcall");
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${commandPath}' "$@"\n`);
  chmodSync(command, 0o755);
  const socket = `portcall-${randomUUID()}`;
  const tmux = spawn(
    "tmux",
    ["-L", socket, "-f", "/dev/null", "-C", "new-session", "exec env PS1='$ ' bash --norc --noprofile"],
    {
      cwd: folder,
      env: {
        ...process.env,
        TMUX: undefined,
        LC_ALL: "C.UTF-8",
        PATH: `${folder}:${process.env["PATH"] ?? ""}`,
        PS1: "$ ",
        HISTFILE: undefined,
        XDG_STATE_HOME: join(folder, "state"),
        ...env,
      },
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  t.after(async () => {
    const gone = tmux.exitCode === null ? once(tmux, "exit") : undefined;
    execFileSync("tmux", ["-L", socket, "kill-server"], { stdio: "ignore" });
    await gone;
    rmSync(folder, { recursive: true });
  });
  const terminal = new RealTerminal(tmux, folder);
  await terminal.resize(size.columns, size.rows);
  await terminal.shows(/^\$ ?$/m);
  return terminal;
}

export class RealTerminal {
  /** Where the shell is. The history is kept in `state` there. */
  readonly folder: string;
  readonly #tmux: ChildProcess;
  readonly #replies: ((lines: readonly string[]) => void)[] = [];
  #changes = 0;
  #changed: (() => void) | undefined;

  constructor(tmux: ChildProcess, folder: string) {
    this.#tmux = tmux;
    this.folder = folder;
    assert.ok(tmux.stdout);
    let reply: string[] | undefined;
    // The reply to new-session, which is not needed here.
    this.#replies.push(() => undefined);
    createInterface({ input: tmux.stdout }).on("line", (line) => {
      if (line.startsWith("%begin ")) reply = [];
      else if (line.startsWith("%end ") || line.startsWith("%error ")) {
        this.#replies.shift()?.(reply ?? []);
        reply = undefined;
      } else if (reply !== undefined) reply.push(line);
      else {
        this.#changes++;
        this.#changed?.();
      }
    });
  }

  async type(text: string): Promise<void> {
    await this.#ask(`send-keys -l -- '${text.replaceAll("'", `'\\''`)}'`);
  }

  /** Presses keys by tmux's names for them: `Enter`, `C-c`, `Left`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#ask(`send-keys ${keys.join(" ")}`);
  }

  async enter(line: string): Promise<void> {
    await this.type(line);
    await this.press("Enter");
  }

  /** Pastes text all at once, lines and all. */
  async paste(text: string): Promise<void> {
    writeFileSync(join(this.folder, "pasted"), text);
    await this.#ask(`load-buffer '${join(this.folder, "pasted")}'`);
    await this.#ask("paste-buffer -r");
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#ask(`refresh-client -C ${columns}x${rows}`);
  }

  async text(): Promise<string> {
    return (await this.#ask("capture-pane -p")).join("\n");
  }

  async colouredText(): Promise<string> {
    return (await this.#ask("capture-pane -p -e")).join("\n");
  }

  async cursor(): Promise<string> {
    return (await this.#ask("display-message -p '#{cursor_x},#{cursor_y}'")).join("");
  }

  /** Resolves when it shows that. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#changed?.();
    }, waitMsMax);
    try {
      for (;;) {
        const seen = this.#changes;
        const text = await this.text();
        const match = pattern.exec(text);
        if (match !== null) return match;
        assert.ok(!late, `${waitMsMax} ms, and the terminal does not show ${String(pattern)}:\n${text}`);
        if (this.#changes === seen) {
          await new Promise<void>((resolve) => {
            this.#changed = resolve;
          });
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(command: string): Promise<readonly string[]> {
    const reply = new Promise<readonly string[]>((resolve) => {
      this.#replies.push(resolve);
    });
    this.#tmux.stdin?.write(`${command}\n`);
    return reply;
  }
}
