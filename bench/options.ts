/** The bench's own options: the command line in, checked settings out. Pure. */
import { parseArgs } from "node:util";
import type { Peer } from "./peers.ts";
import type { Workload } from "./workloads.ts";

export interface BenchSettings {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
  /** Whether it covers what the page in docs/ shows, so that the page may be replaced by it. */
  readonly complete: boolean;
}

export const usage: string = `usage: npm run bench -- [options]

  --rounds <n>      how often everything is measured (5)
  --seconds <s>     how long each measurement lasts (5)
  --warmup <s>      how long the load runs before it counts (1)
  --only <a,b,…>    only these: names of workloads, or parts of names of peers;
                    baselines are measured anyway. Leaves docs/benchmarks.md alone
  --all             the unusual workloads too
  --help            this text`;

/**
 * @throws {TypeError} if the words make no sense; its message is for the user.
 */
export function parseOptions(
  words: readonly string[],
  table: { readonly workloads: readonly Workload[]; readonly peers: readonly Peer[] },
): BenchSettings | "help" {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "5" },
      warmup: { type: "string", default: "1" },
      only: { type: "string" },
      all: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const usual = table.workloads.filter((workload) => workload.usual || values.all);
  const chosen =
    values.only === undefined ? { ...table, workloads: usual } : choose(values.only, table, usual);
  const rounds = positive("--rounds", values.rounds);
  if (!Number.isInteger(rounds)) throw new TypeError(`--rounds wants a whole number, not ${values.rounds}`);
  return {
    rounds,
    seconds: positive("--seconds", values.seconds),
    warmupSeconds: positive("--warmup", values.warmup),
    workloads: chosen.workloads,
    peers: chosen.peers,
    complete: values.only === undefined,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new TypeError(`${name} wants a number above 0, not "${text}"`);
  return value;
}

function choose(
  only: string,
  table: { readonly workloads: readonly Workload[]; readonly peers: readonly Peer[] },
  usual: readonly Workload[],
): { workloads: readonly Workload[]; peers: readonly Peer[] } {
  const words = only.split(",").map((word) => word.trim());
  const named = table.workloads.filter((workload) => words.includes(workload.name));
  const workloads = named.length > 0 ? named : usual;
  const peerWords = words.filter((word) => !named.some((workload) => workload.name === word));
  for (const word of peerWords) {
    if (word === "" || !table.peers.some((peer) => peer.name.includes(word)))
      throw new TypeError(`--only: no workload or peer is called "${word}"; there are ${namesOf(table)}`);
  }
  const wanted = (peer: Peer): boolean =>
    peerWords.length === 0 ||
    peerWords.some((word) => peer.name.includes(word)) ||
    workloads.some((workload) => workload.baseline === peer.name);
  return { workloads, peers: table.peers.filter(wanted) };
}

const namesOf = (table: {
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
}): string => [...table.workloads, ...table.peers].map(({ name }) => name).join(", ");
