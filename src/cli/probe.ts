/**
 * Which of several targets answer: the table of `connect -z`.
 *
 * A line for each, in the order of the command line, as soon as it and all before it
 * are known: `127.0.0.1:80  open  0.4 ms`. The second column is one word, for scripts.
 */
import { formatTarget, type Target } from "../base/address.ts";
import { systemClock } from "../base/clock.ts";
import { NetError } from "../base/errors.ts";
import type { Connection } from "../net/index.ts";
import { exitOfError, type ExitName } from "./exit.ts";
import { formatMs } from "./narrate/figures.ts";
import type { Narrator } from "./narrator.ts";
import { addressOf } from "./places.ts";
import type { Terminal } from "./terminal.ts";

/** So many are tried at the same time unless told otherwise: of the 1024 descriptors that a process mostly has, few. */
export const concurrencyDefault = 64;

export interface ProbeOptions {
  readonly connect: (target: Target) => Promise<Connection>;
  readonly concurrency: number;
  /** Whether one that is open is enough. */
  readonly any: boolean;
  readonly terminal: Terminal;
  readonly narrator: Narrator;
  /** Begins no more of them. */
  readonly signal: AbortSignal;
}

/** What the table says of each way to fail. */
const words: Readonly<Partial<Record<ExitName, string>>> = {
  ok: "open",
  connectTimeout: "silent",
  resolve: "unresolved",
};

interface Outcome {
  readonly exit: ExitName;
  readonly line: string;
}

/** Tries all of them; resolves to what that means for the exit. */
export async function probe(targets: readonly Target[], options: ProbeOptions): Promise<ExitName> {
  const { terminal, signal, concurrency } = options;
  const width = Math.max(...targets.map((target) => formatTarget(target).length));
  const outcomes: (Outcome | undefined)[] = targets.map(() => undefined);
  let begun = 0;
  let shown = 0;
  const show = async (): Promise<void> => {
    const from = shown;
    while (outcomes[shown] !== undefined) shown++;
    await terminal.write(
      outcomes
        .slice(from, shown)
        .map((outcome) => `${outcome?.line}\n`)
        .join(""),
    );
  };
  const work = async (): Promise<void> => {
    while (begun < targets.length && !signal.aborted && !terminal.stdoutIsBroken) {
      const place = begun++;
      const target = targets[place] as Target;
      outcomes[place] = await tryOne(target, formatTarget(target).padEnd(width), options);
      await show();
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, targets.length) }, work));
  if (terminal.stdoutIsBroken) return terminal.brokenStdout();
  if (signal.aborted) return "interrupted";
  return verdict(outcomes as readonly Outcome[], options);
}

async function tryOne(
  target: Target,
  name: string,
  { connect, narrator, signal }: ProbeOptions,
): Promise<Outcome | undefined> {
  const beganMs = systemClock.now();
  const outcome = (exit: ExitName): Outcome => {
    const word = words[exit] ?? exit;
    return { exit, line: `${name}  ${word.padEnd(11)}  ${formatMs(systemClock.now() - beganMs)}` };
  };
  try {
    const connection = await connect(target);
    const open = outcome("ok");
    await connection.close();
    return open;
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    if (signal.aborted) return undefined;
    const failed = outcome(exitOfError(error));
    if (narrator.observers.onEvent !== undefined) await narrator.failed(error, addressOf(target));
    return failed;
  }
}

/** All open, or with `any` one of them; else how the first failed, in the order of the command line. */
function verdict(outcomes: readonly Outcome[], { any, terminal }: ProbeOptions): ExitName {
  const failed = outcomes.filter(({ exit }) => exit !== "ok");
  const [first] = failed;
  if (first === undefined || (any && failed.length < outcomes.length)) return "ok";
  terminal.say(`portcall: ${failed.length} of ${outcomes.length} are not open`);
  return first.exit;
}
