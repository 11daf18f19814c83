/** One crowd on a thread, which opens the engine anew. The thread's message is the outcome. */
import { parentPort, workerData } from "node:worker_threads";
import type { EngineChoice } from "../../../src/index.ts";
import { gather } from "../crowd.ts";

const outcome = await gather(workerData as EngineChoice);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- it goes to a thread, and no window
parentPort?.postMessage(outcome);
