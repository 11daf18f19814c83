/**
 * What the servers are made to do, one row each. A new workload is a row here; if
 * it needs something that the load program does not do yet, also a mode in load.c.
 */

/** What is taken from a measurement, as one number of which less is better. */
export type Measure =
  /** Nanoseconds of server CPU time, user and system, for one operation. */
  | "cpuPerOperation"
  /** Bytes of the server's resident memory for one open connection; the kernel's own are not in it. */
  | "memoryPerConnection"
  /** Nanoseconds within which 99 of 100 operations are done. */
  | "latencyP99";

/** What a server does with what it gets. */
export type Service =
  /** Sends it back. */
  | "echo"
  /** Counts it, and says at the client's FIN how much it was. */
  | "count";

/** Short and stable: targets, `--only` and peers refer to it. */
export type WorkloadName = "echo-64" | "echo-64-1000" | "echo-64k" | "bulk" | "churn" | "idle" | "latency";

export interface Workload {
  readonly name: WorkloadName;
  /** The heading of its table. */
  readonly title: string;
  readonly service: Service;
  /** What the load program does; see there. */
  readonly mode: "echo" | "churn" | "bulk" | "idle";
  readonly connections: number;
  readonly messageBytes: number;
  /** What is counted, in a word. */
  readonly operation: string;
  readonly measure: Measure;
  /** The peer whose value is 1.00. */
  readonly baseline: string;
  /** The load does not wait for answers, but comes at this part of the best rate of the baseline. */
  readonly baselineRateShare?: number;
  /** Fewer rounds than asked for are enough: what is measured hardly differs. */
  readonly roundsMax?: number;
  /** What the environment of each server says beside its own. */
  readonly environment?: Readonly<Record<string, string>>;
}

const usual = { service: "echo", mode: "echo", measure: "cpuPerOperation", baseline: "C epoll" } as const;

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
    title: "1 GiB in one direction, into a handler that counts it",
    service: "count",
    mode: "bulk",
    connections: 1,
    messageBytes: 2 ** 30,
    operation: "transfer",
  },
  {
    ...usual,
    name: "churn",
    title: "Connect, echo of 64 bytes, close; 50 at a time",
    mode: "churn",
    connections: 50,
    messageBytes: 64,
    operation: "connection",
  },
  {
    ...usual,
    name: "idle",
    title:
      "Memory of a connection that is silent: of 10 000 beyond the first 1 000, garbage collected; V8's young generation held at 1 MB",
    mode: "idle",
    connections: 10_000,
    messageBytes: 64,
    operation: "connection",
    measure: "memoryPerConnection",
    roundsMax: 1,
    // It grows to 16 MB with any load and stays: empty space, which is no connection's, and more than all of theirs.
    environment: { NODE_OPTIONS: "--max-semi-space-size=1" },
  },
  {
    ...usual,
    name: "latency",
    title: "99 of 100 echoes of 64 bytes, at half the best rate of C epoll, over 50 connections",
    connections: 50,
    messageBytes: 64,
    operation: "echo",
    measure: "latencyP99",
    baselineRateShare: 0.5,
  },
];

/** The reason for each workload but these: for a peer that is measured in them alone. */
export function onlyIn(
  names: readonly WorkloadName[],
  why: string,
): Readonly<Partial<Record<WorkloadName, string>>> {
  const others = workloads.filter(({ name }) => !names.includes(name));
  return Object.fromEntries(others.map(({ name }) => [name, why]));
}
