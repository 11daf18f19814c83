/** The load program, bench/load/load.c: built once, run once for each measurement. */
import { execFile, type ExecFileException } from "node:child_process";
import { promisify } from "node:util";
import { builtProgram, compileC } from "./compiler.ts";
import type { Pin } from "./processors.ts";
import type { ServerProcess } from "./server-process.ts";
import type { Workload } from "./workloads.ts";

export interface Slice {
  readonly operations: number;
  readonly durationNs: number;
  /** CPU time of the server in the whole turn that the slice is a part of. */
  readonly cpuNs: number;
  readonly latencyP50Ns: number;
  readonly latencyP99Ns: number;
}

/** Memory of a server before and after the measured connections were opened. */
export interface IdleResult {
  readonly residentBytesBefore: number;
  readonly residentBytesAfter: number;
}

/** A server that the load goes to. */
export type LoadedServer = Pick<ServerProcess, "port" | "pid"> & {
  /** It starts a process for each client, and their CPU time counts too. */
  readonly forks?: boolean;
};

export interface SliceSettings {
  /** How often each server has its slice. */
  readonly turns: number;
  readonly sliceSeconds: number;
  /** Operations a second; closed loops unless given. */
  readonly rate?: number;
}

const source = "bench/load/load.c";

/**
 * Compiles the load program.
 *
 * @throws {Error} if there is no compiler, or it fails.
 */
export function buildLoadProgram(): void {
  compileC(source);
}

/**
 * Loads one or two servers in turn.
 *
 * @returns The turns, each with a slice for each server in the order given.
 *
 * @throws {Error} (rejects) if any connection fails, since the measurement is then invalid.
 */
export async function loadInTurns(
  workload: Workload,
  servers: readonly LoadedServer[],
  { turns, sliceSeconds, rate }: SliceSettings,
  pin: Pin,
): Promise<readonly (readonly Slice[])[]> {
  const more = ["--turns", String(turns), "--slice", String(sliceSeconds)];
  if (rate !== undefined) more.push("--rate", String(rate));
  const result = await run(pin([...commandFor(workload, servers), ...more]));
  return (JSON.parse(result) as { turns: Slice[][] }).turns;
}

/**
 * Measures the memory of a server whose connections are silent.
 *
 * @throws {Error} (rejects) if any connection fails.
 */
export async function loadIdle(workload: Workload, server: LoadedServer, pin: Pin): Promise<IdleResult> {
  return JSON.parse(await run(pin(commandFor(workload, [server])))) as IdleResult;
}

function commandFor(workload: Workload, servers: readonly LoadedServer[]): string[] {
  const { mode, connections, messageBytes } = workload;
  return [
    ...[builtProgram(source), "--mode", mode],
    ...["--connections", String(connections), "--bytes", String(messageBytes)],
    ...servers.flatMap(({ port, pid, forks = false }) => [
      forks ? "--forking-server" : "--server",
      `${port}:${pid}`,
    ]),
  ];
}

/** No workload takes longer; a load program that does is stuck. */
const loadTimeoutMs = 60_000;

async function run([program = "", ...programArguments]: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, programArguments, { timeout: loadTimeoutMs })).stdout;
  } catch (error) {
    const { killed, stderr, message } = error as ExecFileException & { stderr?: string };
    if (killed === true)
      throw new Error(`the load did not end in ${loadTimeoutMs / 1000} s`, { cause: error });
    throw new Error(stderr?.trim().replace(/^load: /, "") || message, { cause: error });
  }
}
