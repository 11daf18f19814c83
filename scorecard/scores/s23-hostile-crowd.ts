/** S23: ten thousand hostile clients of all kinds at once. */
import type { EngineChoice } from "../../src/index.ts";
import { tooFewDescriptors } from "../descriptors.ts";
import { onEachEngine } from "../engines.ts";
import { goodClients, measureAttack, startClients, type Clients } from "../hostile/attack.ts";
import { kinds } from "../hostile/kinds.ts";
import { p99Figure } from "../latency.ts";
import { runs } from "../presence.ts";
import type { Figure, Run, Score } from "../score.ts";

const attackers = 10_000;
const mixed = kinds.filter(({ framing, services }) => framing === "lines" && services.includes("for await"));

export const hostileCrowd: Score = {
  name: "S23",
  title: "ten thousand hostile clients at once",
  how:
    `On each engine that works here (in the quick form on the first): ${attackers} hostile clients (in the quick form 1000) of two ` +
    `processes attack one library server with \`for await\`, all ${mixed.length} kinds of S22 that are meant for lines in equal parts. ` +
    `${goodClients} good clients talk beside them as in S22, and memory and what is left are measured as there.`,
  missing: () => tooFewDescriptors(attackers + 1_000) ?? runs("nice", "-n", "19", "true"),
  measure(run) {
    const clients = startClients(2, run);
    return onEachEngine(run, (engine) => measureOn(engine, clients, run));
  },
};

async function measureOn(engine: EngineChoice, clients: Clients, run: Run): Promise<readonly Figure[]> {
  const count = run.size(attackers, 1_000);
  const { held, grownBytes, peakBytes, limitBytes, latenciesMs, wrong, failed, descriptorsLeft, closeWait } =
    await measureAttack(
      {
        engine,
        service: "for await",
        framing: "lines",
        kinds: mixed,
        attackers: count,
        seconds: run.size(8, 2),
        connectionsMax: attackers + 1_000,
      },
      clients,
      run,
    );
  run.log({ engine, held, peakBytes, limitBytes });
  return [
    { what: "hostile clients that could not connect", value: failed, target: { atMost: 0 } },
    p99Figure(`p99 of ${goodClients} good clients`, latenciesMs, run.size(50, 250)),
    { what: "answers to good clients wrong or missing", value: wrong, target: { atMost: 0 } },
    {
      what: "memory grown for each hostile client",
      value: grownBytes / count / 1_000,
      unit: "KB",
      target: { atMost: run.size(64, 200) },
    },
    {
      what: "most memory resident",
      value: peakBytes / 1e6,
      unit: "MB",
      target: { atMost: run.size(750, 300) },
    },
    { what: "descriptors left", value: descriptorsLeft, target: { atMost: 0 } },
    { what: "sockets in CLOSE_WAIT", value: closeWait, target: { atMost: 0 } },
  ];
}
