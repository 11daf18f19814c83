/**
 * A thread that tests codecs: at random for some time, or under every cut.
 */
import { parentPort, workerData } from "node:worker_threads";
import { checkAtRandom } from "./at-random.ts";
import { checkEveryCut } from "./every-cut.ts";
import { Findings, type Task } from "./findings.ts";

// An expected error needs no stack; making one costs more than a whole case.
Error.stackTraceLimit = 0;

const task = workerData as Task;
const findings = new Findings();
if (task.kind === "at random") checkAtRandom(task, findings);
else checkEveryCut(task, findings);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- it goes to a thread, and no window
parentPort?.postMessage(findings.report());
