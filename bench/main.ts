/**
 * `npm run bench`: Portcall side by side with its peers.
 *
 *     workloads × peers ──▶ results ──▶ pair: two servers, loaded in turn
 *                              │
 *               targets ──▶ verdict ──▶ report ──▶ stdout, docs/benchmarks.md
 *
 * The tables to extend are workloads.ts, peers/ and targets.ts. Progress goes to
 * stderr. Exit status: 0, also when a target is missed (the report says so); 1 if a
 * peer that is present could not be measured; 2 for an invalid command line.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { buildLoadProgram } from "./load-program.ts";
import { describeMachine } from "./machine.ts";
import { namesOf, parseOptions, usage, type BenchSettings } from "./options.ts";
import { exitWhenInterrupted, readSettings } from "./own-command.ts";
import { peers } from "./peers/index.ts";
import { installPeers } from "./peers/installed.ts";
import { choosePinning } from "./processors.ts";
import { projectPath } from "./project.ts";
import { markdownReport, textReport, type Circumstances } from "./report.ts";
import { runWorkload, type WorkloadResult } from "./results.ts";
import { measureStart } from "./start.ts";
import { targets } from "./targets.ts";
import { judge } from "./verdict.ts";
import { workloads } from "./workloads.ts";

const pagePath = "docs/benchmarks.md";
const startRounds = 15;

async function bench(settings: BenchSettings): Promise<number> {
  const startedAtMs = performance.now();
  const minutesSinceStart = (): number => (performance.now() - startedAtMs) / 60_000;
  if (settings.install) installPeers();
  buildLoadProgram();
  const pinning = choosePinning();
  const found = new Map(settings.peers.map((peer) => [peer, peer.find()]));
  const results: WorkloadResult[] = [];
  for (const workload of settings.workloads)
    results.push(
      await runWorkload(workload, settings.peers, found, { ...settings, pinning }, (line) =>
        console.error(line),
      ),
    );

  const start = settings.start ? await measureStart(startRounds, pinning) : undefined;

  const verdicts = judge(targets, results);
  console.log(textReport(results, verdicts, start));
  if (settings.complete) {
    const circumstances: Circumstances = {
      machine: describeMachine(),
      pinning: pinning.description,
      command: ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(
        " ",
      ),
      pairs: settings.turns,
      sliceMs: settings.sliceSeconds * 1000,
      minutes: Math.round(minutesSinceStart()),
    };
    mkdirSync(dirname(projectPath(pagePath)), { recursive: true });
    writeFileSync(projectPath(pagePath), markdownReport(results, verdicts, start, circumstances));
    console.error(`wrote ${pagePath}`);
  }
  const failed = results.some(({ outcomes }) =>
    outcomes.some((outcome) => outcome.state === "missing" && outcome.kind === "failed"),
  );
  return failed ? 1 : 0;
}

exitWhenInterrupted();

const settings = readSettings("bench", () => parseOptions(process.argv.slice(2), { workloads, peers }));
if (settings === "help") {
  console.log(usage);
} else if (settings === "list") {
  console.log(namesOf({ workloads, peers }).join("\n"));
} else if (settings !== undefined) {
  try {
    process.exitCode = await bench(settings);
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
