/** The result of a check: its figures, or why there are none. */
import type { Table } from "../bench/table.ts";
import { createPrng, seedFor } from "./prng.ts";
import { Command } from "./command.ts";
import { watchOthers } from "./processor.ts";
import { startProgram } from "./program.ts";
import { createRawLog } from "./raw-log.ts";
import type { Figure, Run, Check } from "./check.ts";

export type Outcome = {
  readonly check: Check;
  readonly seconds: number;
  /** From the top of the project. */
  readonly logPath: string;
} & (
  | {
      readonly state: "measured";
      readonly figures: readonly Figure[];
      readonly tables: readonly Table[];
      /** The share of all processors that other programs used meanwhile. */
      readonly othersShare: number;
    }
  | { readonly state: "absent" | "failed"; readonly why: string }
);

export interface RunSettings {
  readonly seed: number;
  readonly quick: boolean;
  readonly soak: boolean;
  /** The folder of this run's raw logs. */
  readonly folder: string;
  /** The first line of each raw log. */
  readonly origin: Readonly<Record<string, unknown>>;
}

export function isMet(outcome: Outcome): boolean {
  return outcome.state === "measured" && outcome.figures.length > 0 && outcome.figures.every(reaches);
}

/** Whether a figure reaches its target; NaN reaches none. */
export function reaches({ value, target }: Figure): boolean {
  return "atLeast" in target ? value >= target.atLeast : value <= target.atMost;
}

/** A check that takes longer is stuck. */
const checkTimeoutMs = 600_000;
const soakTimeoutMs = 1_200_000;

async function inTime<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done in ${timeoutMs / 1_000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Measures one check, and ends what it has started. Failures become outcomes; it does not reject. */
export async function measureCheck(check: Check, settings: RunSettings): Promise<Outcome> {
  const { seed, quick, soak, folder, origin } = settings;
  const log = createRawLog(folder, check.name, { check: check.name, seed, quick, soak, ...origin });
  const startedAtMs = performance.now();
  const tables: Table[] = [];
  const running: { end(): Promise<void> }[] = [];
  function kept<Started extends { end(): Promise<void> }>(started: Started): Started {
    running.push(started);
    return started;
  }
  const run: Run = {
    quick,
    soak,
    prng: createPrng(seedFor(seed, check.name)),
    size: (full, small) => (quick ? small : full),
    log: (entry) => log.write(entry),
    table: (table) => void tables.push(table),
    start: (name, given, options) => kept(startProgram(name, given, options)),
    portcall: (words) => kept(new Command(words)),
  };
  const about = () => ({
    check,
    seconds: (performance.now() - startedAtMs) / 1_000,
    logPath: log.path,
  });

  const missing = check.missing?.();
  if (missing !== undefined) {
    log.write({ absent: missing });
    return { ...about(), state: "absent", why: missing };
  }
  const others = watchOthers();
  const endAll = (): Promise<unknown> => Promise.all(running.map((one) => one.end()));
  try {
    const figures = await inTime(check.measure(run), soak ? soakTimeoutMs : checkTimeoutMs);
    await endAll();
    const othersShare = others();
    log.write({ figures, othersShare });
    return { ...about(), state: "measured", figures, tables, othersShare };
  } catch (error) {
    await endAll();
    const why = error instanceof Error ? error.message : String(error);
    log.write({ failed: error instanceof Error ? error.stack : why });
    return { ...about(), state: "failed", why };
  }
}
