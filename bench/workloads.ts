/**
 * What the servers are made to do, one row each. A new workload is a row here; if
 * it needs something that the load program does not do yet, also a mode in load.c.
 */

/** What is taken from a measurement, as one number of which less is better. */
export type Measure =
  /** Nanoseconds of server CPU time, user and system, for one operation. */
  | "cpuPerOperation"
  /** The user part of that: what the runtime adds to the kernel's work. */
  | "userCpuPerOperation"
  /** Bytes of the server's resident memory for one open connection. */
  | "memoryPerConnection";

/** What a server does with what it gets. */
export type Service =
  /** Sends it back. */
  | "echo"
  /** Throws it away. */
  | "discard";

export interface Workload {
  /** Short and stable: targets, `--only` and peers refer to it. */
  readonly name: string;
  /** The heading of its table. */
  readonly title: string;
  readonly service: Service;
  readonly connections: number;
  readonly messageBytes: number;
  /** What is counted, in a word or a few. */
  readonly operation: string;
  readonly measure: Measure;
  /** What the load program gets besides address, connections, size and duration. */
  readonly loadArguments: readonly string[];
  /** The peer whose value is 1.00. */
  readonly baseline: string;
  /** Whether a plain run includes it; the others are for `--all` and `--only`. */
  readonly usual: boolean;
}

export const workloads: readonly Workload[] = [
  {
    name: "echo-64",
    title: "Echo of 64 bytes over 50 connections",
    service: "echo",
    connections: 50,
    messageBytes: 64,
    operation: "echo",
    measure: "cpuPerOperation",
    loadArguments: ["--mode", "echo"],
    baseline: "node:net",
    usual: true,
  },
  {
    name: "echo-64-1000",
    title: "Echo of 64 bytes over 1000 connections",
    service: "echo",
    connections: 1000,
    messageBytes: 64,
    operation: "echo",
    measure: "cpuPerOperation",
    loadArguments: ["--mode", "echo"],
    baseline: "node:net",
    usual: false,
  },
  {
    name: "echo-64k",
    title: "Echo of 64 KiB over 50 connections",
    service: "echo",
    connections: 50,
    messageBytes: 65_536,
    operation: "echo",
    measure: "cpuPerOperation",
    loadArguments: ["--mode", "echo"],
    baseline: "node:net",
    usual: false,
  },
  {
    name: "churn",
    title: "Connect, echo of 64 bytes, close; 50 at a time",
    service: "echo",
    connections: 50,
    messageBytes: 64,
    operation: "connection",
    measure: "userCpuPerOperation",
    loadArguments: ["--mode", "churn"],
    baseline: "node:net",
    usual: false,
  },
  {
    name: "idle",
    title: "Memory of 1000 connections that echoed once and are silent",
    service: "echo",
    connections: 1000,
    messageBytes: 64,
    operation: "connection",
    measure: "memoryPerConnection",
    loadArguments: ["--mode", "idle"],
    baseline: "node:net",
    usual: false,
  },
];
