/**
 * Ends threads with lookups that a silent name server delays, waits until the lookups have ended, and exits with others
 * in progress. Only those threads load the addon: it would be unloaded with them, and its code too.
 */
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { startNameServer } from "./dns-stub.ts";
import { say } from "../../support/program-lines.ts";

const index = new URL("../../../src/wire/index.js", import.meta.url).href;
const silent = ["a", "aaaa"] as const;
const zones = Object.fromEntries(
  Array.from({ length: 40 }, (_, at) => [`silent-${at}.test`, { silent }] as const),
);
await startNameServer("127.0.0.53", 53, zones);

async function askOnThread(from: number): Promise<Worker> {
  const worker = new Worker(
    `import(${JSON.stringify(index)}).then(({ systemLookup }) => {
      for (let at = ${from}; at < ${from + 20}; at++) {
        const cancel = systemLookup("silent-" + at + ".test", 0, () => process.exit(3));
        if (at % 2 === 0) cancel();
      }
      require("node:worker_threads").parentPort.postMessage("asked");
    });`,
    { eval: true },
  );
  await once(worker, "message");
  return worker;
}

const threads = (): number => readdirSync("/proc/self/task").length;

const before = threads();
const worker = await askOnThread(0);
await worker.terminate();
// They return into the addon, and end: all but the last, which the next one to end joins.
while (threads() > before + 1) await setTimeout(20);
say({ type: "outlived" });
await askOnThread(20);
process.exit(0);
