/** The bench's own options: reads the command line into checked settings. Pure. */
import { parseArgs } from "node:util";
import type { Peer } from "./peers/index.ts";
import { baselineName, type Workload } from "./workloads.ts";

export interface BenchSettings {
  /** How many pairs of neighbouring slices each measurement has. */
  readonly turns: number;
  readonly sliceSeconds: number;
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
  readonly start: boolean;
  /** Whether to install the runtimes of bench/peers/npm first. */
  readonly install: boolean;
  /** Whether the run covers everything that the page in docs/ shows, so that it may replace the page. */
  readonly complete: boolean;
}

interface Tables {
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
}

export const usage: string = `usage: npm run bench -- [options]

  --pairs <n>       number of slice pairs in each measurement. Default: 24
  --slice <ms>      length of a slice. Default: 100
  --only <a,b,…>    measure only these: names of workloads, or parts of names of
                    peers; does not write docs/benchmarks.md
  --install         first install the other runtimes, Bun, Deno and later versions
                    of Node: 800 MB in bench/peers/npm
  --list            list the names of workloads and peers
  --help            print this text`;

/** @throws {TypeError} if the arguments are invalid; its message is for the user. */
export function parseOptions(words: readonly string[], tables: Tables): BenchSettings | "help" | "list" {
  const { values } = parseArgs({
    args: [...words],
    options: {
      pairs: { type: "string", default: "24" },
      slice: { type: "string", default: "100" },
      only: { type: "string" },
      install: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  if (values.list) return "list";
  const turns = positive("--pairs", values.pairs);
  if (!Number.isInteger(turns)) throw new TypeError(`--pairs wants a whole number, not ${values.pairs}`);
  return {
    turns,
    sliceSeconds: positive("--slice", values.slice) / 1000,
    ...(values.only === undefined ? { ...tables, start: true } : choose(values.only, tables)),
    install: values.install,
    complete: values.only === undefined,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new TypeError(`${name} wants a number above 0, not "${text}"`);
  return value;
}

function choose(only: string, tables: Tables): Tables & { readonly start: boolean } {
  const all = only.split(",").map((word) => word.trim());
  const words = all.filter((word) => word !== startName);
  const start = words.length < all.length;
  const named = tables.workloads.filter(({ name }) => words.includes(name));
  const workloads = named.length > 0 || words.length === 0 ? named : tables.workloads;
  const peerWords = words.filter((word) => !named.some(({ name }) => name === word));
  for (const word of peerWords) {
    if (word === "" || !tables.peers.some((peer) => peer.name.includes(word)))
      throw new TypeError(
        `--only: no workload or peer is called "${word}"; there are ${namesOf(tables).join(", ")}`,
      );
  }
  const wanted = (peer: Peer): boolean =>
    peerWords.length === 0 ||
    peerWords.some((word) => peer.name.includes(word)) ||
    peer.name === baselineName;
  return { workloads, peers: tables.peers.filter(wanted), start };
}

/** The cost of a start is not a workload, since no client connects. */
const startName = "start";

/** The values of `--only`, in order. */
export const namesOf = (tables: Tables): string[] => [
  ...tables.workloads.map(({ name }) => name),
  startName,
  ...tables.peers.map(({ name }) => name),
];
