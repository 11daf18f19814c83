/** The load program, bench/load/load.c: built once, run once for each measurement. */
import { execFile, type ExecFileException } from "node:child_process";
import { promisify } from "node:util";
import { builtProgram, compileC } from "./compiler.ts";
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
    readonly residentBytesBefore: number;
    readonly residentBytesAfter: number;
  };
}

const source = "bench/load/load.c";

/**
 * Compiles it.
 *
 * @throws {Error} if there is no compiler, or it refuses.
 */
export function buildLoadProgram(): void {
  compileC(source);
}

/** The command that puts a workload on a server. */
export function loadCommand(
  workload: Workload,
  server: ServerProcess,
  settings: { readonly warmupSeconds: number; readonly seconds: number },
  more: readonly string[],
): readonly string[] {
  return [
    ...[
      builtProgram(source),
      "--host",
      "127.0.0.1",
      "--port",
      String(server.port),
      "--pid",
      String(server.pid),
    ],
    ...["--connections", String(workload.connections), "--bytes", String(workload.messageBytes)],
    ...["--warmup", String(settings.warmupSeconds), "--seconds", String(settings.seconds)],
    ...["--mode", workload.mode, ...more],
  ];
}

/** No workload takes longer than this; a load program that does is stuck. */
const loadTimeoutMs = 60_000;

/**
 * Runs it to its end.
 *
 * @throws {Error} (rejects) if any connection failed: such a measurement is worth nothing.
 */
export async function runLoad(command: readonly string[]): Promise<LoadResult> {
  const result = JSON.parse(await outputOf(command)) as LoadResult;
  if (result.errors > 0)
    throw new Error(`${result.errors} connections or transfers failed, the first: ${result.firstError}`);
  return result;
}

async function outputOf([program = "", ...programArguments]: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, programArguments, { timeout: loadTimeoutMs })).stdout;
  } catch (error) {
    const { killed, stderr, message } = error as ExecFileException & { stderr?: string };
    if (killed === true)
      throw new Error(`the load did not end in ${loadTimeoutMs / 1000} s`, { cause: error });
    throw new Error(stderr?.trim() || message, { cause: error });
  }
}
