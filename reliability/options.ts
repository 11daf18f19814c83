/** The reliability suite's own options: the command line in, checked settings out. Pure. */
import { parseArgs } from "node:util";
import type { Check } from "./check.ts";

export interface ReliabilitySettings {
  readonly seed: number;
  readonly quick: boolean;
  readonly soak: boolean;
  readonly checks: readonly Check[];
  /** Whether it covers what the page in docs/ shows, so that the page may be replaced by it. */
  readonly complete: boolean;
}

export const usage: string = `usage: npm run reliability -- [options]

  --only <S9,S14>   only these checks; leaves docs/reliability.md alone
  --quick           fewer of everything, in less than two minutes; leaves the page alone too
  --soak            ten minutes of mixed load instead of half a minute (S21)
  --seed <n>        the seed of every random choice; a new one unless given
  --help            this text`;

const seedMax = 2 ** 32 - 1;

/**
 * @throws {TypeError} if the words make no sense; its message is for the user.
 */
export function parseOptions(
  words: readonly string[],
  checks: readonly Check[],
  newSeed: () => number,
): ReliabilitySettings | "help" {
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: { type: "string" },
      seed: { type: "string" },
      quick: { type: "boolean", default: false },
      soak: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  if (values.quick && values.soak) throw new TypeError("--quick and --soak exclude each other");
  return {
    seed: values.seed === undefined ? newSeed() : readSeed(values.seed),
    quick: values.quick,
    soak: values.soak,
    checks: values.only === undefined ? checks : choose(values.only, checks),
    complete: values.only === undefined && !values.quick,
  };
}

function readSeed(text: string): number {
  const seed = Number(text);
  if (/^\d+$/.test(text) && seed <= seedMax) return seed;
  throw new TypeError(`--seed wants a whole number from 0 to ${seedMax}, not "${text}"`);
}

function choose(only: string, checks: readonly Check[]): readonly Check[] {
  const names = only.split(",").map((name) => name.trim().toUpperCase());
  const unknown = names.find((name) => !checks.some((check) => check.name === name));
  if (unknown === undefined) return checks.filter(({ name }) => names.includes(name));
  throw new TypeError(
    `--only: no check is called "${unknown}"; there are ${checks.map(({ name }) => name).join(", ")}`,
  );
}
