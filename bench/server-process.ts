/** One peer as a process: starts it, waits until it prints `ready <port>` or accepts, and ends it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { accepts, freePort } from "./ports.ts";

const readyTimeoutMs = 30_000;
const stopTimeoutMs = 2_000;

export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) signalAll(child, "SIGKILL");
});

/** To the whole process group: a server may have started a process for each client. */
function signalAll(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is empty.
  }
}

/**
 * Starts a server, in a session of its own.
 *
 * @param command If it contains `{port}`, that becomes a free port, and the server is ready when it accepts there.
 * @param environment Additional environment variables.
 *
 * @throws {Error} (rejects) with the end of its stderr, if it exits or is not ready in 30 s.
 */
export async function startServer(
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const given = command.some((word) => word.includes("{port}")) ? await freePort() : undefined;
  const [program = "", ...programArguments] = command.map((word) => word.replace("{port}", String(given)));
  const child = spawn(program, programArguments, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  running.add(child);
  const exited = new Promise<void>((resolve) => {
    child.once("close", resolve);
    child.once("error", () => resolve());
  }).finally(() => running.delete(child));
  const stop = async (): Promise<void> => {
    signalAll(child, "SIGTERM");
    const timer = setTimeout(() => signalAll(child, "SIGKILL"), stopTimeoutMs);
    await exited;
    clearTimeout(timer);
  };

  let complaint = "";
  child.stderr
    .setEncoding("utf8")
    .on("data", (text: string) => (complaint = (complaint + text).slice(-2_000)));
  const port = await readyPort(child, exited, given);
  if (port === undefined || child.pid === undefined) {
    await stop();
    throw new Error(`the server did not start${complaint && `: ${errorLine(complaint)}`}`);
  }
  return { pid: child.pid, port, stop };
}

/** The assigned port, or that of its `ready` line; `undefined` if it exits or takes too long. */
async function readyPort(
  child: ChildProcess,
  exited: Promise<void>,
  given: number | undefined,
): Promise<number | undefined> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), readyTimeoutMs);
  void exited.then(() => patience.abort());
  try {
    if (given !== undefined) return (await accepts(given, patience.signal)) ? given : undefined;
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const [line] = (await once(lines, "line", { signal: patience.signal })) as [string];
    return Number(/^ready (\d+)$/.exec(line)?.[1]) || undefined;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** The line of a stack trace that names the error; else the last line. */
function errorLine(complaint: string): string {
  const lines = complaint.trim().split("\n");
  return (lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? "").trim();
}
