/** S1: thousands of clients who are connected and say nothing. */
import type { EngineChoice } from "../../src/index.ts";
import { tooFewDescriptors } from "../descriptors.ts";
import { onEachEngine } from "../engines.ts";
import { describeLatencies, p99Figure } from "../latency.ts";
import type { Figure, Run, Check } from "../check.ts";

const connections = 18_000;
/** From addresses of their own, as one address has ports for 28 000 at most. */
const sources = ["127.0.0.2", "127.0.0.3"];
const talkers = 500;

export const idle: Check = {
  name: "S1",
  title: "idle connections held by one server",
  how:
    `Runs on each engine that is available (the quick form: on the first one). ` +
    `One server process, with an async handler that echoes lines, holds ${connections} connections from two other processes. ` +
    `Each client sends one line when it has connected. ` +
    `Memory is the growth of the server's resident set, divided by the connections, without a forced collection. ` +
    `Then ${talkers} of the clients send 64 bytes ten times a second each, for five seconds, at a steady pace that does not wait for answers. ` +
    `A latency runs from when the line was due.`,
  missing: () => tooFewDescriptors(connections + 200),
  measure: (run) => onEachEngine(run, (engine) => measureOn(engine, run)),
};

async function measureOn(engine: EngineChoice, run: Run): Promise<readonly Figure[]> {
  const wanted = run.size(connections, 2_000);
  const server = run.start("server", {
    engine,
    connectionsMax: connections + 1_000,
    firstByteTimeoutMs: 600_000,
    idleTimeoutMs: 600_000,
  });
  const { port } = await server.line("ready");
  const before = await server.ask("facts");
  const crowds = sources.map((source) =>
    run.start("clients", { port, source, connections: wanted / sources.length }),
  );
  for (const crowd of crowds) run.log({ engine, ...(await crowd.line("opened")) });

  const held = await server.ask("facts");
  run.log({ engine, before, held });
  const talked = await Promise.all(
    crowds.map((crowd) =>
      crowd.ask("talk", { talkers: talkers / sources.length, everyMs: 100, times: run.size(50, 10) }),
    ),
  );
  const latenciesMs = talked.flatMap((line) => line["latenciesMs"] as number[]);
  const wrong = talked.reduce((sum, line) => sum + Number(line["wrong"]), 0);
  run.log({ engine, talked: describeLatencies(latenciesMs), wrong });

  await Promise.all([server, ...crowds].map((program) => program.end()));
  const grownBytes = Number(held["residentBytes"]) - Number(before["residentBytes"]);
  return [
    { what: "idle connections held", value: Number(held["connections"]), target: { atLeast: wanted } },
    {
      what: "memory for each",
      value: grownBytes / Number(held["connections"]) / 1_000,
      unit: "KB",
      target: { atMost: run.size(10, 20) },
    },
    p99Figure(`p99 of ${talkers} that talk`, latenciesMs, run.size(20, 250)),
    { what: "answers wrong or missing", value: wrong, target: { atMost: 0 } },
  ];
}
