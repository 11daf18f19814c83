/**
 * The cost of starting the command: how much later than a bare Node `portcall serve` is ready, and how much memory it
 * then uses.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Pinning } from "./processors.ts";
import { projectPath } from "./project.ts";
import { spreadOf, type Spread } from "./statistics.ts";

/** The project's limits for it. */
export const startTargets = { moreMsMax: 25, residentBytesMax: 60e6 } as const;

export interface StartResult {
  readonly rounds: number;
  /** Until a bare Node has printed a line. */
  readonly bareMs: Spread;
  /** Until `portcall serve` has printed where it listens. */
  readonly serveMs: Spread;
  /** How much later that is, in the same round. */
  readonly moreMs: Spread;
  /** The same in CPU time of the main thread, which depends less on other load. */
  readonly moreCpuMs: Spread;
  readonly residentBytes: Spread;
}

interface Start {
  readonly readyMs: number;
  readonly cpuMs: number;
  readonly residentBytes: number;
}

const bare = [process.execPath, "-e", "console.log('ready'); setInterval(() => {}, 1e6)"];
const serve = (): string[] => [process.execPath, projectPath("bin/portcall.js"), "serve", "echo", ":0"];

export async function measureStart(rounds: number, pinning: Pinning): Promise<StartResult> {
  const pairs: { readonly bare: Start; readonly serve: Start }[] = [];
  // The first pair loads the files from disk, and is left out.
  for (let round = 0; round <= rounds; round++) {
    const pair = {
      bare: await startOnce(pinning.server(bare)),
      serve: await startOnce(pinning.server(serve())),
    };
    if (round > 0) pairs.push(pair);
  }
  return {
    rounds,
    bareMs: spreadOf(pairs.map((pair) => pair.bare.readyMs)),
    serveMs: spreadOf(pairs.map((pair) => pair.serve.readyMs)),
    moreMs: spreadOf(pairs.map((pair) => pair.serve.readyMs - pair.bare.readyMs)),
    moreCpuMs: spreadOf(pairs.map((pair) => pair.serve.cpuMs - pair.bare.cpuMs)),
    residentBytes: spreadOf(pairs.map((pair) => pair.serve.residentBytes)),
  };
}

/** Starts a program, which prints a line when it is ready, and then ends it. */
async function startOnce([program = "", ...words]: readonly string[]): Promise<Start> {
  const startedAtMs = performance.now();
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  try {
    // Both streams are read, because `serve` reserves stdout for its results.
    await Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), ended.then(tooEarly)]);
    const readyMs = performance.now() - startedAtMs;
    const { pid } = child;
    if (pid === undefined) return tooEarly();
    return { readyMs, cpuMs: cpuMsOf(pid), residentBytes: residentBytesOf(pid) };
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

function tooEarly(): never {
  throw new Error("a program that was to be ready has ended");
}

/** CPU time of the main thread, in nanoseconds, as the scheduler counts it. */
function cpuMsOf(pid: number): number {
  const [ran = ""] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ");
  return Number(ran) / 1e6;
}

function residentBytesOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}
