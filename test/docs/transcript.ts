/**
 * A block of a page as what it shows: what a terminal does, with `$ ` before each command.
 *
 * Such a transcript is run by bash, which also prints the prompts and the commands; so what comes out is the block as it should
 * be, and can be compared with it, or put in its place.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";

const patienceMs = 30_000;

/** The commands of a transcript; one goes on in the next line behind a backslash. */
export function commandsOf(text: string): string[] {
  return [...text.matchAll(/^\$ ((?:.*\\\n)*.*)$/gm)].map(([, command = ""]) => command);
}

/** What a transcript looks like whenever it is run: times, ports that the system chose, and process ids are left out. */
export function unvarying(text: string): string[] {
  return (
    text
      .replaceAll(/\b\d+(\.\d+)? (ms|s|min)\b/g, "<time>")
      .replaceAll(/:\d{5}\b/g, ":<port>")
      // Where both sides have nothing more to say, either may be first to say so.
      .replaceAll(/\bfin by (us|the peer)\b/g, "fin by <one>")
      .replaceAll(/\bprocess \d+/g, "process <id>")
      .split("\n")
      .toSorted()
  );
}

/** Runs transcripts beside each other, each once the one before has printed something; resolves to what each looked like. */
export async function runTranscripts(
  transcripts: readonly (readonly string[])[],
  place: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<string[]> {
  const running: Promise<string>[] = [];
  for (const commands of transcripts) {
    const transcript = start(commands, place);
    running.push(transcript.ended);
    await transcript.begun;
  }
  return Promise.all(running);
}

function start(
  commands: readonly string[],
  place: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
) {
  // The prompt leaves `$?` as it was, for a command that shows it.
  const prompt = `prompt() { local code=$?; printf '$ %s\\n' "$1"; return $code; }`;
  const script = commands.map((command) => `prompt ${quoted(command)}\n${command}`);
  // `cat`, for a pipe: what Node gives a child is a socket, and a command that ends its stdout ends that for all who share it.
  const child = spawn("bash", ["-c", [prompt, "{", ...script, "} 2>&1 | cat"].join("\n")], {
    ...place,
    stdio: ["ignore", "pipe", "inherit"],
    // A group of its own, so that what a command leaves behind can be ended with it.
    detached: true,
  });
  let output = "";
  let tellBegun!: () => void;
  const begun = new Promise<void>((resolve) => {
    tellBegun = resolve;
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    // More than the echo of its first command.
    if (output.length > `$ ${commands[0] ?? ""}\n`.length) tellBegun();
  });
  const late = setTimeout(() => {
    output += `… ended after ${patienceMs} ms\n`;
    endGroup(child.pid);
  }, patienceMs);
  const ended = once(child, "close").then(() => {
    clearTimeout(late);
    tellBegun();
    // As a terminal shows it.
    return output.replaceAll("\r\n", "\n");
  });
  return { begun, ended };
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
