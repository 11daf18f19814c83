/**
 * One crowd on the main thread, and one on a thread that ends, without faults. For valgrind (scripts/valgrind.mjs).
 *
 *     node crowd-once.js <engine>
 */
import { Worker } from "node:worker_threads";
import type { EngineChoice } from "../../../src/index.ts";
import { gather, type Outcome } from "../crowd.ts";

const engine = process.argv[2] as EngineChoice;

function isRight({ failedWhole, harmed, faults }: Outcome): boolean {
  return !failedWhole && harmed === 0 && faults.length === 0;
}

const here = await gather(engine);
const worker = new Worker(new URL("crowd-thread.js", import.meta.url), { workerData: engine });
const there = await new Promise<Outcome>((resolve, reject) => {
  worker.on("message", resolve);
  worker.on("error", reject);
});
if (!isRight(here) || !isRight(there)) process.exitCode = 1;
