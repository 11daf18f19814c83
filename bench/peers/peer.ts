/** A peer: a program that listens on 127.0.0.1, in any language. */
import type { Presence } from "../presence.ts";
import type { Service, WorkloadName } from "../workloads.ts";

export interface Peer {
  /** Short and stable, without a comma: targets, baselines and `--only` refer to it. */
  readonly name: string;
  readonly about: string;
  /**
   * Returns the installed version, or why there is none. An absent peer is reported, never left out. Called once per
   * run; a peer that must be compiled is compiled here.
   */
  find(): Presence;
  /**
   * The program and its arguments. servers/ready.ts describes what the bench's own servers have in common. A program
   * that does not print its port receives it in place of `{port}`, and is ready when it accepts. The started process
   * must itself be the server, or lead the session of its processes.
   */
  command(service: Service): readonly string[];
  /** It starts a process for each client, and all of them are measured. */
  readonly forks?: boolean;
  /** Workloads that it cannot run, or is not meant to, each with the reason. */
  readonly unfit?: Readonly<Partial<Record<WorkloadName, string>>>;
}
