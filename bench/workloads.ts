/**
 * The loads that servers are put under, one row each. A new workload is a row here; if
 * the load program lacks what it needs, also a mode in load.c.
 */

/** The peer whose value is 1.00. */
export const baselineName = "C epoll";

export type Measure =
  /** Nanoseconds of server CPU time, user and system, for one operation. */
  | "cpuPerOperation"
  /** Bytes of the server's resident memory per open connection, without the kernel's own. */
  | "memoryPerConnection"
  /** Nanoseconds within which 99 of 100 operations are done. */
  | "latencyP99";

/** What a server does with the bytes it receives. */
export type Service =
  /** Sends them back. */
  | "echo"
  /** Counts them, and sends the number at the client's FIN. */
  | "count";

/** Short and stable: targets, `--only` and peers refer to it. */
export type WorkloadName = "echo-64" | "echo-64-1000" | "echo-64k" | "bulk" | "churn" | "idle" | "latency";

export interface Workload {
  readonly name: WorkloadName;
  readonly title: string;
  readonly service: Service;
  /** The mode of the load program; see load.c. */
  readonly mode: "echo" | "churn" | "bulk" | "idle";
  readonly connections: number;
  readonly messageBytes: number;
  /** What is counted, in one word. */
  readonly operation: string;
  readonly measure: Measure;
  /** The load does not wait for answers. It runs at this share of the baseline's rate in closed loops. */
  readonly baselineRateShare?: number;
  /** Environment variables that each server gets in addition. */
  readonly environment?: Readonly<Record<string, string>>;
}

const usual = { service: "echo", mode: "echo", measure: "cpuPerOperation" } as const;

export const workloads: readonly Workload[] = [
  {
    ...usual,
    name: "echo-64",
    title: "Echo of 64 bytes, one line, over 50 connections",
    connections: 50,
    messageBytes: 64,
    operation: "echo",
  },
  {
    ...usual,
    name: "echo-64-1000",
    title: "Echo of 64 bytes over 1 000 connections",
    connections: 1000,
    messageBytes: 64,
    operation: "echo",
  },
  {
    ...usual,
    name: "echo-64k",
    title: "Echo of 64 KiB over 10 connections",
    connections: 10,
    messageBytes: 65_536,
    operation: "echo",
  },
  {
    ...usual,
    name: "bulk",
    title: "Transfers of 64 MiB in one direction, to a handler that counts the bytes",
    service: "count",
    mode: "bulk",
    connections: 1,
    messageBytes: 2 ** 26,
    operation: "transfer",
  },
  {
    ...usual,
    name: "churn",
    title: "Connect, echo 64 bytes, close; 50 connections at a time",
    mode: "churn",
    connections: 50,
    messageBytes: 64,
    operation: "connection",
  },
  {
    ...usual,
    name: "idle",
    title:
      "Resident memory for each silent connection: 10 000 after the first 1 000, garbage collected, V8's young generation limited to 1 MB",
    mode: "idle",
    connections: 10_000,
    messageBytes: 64,
    operation: "connection",
    measure: "memoryPerConnection",
    // Without this, the young generation grows to 16 MB under any load and stays there: more than all connections
    // take.
    environment: { NODE_OPTIONS: "--max-semi-space-size=1" },
  },
  {
    ...usual,
    name: "latency",
    title: "Time for 99 of 100 echoes of 64 bytes over 50 connections, at half the rate of C epoll",
    connections: 50,
    messageBytes: 64,
    operation: "echo",
    measure: "latencyP99",
    baselineRateShare: 0.5,
  },
];

/** The same reason for all other workloads: for a peer that is measured in these alone. */
export function onlyIn(
  names: readonly WorkloadName[],
  why: string,
): Readonly<Partial<Record<WorkloadName, string>>> {
  const others = workloads.filter(({ name }) => !names.includes(name));
  return Object.fromEntries(others.map(({ name }) => [name, why]));
}
