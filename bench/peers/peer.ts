/** What a peer is: a program of its own that listens on 127.0.0.1, in whatever language. */
import type { Presence } from "../presence.ts";
import type { Service, WorkloadName } from "../workloads.ts";

export interface Peer {
  /** Short and stable, without a comma: targets, baselines and `--only` refer to it. */
  readonly name: string;
  /** What it is made of, in half a sentence. */
  readonly about: string;
  /**
   * Tells which version is here, or why there is none: an absent peer is reported, never left out. Asked once a
   * run; a peer that must be compiled is compiled here.
   */
  find(): Presence;
  /**
   * The program and its arguments; what the servers written for the bench have in common is told in servers/ready.ts.
   * One that does not print its port is given it for `{port}`, and is ready when it accepts. The process that is
   * started must itself be the server, or lead the session of its processes.
   */
  command(service: Service): readonly string[];
  /** It starts a process for each client, and all of them are measured. */
  readonly forks?: boolean;
  /** Workloads that it cannot do, or is not asked to, each with the reason. */
  readonly unfit?: Readonly<Partial<Record<WorkloadName, string>>>;
}
