/** S12: more clients than the server has descriptors for. */
import type { EngineChoice } from "../../src/index.ts";
import { onEachEngine } from "../engines.ts";
import { runs } from "../presence.ts";
import type { Figure, Run, Check } from "../check.ts";
import { TestClients } from "../test-clients.ts";

const descriptors = 64;
const clients = 300;
const greeting = "welcome";
const refusal = "busy, come back later";

export const fewDescriptors: Check = {
  name: "S12",
  title: "more clients than descriptors",
  how:
    `On each engine that works here (in the quick form on the first). ` +
    `A server that may have ${descriptors} descriptors gets ${clients} clients at once. ` +
    `Each client must receive the greeting or the refusal, and the server must report each (events \`opened\` and \`refused\`). ` +
    `Then its processor time is measured while it is full and nothing else happens. ` +
    `Then all clients leave at once, and new ones come, one after the other, until one receives the greeting.`,
  missing: () => runs("prlimit", "--nofile=64", "true"),
  measure: (run) => onEachEngine(run, (engine) => measureOn(engine, run)),
};

async function measureOn(engine: EngineChoice, run: Run): Promise<readonly Figure[]> {
  const server = run.start("server", {
    engine,
    descriptors,
    greeting,
    refusal: `${refusal}\n`,
    lingerTimeoutMs: 60_000,
  });
  const { port } = await server.line("ready");
  const group = new TestClients(Number(port));
  const words = await group.visit(clients);
  const served = words.filter((word) => word === greeting).length;
  const refused = words.filter((word) => word === refusal).length;
  const full = await server.ask("facts");
  const reported = Number(full["connectionsTotal"]) + reportedRefusals(full["events"]);
  run.log({ engine, served, refused, full });

  const restMs = run.size(2_000, 500);
  await new Promise((resolve) => setTimeout(resolve, restMs));
  const rested = await server.ask("facts");
  const busyShare = (Number(rested["cpuMs"]) - Number(full["cpuMs"])) / restMs;

  const backMs = await timeUntilServed(group, run);
  await server.end();
  return [
    {
      what: `of ${clients} clients: neither served nor refused`,
      value: clients - served - refused,
      target: none,
    },
    { what: "clients that the server did not report", value: clients - reported, target: none },
    { what: "clients served", value: served, target: { atLeast: 4 } },
    { what: "processor time while full", value: busyShare * 100, unit: "%", target: { atMost: 10 } },
    { what: "served again after room", value: backMs, unit: "ms", target: { atMost: run.size(100, 500) } },
  ];
}

const none: Figure["target"] = { atMost: 0 };

function reportedRefusals(events: unknown): number {
  return Object.entries(events as Record<string, number>)
    .filter(([event]) => event.startsWith("refused"))
    .reduce((sum, [, times]) => sum + times, 0);
}

/** From the moment when all clients leave until a new one receives the greeting. */
async function timeUntilServed(group: TestClients, run: Run): Promise<number> {
  const leftAtMs = performance.now();
  group.leave();
  for (let visits = 1; ; visits++) {
    const [word] = await group.visit(1);
    const ms = performance.now() - leftAtMs;
    if (word !== greeting && ms < 10_000) continue;
    group.leave();
    run.log({ visits, ms });
    return ms;
  }
}
