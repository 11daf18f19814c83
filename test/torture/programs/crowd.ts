/**
 * Runs one crowd for each fault, a line of JSON on stdin. Prints the outcome as a line on stdout.
 *
 *     node crowd.js <engine> <file of faults>
 *
 * Faults in calls that are made once per thread run on a separate thread.
 */
import { readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { EngineChoice } from "../../../src/index.ts";
import { gather, type Outcome } from "../crowd.ts";
import { FaultFile } from "../faults.ts";
import type { Report, Request } from "../torment.ts";

const [engine, path] = process.argv.slice(2) as [EngineChoice, string];
const file = new FaultFile(path);
const unforeseen: string[] = [];
process.on("uncaughtException", (error) => unforeseen.push(`uncaught: ${error.message}`));
process.on("unhandledRejection", (error) => unforeseen.push(`unhandled: ${String(error)}`));

/** One crowd, with this fault. */
async function torment({ fault, onThread }: Request): Promise<Report> {
  const before = descriptors();
  file.arm(fault);
  const outcome = await (onThread ? gatherOnThread() : gather(engine));
  const { failed, counts } = file.disarm();
  const faults = [...outcome.faults];
  for (let turns = 0; turns < 100 && descriptors() > before; turns++) await turn();
  if (descriptors() > before) faults.push(`${descriptors() - before} descriptors are left`);
  faults.push(...unforeseen.splice(0));
  return { ...outcome, faults, failed, counts };
}

function gatherOnThread(): Promise<Outcome> {
  const worker = new Worker(new URL("crowd-thread.js", import.meta.url), { workerData: engine });
  let outcome: Outcome | undefined;
  worker.on("message", (message: Outcome) => (outcome = message));
  worker.on("error", (error) => unforeseen.push(`the thread's: ${error.message}`));
  return new Promise((resolve) => {
    worker.on("exit", () => {
      resolve(
        outcome ?? { harmed: 0, failedWhole: true, reported: [], faults: ["the thread has said nothing"] },
      );
    });
  });
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

// Once without a fault, so that everything that is set up once exists.
await torment({ fault: undefined, onThread: true });
await torment({ fault: undefined, onThread: false });
for await (const line of createInterface({ input: process.stdin })) {
  const report = await torment(JSON.parse(line) as Request);
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
file.close();
