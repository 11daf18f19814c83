/** One peer, running: started, waited for until it says `ready <port>`, and ended. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Peer } from "./peers.ts";

const readyTimeoutMs = 30_000;
const stopTimeoutMs = 2_000;

export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Starts a peer by `command`, which is the peer's own one, possibly pinned.
 *
 * @throws {Error} (rejects) with the end of what it said on stderr, if it ends or is not ready in 30 s.
 */
export async function startServer(peer: Peer, command: readonly string[]): Promise<ServerProcess> {
  const [program = "", ...programArguments] = command;
  const child = spawn(program, programArguments, {
    env: { ...process.env, ...peer.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const exited = new Promise<void>((resolve) => {
    child.once("close", resolve);
    child.once("error", () => resolve());
  }).finally(() => running.delete(child));
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
    await exited;
    clearTimeout(timer);
  };

  let complaint = "";
  child.stderr
    .setEncoding("utf8")
    .on("data", (text: string) => (complaint = (complaint + text).slice(-2_000)));
  const port = await readyPort(child, exited);
  if (port === undefined || child.pid === undefined) {
    await stop();
    throw new Error(`the server did not start${complaint && `: ${errorLine(complaint)}`}`);
  }
  return { pid: child.pid, port, stop };
}

/** The port of its `ready` line, or `undefined` if it ends or takes too long. */
async function readyPort(child: ChildProcess, exited: Promise<void>): Promise<number | undefined> {
  const given = new AbortController();
  const timer = setTimeout(() => given.abort(), readyTimeoutMs);
  void exited.then(() => given.abort());
  try {
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const [line] = (await once(lines, "line", { signal: given.signal })) as [string];
    return Number(/^ready (\d+)$/.exec(line)?.[1]) || undefined;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Of a stack trace, the line that says what went wrong; else the last line. */
function errorLine(complaint: string): string {
  const lines = complaint.trim().split("\n");
  return (lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? "").trim();
}
