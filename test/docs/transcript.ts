/**
 * Runs a console block of a page: what a terminal shows, with `$ ` before each command.
 *
 * Bash runs the commands and prints prompts and commands too, so the output can be compared with the block, or take its
 * place. A block that ends with the line `^C` is interrupted once the blocks beside it have ended.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";

const timeoutMs = 30_000;
const interruptLine = "^C";

export interface Transcript {
  readonly commands: readonly string[];
  /** Whether its last command runs until Ctrl-C. */
  readonly isInterrupted: boolean;
}

interface Running {
  /** Resolves once it has printed more than its first command. */
  readonly begun: Promise<void>;
  /** Resolves to what the terminal showed. */
  readonly ended: Promise<string>;
  interrupt(): void;
}

interface Surroundings {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A console block as commands and the way it ends. */
export function readTranscript(text: string): Transcript {
  return { commands: commandsOf(text), isInterrupted: text.split("\n").includes(interruptLine) };
}

/** The commands of a console block. A backslash at the end of a line continues the command. */
export function commandsOf(text: string): string[] {
  return [...text.matchAll(/^\$ ((?:.*\\\n)*.*)$/gm)].map(([, command = ""]) => command);
}

/** The lines of an output without what differs from run to run: times, ports that the system chose, and process ids. */
export function unvarying(text: string): string[] {
  return (
    text
      .replaceAll(/\b\d+(\.\d+)? (ms|s|min)\b/g, "<time>")
      .replaceAll(/:\d{5}\b/g, ":<port>")
      // Where neither side has more to send, either may send FIN first.
      .replaceAll(/\bfin by (us|the peer)\b/g, "fin by <one>")
      .replaceAll(/\bprocess \d+/g, "process <id>")
      .split("\n")
      .map((line) => line.trimEnd())
      .toSorted()
  );
}

/** Runs transcripts beside each other, each once the one before has printed something; resolves to their outputs. */
export async function runTranscripts(
  transcripts: readonly Transcript[],
  surroundings: Surroundings,
  /** Runs after all of them have begun, and before any is interrupted. */
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const all: (Running & Transcript)[] = [];
  try {
    for (const transcript of transcripts) {
      const running = start(transcript.commands, surroundings);
      all.push({ ...transcript, ...running });
      await running.begun;
    }
    await meanwhile();
    await Promise.all(all.filter(({ isInterrupted }) => !isInterrupted).map(({ ended }) => ended));
  } finally {
    for (const running of all) if (running.isInterrupted) running.interrupt();
  }
  return Promise.all(all.map(({ ended }) => ended));
}

function start(commands: readonly string[], surroundings: Surroundings): Running {
  // The prompt keeps `$?`, for a command that shows it.
  const prompt = `prompt() { local code=$?; printf '$ %s\\n' "$1"; return $code; }`;
  const script = commands.map((command) => `prompt ${quoted(command)}\n${command}`);
  // Node gives a child a socket as stdout. A command that shuts it down would end it for all commands, so `cat` gives
  // them a pipe. It outlives Ctrl-C, for what a command prints then.
  const child = spawn(
    "bash",
    ["-c", [prompt, "{", ...script, "} 2>&1 | (trap '' INT; exec cat)"].join("\n")],
    {
      ...surroundings,
      stdio: ["ignore", "pipe", "inherit"],
      // A process group of its own, so that all of it can be signalled.
      detached: true,
    },
  );
  let output = "";
  let markBegun!: () => void;
  const begun = new Promise<void>((resolve) => {
    markBegun = resolve;
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (output.length > `$ ${commands[0] ?? ""}\n`.length) markBegun();
  });
  const timer = setTimeout(() => {
    output += `… ended after ${timeoutMs} ms\n`;
    signalGroup(child.pid, "SIGKILL");
  }, timeoutMs);
  const ended = once(child, "close").then(() => {
    clearTimeout(timer);
    markBegun();
    return output.replaceAll("\r\n", "\n");
  });
  const interrupt = (): void => {
    output += `${interruptLine}\n`;
    signalGroup(child.pid, "SIGINT");
  };
  return { begun, ended, interrupt };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended.
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
