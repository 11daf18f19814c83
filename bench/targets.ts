/**
 * What the project promises of its speed, one row each: the measured value of
 * `peer` is at most `ratioMax` times that of `against`, in the same run.
 */
export interface Target {
  readonly workload: string;
  readonly peer: string;
  readonly against: string;
  readonly ratioMax: number;
}

export const targets: readonly Target[] = [
  { workload: "echo-64", peer: "portcall raw", against: "node:net", ratioMax: 1.1 },
  { workload: "echo-64", peer: "portcall async lines", against: "node:net", ratioMax: 1.5 },
];
