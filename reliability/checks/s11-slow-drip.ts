/** S11: clients who send a byte now and then, so as to hold their places for ever. */
import type { EngineChoice } from "../../src/index.ts";
import { tooFewDescriptors } from "../descriptors.ts";
import { onEachEngine } from "../engines.ts";
import { describeLatencies, p99Figure } from "../latency.ts";
import type { Figure, Run, Check } from "../check.ts";

const drips = 2_000;
const talkers = 100;

export const slowDrip: Check = {
  name: "S11",
  title: "slow senders beside real clients",
  how:
    `On each engine that works here (in the quick form on the first). ` +
    `${drips} clients send one byte each half second, and never the end of their line (500 clients in the quick form). ` +
    `\`messageTimeoutMs\` is 10 s (2 s in the quick form), and no idle timeout applies. ` +
    `Meanwhile ${talkers} real clients, in a process of their own, send 64 bytes ten times a second each, at a steady pace that does not wait for answers. ` +
    `A slow sender is late if it is still connected one second after its deadline, counted from its first byte by its own clock.`,
  missing: () => tooFewDescriptors(drips + talkers + 200),
  measure: (run) => onEachEngine(run, (engine) => measureOn(engine, run)),
};

async function measureOn(engine: EngineChoice, run: Run): Promise<readonly Figure[]> {
  const wanted = run.size(drips, 500);
  const messageTimeoutMs = run.size(10_000, 2_000);
  const server = run.start("server", { engine, messageTimeoutMs });
  const { port } = await server.line("ready");
  const real = run.start("clients", { port, source: "127.0.0.3", connections: talkers });
  await real.line("opened");
  const dripping = run.start("drips", { port, source: "127.0.0.2", connections: wanted, everyMs: 500 });
  await dripping.line("opened");
  // As long as the drips are there.
  const talked = await real.ask("talk", { talkers, everyMs: 100, times: messageTimeoutMs / 100 });
  const gone = await dripping.line("gone");
  const after = await server.ask("facts");
  await Promise.all([server, real, dripping].map((program) => program.end()));

  const latenciesMs = talked["latenciesMs"] as number[];
  const heldMs = gone["heldMs"] as number[];
  const { closed, open } = {
    closed: after["events"] as Record<string, number>,
    open: after["connections"],
  };
  run.log({ engine, talked: describeLatencies(latenciesMs), held: describeLatencies(heldMs), closed, open });
  const inTime = heldMs.filter((ms) => ms >= messageTimeoutMs - 10 && ms <= messageTimeoutMs + 1_000);
  const withReason = closed["closed timeout ERR_MESSAGE_TIMEOUT"] ?? 0;
  return [
    p99Figure(`p99 of ${talkers} real clients`, latenciesMs, run.size(20, 250)),
    { what: "answers wrong or missing", value: Number(talked["wrong"]), target: { atMost: 0 } },
    {
      what: `of ${wanted} slow senders gone by their deadline`,
      value: inTime.length,
      target: { atLeast: wanted },
    },
    { what: "slow senders closed with the reason", value: withReason, target: { atLeast: wanted } },
    { what: "connections left beside the real ones", value: Number(open) - talkers, target: { atMost: 0 } },
  ];
}
