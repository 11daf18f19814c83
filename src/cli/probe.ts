/**
 * Which of several targets answer: the table of `connect -z`.
 *
 * A line for each, in the order of the command line, as soon as it and all before it
 * are known: `127.0.0.1:80  open  0.4 ms`. The second column is one word, for scripts.
 */
import { formatTarget, type Target } from "../base/address.ts";
import { systemClock } from "../base/clock.ts";
import { NetError } from "../base/errors.ts";
import { exitOfError, type ExitName } from "./exit.ts";
import type { ProbedTarget } from "./json/report-shape.ts";
import { formatMs } from "./narrate/figures.ts";
import type { Narrator } from "./narrator.ts";
import { addressOf } from "./places.ts";
import type { Terminal } from "./terminal.ts";

/** So many are tried at the same time unless told otherwise: of the 1024 descriptors that a process mostly has, few. */
export const concurrencyDefault = 64;

export interface ProbeOptions {
  /** Sees whether it is open; fails if it is not. */
  readonly connect: (target: Target) => Promise<{ close(): Promise<unknown> }>;
  readonly concurrency: number;
  /** Whether one that is open is enough. */
  readonly any: boolean;
  readonly terminal: Terminal;
  readonly narrator: Narrator;
  /** Begins no more of them. */
  readonly signal: AbortSignal;
}

/** What the table says of a way to fail that has another name among the exit codes. */
const words: Readonly<Partial<Record<ExitName, string>>> = {
  connectTimeout: "silent",
  resolve: "unresolved",
};

/** Tries all of them; resolves to what that means for the exit. */
export async function probe(targets: readonly Target[], options: ProbeOptions): Promise<ExitName> {
  const { terminal, signal, concurrency } = options;
  const width = Math.max(...targets.map((target) => formatTarget(target).length));
  const outcomes: (ProbedTarget | undefined)[] = targets.map(() => undefined);
  let begun = 0;
  let shown = 0;
  const show = async (): Promise<void> => {
    let lines = "";
    for (let next = outcomes[shown]; next !== undefined; next = outcomes[++shown]) {
      lines += `${next.target.padEnd(width)}  ${next.outcome.padEnd(11)}  ${formatMs(next.durationMs)}\n`;
    }
    // In JSON, they stand in the report.
    if (terminal.report === undefined) await terminal.write(lines);
  };
  const work = async (): Promise<void> => {
    while (begun < targets.length && !signal.aborted && !terminal.stdoutIsBroken) {
      const place = begun++;
      outcomes[place] = await tryOne(targets[place] as Target, options);
      await show();
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, targets.length) }, work));
  const known = outcomes.filter((outcome) => outcome !== undefined);
  terminal.report?.probed(known);
  if (terminal.stdoutIsBroken) return terminal.brokenStdout();
  return signal.aborted ? "interrupted" : verdict(known, options);
}

/** What came of it; nothing, if it was given up with the others. */
async function tryOne(
  target: Target,
  { connect, narrator, signal }: ProbeOptions,
): Promise<ProbedTarget | undefined> {
  const beganMs = systemClock.now();
  const became = (outcome: string, error: NetError | undefined): ProbedTarget => ({
    target: formatTarget(target),
    outcome,
    durationMs: systemClock.now() - beganMs,
    error,
  });
  try {
    const connection = await connect(target);
    const open = became("open", undefined);
    await connection.close();
    return open;
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    if (signal.aborted) return undefined;
    const exit = exitOfError(error);
    const failed = became(words[exit] ?? exit, error);
    if (narrator.tellsAll) await narrator.failed(error, addressOf(target));
    return failed;
  }
}

/** All open, or with `any` one of them; else how the first failed, in the order of the command line. */
function verdict(outcomes: readonly ProbedTarget[], { any, terminal }: ProbeOptions): ExitName {
  const errors = outcomes.flatMap(({ error }) => error ?? []);
  const [first] = errors;
  if (first === undefined || (any && errors.length < outcomes.length)) return "ok";
  terminal.say(`portcall: ${errors.length} of ${outcomes.length} are not open`);
  return exitOfError(first);
}
