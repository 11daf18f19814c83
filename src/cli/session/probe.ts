/**
 * Checks which of several targets answer, for the table of `connect -z`.
 *
 * It prints a line for each in the order of the command line, as soon as its result and all earlier ones are known:
 * `127.0.0.1:80  open  0.4 ms`. The second column is one word, for scripts.
 */
import { formatTarget, type Target } from "../../base/address/address.ts";
import { systemClock } from "../../base/clock.ts";
import { NetError } from "../../base/errors.ts";
import { limits } from "../../net/index.ts";
import { chooseEngine, type EngineChoice } from "../../wire/index.ts";
import { exitOfError, type ExitName } from "../exit.ts";
import type { ProbedTarget } from "../json/report-shape.ts";
import type { Reporter } from "../report/reporter.ts";
import { tlsReason } from "../tls-reason.ts";
import { addressOf } from "../args/address-arguments.ts";
import { ProbeTable } from "./probe-table.ts";
import type { Terminal } from "../tty/terminal.ts";

/** The default for targets tried at once: a small part of the 1024 descriptors that a process usually has. */
export const concurrencyDefault = 64;

export interface ProbeOptions {
  /** Connects; rejects if the target is not open. */
  readonly connect: (target: Target) => Promise<{ close(): Promise<unknown> }>;
  readonly concurrency: number;
  readonly engine?: EngineChoice | undefined;
  readonly any: boolean;
  readonly terminal: Terminal;
  readonly reporter: Reporter;
  /** Cancels the attempts in progress, and starts no more. */
  readonly giveUp: AbortController;
}

/** Words in the table for exits whose name differs. */
const words: Readonly<Partial<Record<ExitName, string>>> = {
  connectTimeout: "silent",
  resolve: "unresolved",
};

/** Tries all targets; resolves to the exit. */
export async function probe(targets: readonly Target[], options: ProbeOptions): Promise<ExitName> {
  const { terminal, reporter, giveUp, any } = options;
  const { signal } = giveUp;
  const table = new ProbeTable(targets.map(formatTarget), terminal);
  let isFound = false;
  const shortage = await tryAll(targets.length, Math.min(options.concurrency, socketsAtOnce(options)), {
    stopped: () => signal.aborted || terminal.stdoutIsBroken,
    async attempt(index) {
      const outcome = await tryOne(targets[index] as Target, options);
      if (outcome === undefined) return undefined;
      if (outcome.error !== undefined && isShortage(outcome.error)) return outcome.error;
      const shown = table.add(index, outcome);
      if (any && outcome.error === undefined && !signal.aborted) {
        isFound = true;
        giveUp.abort();
      }
      await shown;
      return undefined;
    },
  });
  await table.finish();
  if (terminal.stdoutIsBroken) return terminal.brokenStdout();
  if (isFound) return "ok";
  if (signal.aborted) return "interrupted";
  const { known, failed, firstError } = table;
  if (shortage !== undefined) {
    await reporter.failed(shortage, undefined);
    terminal.say(`portcall: stopped; ${known} of ${targets.length} targets were tried`);
    return exitOfError(shortage);
  }
  if (firstError === undefined) return "ok";
  terminal.say(`portcall: ${failed} of ${known} are not open`);
  return exitOfError(firstError);
}

interface Tries {
  readonly stopped: () => boolean;
  /** Resolves to the shortage error if this process ran out of a resource; then nothing is known of the target. */
  readonly attempt: (index: number) => Promise<NetError | undefined>;
}

/**
 * Tries all targets, several at once, and fewer when this process runs out of a resource. Resolves to the error if it
 * ran out even for a single one.
 */
async function tryAll(
  count: number,
  concurrency: number,
  { stopped, attempt }: Tries,
): Promise<NetError | undefined> {
  const again: number[] = [];
  let begun = 0;
  let running = 0;
  let shortage: NetError | undefined;
  const counted = async (index: number): Promise<NetError | undefined> => {
    running++;
    const lacking = await attempt(index);
    running--;
    return lacking;
  };
  const work = async (): Promise<void> => {
    while (shortage === undefined && !stopped()) {
      const index = again.pop() ?? (begun < count ? begun++ : undefined);
      if (index === undefined) return;
      let lacking = await counted(index);
      // Other attempts may have held the resource and released it.
      if (lacking !== undefined && running === 0) {
        lacking = await counted(index);
        shortage = lacking;
      }
      if (lacking === undefined) continue;
      again.push(index);
      return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, work));
  return shortage;
}

/** The number of sockets that this process has descriptors for, at least one. */
export function socketsAtOnce({ engine = "auto" }: { readonly engine?: EngineChoice | undefined }): number {
  const counted = chooseEngine(engine).descriptors();
  if (counted === undefined) return Infinity;
  return Math.max(1, counted.limit - counted.open - limits.descriptorReserve.value);
}

/** Whether an error reports a shortage of this machine or process, and nothing about the target. */
export function isShortage(error: NetError): boolean {
  return exitOfError(error) === "exhausted";
}

/** The record of a tried target, for the table and the report. */
export function probedTarget(
  target: Target,
  beganMs: number,
  error?: NetError,
  exit?: ExitName,
): ProbedTarget {
  return {
    target: formatTarget(target),
    outcome: exit === undefined ? "open" : ((error && tlsReason(error)) ?? words[exit] ?? exit),
    durationMs: systemClock.now() - beganMs,
    error,
  };
}

/** The result; `undefined` if the attempt was cancelled with the others. */
async function tryOne(
  target: Target,
  { connect, reporter, giveUp }: ProbeOptions,
): Promise<ProbedTarget | undefined> {
  const beganMs = systemClock.now();
  try {
    const connection = await connect(target);
    const open = probedTarget(target, beganMs);
    await connection.close();
    return open;
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    if (giveUp.signal.aborted) return undefined;
    const failed = probedTarget(target, beganMs, error, exitOfError(error));
    if (reporter.reportsAll && !isShortage(error)) await reporter.failed(error, addressOf(target));
    return failed;
  }
}
