/** The reliability suite's own options: the command line in, checked settings out. Pure. */
import { parseArgs } from "node:util";
import type { Check } from "./check.ts";

export interface ReliabilitySettings {
  readonly seed: number;
  readonly quick: boolean;
  readonly soak: boolean;
  readonly checks: readonly Check[];
  /** Whether the run covers everything that the page in docs/ shows, so that it may replace the page. */
  readonly complete: boolean;
}

export const usage: string = `usage: npm run reliability -- [options]

  --only <S9,S14>   run only these checks; does not write docs/reliability.md
  --quick           run a short form in less than two minutes; does not write the page
  --soak            run the mixed load (S21) for ten minutes, not half a minute
  --seed <n>        seed of every random choice. Default: a new one
  --help            print this text`;

const seedMax = 2 ** 32 - 1;

/**
 * @throws {TypeError} for invalid arguments; its message is for the user.
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
