/** The load program: built from bench/load/ by the machine's own C compiler, run once for each measurement. */
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { projectPath } from "./project.ts";
import type { ServerProcess } from "./server-process.ts";
import type { Workload } from "./workloads.ts";

/** What the load program prints; see bench/load/load.c. */
export interface LoadResult {
  readonly operations: number;
  readonly seconds: number;
  readonly errors: number;
  readonly firstError: string;
  readonly latencyNs: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly loadCpuNs: number;
  /** CPU time that others took from the CPUs of server and load program. */
  readonly othersCpuNs: number;
  readonly server: {
    readonly cpuNs: number;
    readonly userNs: number;
    readonly systemNs: number;
    readonly residentBytesBefore: number;
    readonly residentBytesAfter: number;
  };
}

/**
 * Compiles it into `build/`, a fraction of a second, so always anew.
 *
 * @returns The path of the program.
 * @throws {Error} if there is no compiler, or it refuses.
 */
export function buildLoadProgram(): string {
  const program = projectPath("build/bench/load/load");
  const compiler = process.env["CC"] ?? "cc";
  mkdirSync(dirname(program), { recursive: true });
  const source = projectPath("bench/load/load.c");
  const result = spawnSync(compiler, ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-o", program, source], {
    encoding: "utf8",
  });
  if (result.error) throw new Error(`no C compiler: ${result.error.message} (install one, or name it in CC)`);
  if (result.status !== 0) throw new Error(`${compiler} cannot compile bench/load/load.c:\n${result.stderr}`);
  return program;
}

/** The command that puts a workload on a server. */
export function loadCommand(
  program: string,
  workload: Workload,
  server: ServerProcess,
  duration: { readonly warmupSeconds: number; readonly seconds: number },
): readonly string[] {
  return [
    ...[program, ...workload.loadArguments],
    ...["--host", "127.0.0.1", "--port", String(server.port), "--pid", String(server.pid)],
    ...["--connections", String(workload.connections), "--bytes", String(workload.messageBytes)],
    ...["--warmup", String(duration.warmupSeconds), "--seconds", String(duration.seconds)],
  ];
}

/** No workload takes longer than this; a load program that does is stuck. */
const loadTimeoutMs = 600_000;

/**
 * Runs it to its end.
 *
 * @throws {Error} (rejects) if any connection failed: such a measurement is worth nothing.
 */
export async function runLoad(command: readonly string[]): Promise<LoadResult> {
  const [program = "", ...programArguments] = command;
  const { stdout } = await promisify(execFile)(program, programArguments, { timeout: loadTimeoutMs });
  const result = JSON.parse(stdout) as LoadResult;
  if (result.errors > 0)
    throw new Error(`${result.errors} connections failed, the first: ${result.firstError}`);
  return result;
}
