/** One thread for each processor, and their combined findings. */
import { availableParallelism } from "node:os";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Fault, FindingsReport, Task } from "./findings.ts";

export interface Findings {
  readonly cases: Readonly<Record<string, number>>;
  readonly casesTotal: number;
  readonly faultsTotal: number;
  readonly faults: readonly Fault[];
  readonly seconds: number;
}

/**
 * Runs a task on each thread, and adds up the results.
 *
 * @throws {Error} (rejects) if a thread fails.
 */
export async function checkOnAllProcessors(
  taskOf: (thread: number, threads: number) => Task,
): Promise<Findings> {
  const threads = availableParallelism();
  const startedAtMs = performance.now();
  const reports = await Promise.all(
    Array.from({ length: threads }, async (_, thread) => {
      const worker = new Worker(new URL("./worker.js", import.meta.url), {
        workerData: taskOf(thread, threads),
      });
      const [report] = (await once(worker, "message")) as [FindingsReport];
      return report;
    }),
  );
  const cases: Record<string, number> = {};
  for (const [codec, count] of reports.flatMap((report) => Object.entries(report.cases)))
    cases[codec] = (cases[codec] ?? 0) + count;
  return {
    cases,
    casesTotal: Object.values(cases).reduce((sum, count) => sum + count, 0),
    faultsTotal: reports.reduce((sum, { faultsTotal }) => sum + faultsTotal, 0),
    faults: reports.flatMap(({ faults }) => faults),
    seconds: (performance.now() - startedAtMs) / 1_000,
  };
}
