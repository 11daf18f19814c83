/** S23: ten thousand hostile clients of all kinds at once. */
import type { EngineChoice } from "../../src/index.ts";
import { tooFewDescriptors } from "../descriptors.ts";
import { onEachEngine } from "../engines.ts";
import { goodClients, measureAttack, startClients, type Clients, type Rank } from "../hostile/attack.ts";
import { isBusy, kinds } from "../hostile/kinds.ts";
import { p99Figure } from "../latency.ts";
import { cannotRun } from "../../test/failures/support/needs.ts";
import type { Figure, Run, Check } from "../check.ts";

const attackers = 10_000;
const mixed = kinds.filter(
  ({ framing, services, fillsTheServer }) =>
    framing === "lines" && services.includes("for await") && fillsTheServer === undefined,
);
const busy = mixed.filter(isBusy);
const busyAttackers = busy.reduce((sum, kind) => sum + kind.attackers, 0);

export const hostileCrowd: Check = {
  name: "S23",
  title: "ten thousand hostile clients at once",
  how:
    `Runs on each engine that is available (the quick form: on the first one). ${attackers} hostile clients (in the quick form 1000) of two ` +
    `processes attack one library server with \`for await\`. They are of the ${mixed.length} kinds of S22 that are meant for lines. ` +
    `${busyAttackers} of them flood, or come and go, as many of each kind as in S22. The others hold their connections, in equal parts. ` +
    `${goodClients} good clients talk beside them as in S22, and memory and what is left are measured as there.`,
  missing: () =>
    tooFewDescriptors(attackers + 1_000) ?? cannotRun("this needs nice", "nice", "-n", "10", "true"),
  measure(run) {
    const clients = startClients(2, run);
    return onEachEngine(run, (engine) => measureOn(engine, clients, run));
  },
};

function ranksOf(run: Run): readonly Rank[] {
  const share = run.size(1, 10);
  const holding = mixed.filter((kind) => !busy.includes(kind));
  const each = Math.floor((attackers - busyAttackers) / holding.length);
  return mixed.map((kind) => ({
    kind,
    attackers: Math.ceil((busy.includes(kind) ? kind.attackers : each) / share),
  }));
}

async function measureOn(engine: EngineChoice, clients: Clients, run: Run): Promise<readonly Figure[]> {
  const ranks = ranksOf(run);
  const count = ranks.reduce((sum, rank) => sum + rank.attackers, 0);
  const { held, grownBytes, peakBytes, limitBytes, latenciesMs, wrong, failed, descriptorsLeft, closeWait } =
    await measureAttack(
      {
        engine,
        service: "for await",
        framing: "lines",
        ranks,
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
      target: { atMost: run.size(32, 200) },
    },
    {
      what: "most memory resident",
      value: peakBytes / 1e6,
      unit: "MB",
      target: { atMost: run.size(400, 300) },
    },
    { what: "descriptors left", value: descriptorsLeft, target: { atMost: 0 } },
    { what: "sockets in CLOSE_WAIT", value: closeWait, target: { atMost: 0 } },
  ];
}
