/**
 * A thread that puts codecs to the test: at random for a while, or under every cut there is.
 */
import { parentPort, workerData } from "node:worker_threads";
import { createChance } from "../chance.ts";
import { checkAtRandom } from "./at-random.ts";
import { checkEveryCut } from "./every-cut.ts";
import { Findings, type Task } from "./findings.ts";

// An error that is part of the game needs no stack; making one costs more than a whole case.
Error.stackTraceLimit = 0;

const task = workerData as Task;
const findings = new Findings();
const chance = createChance(task.seed);
if (task.kind === "at random") checkAtRandom(task, chance, findings);
else checkEveryCut(task, chance, findings);
parentPort?.postMessage(findings.report());
