/** S21: what a mixed load leaves behind. */
import type { EngineChoice } from "../../src/index.ts";
import { enginesHere } from "../engines.ts";
import { countCloseWait, leftovers } from "../leftovers.ts";
import type { Figure, Run, Check } from "../check.ts";

const testClients = 60;

export const mixedLoad: Check = {
  name: "S21",
  title: "what a mixed load leaves behind",
  how:
    `On each engine that works here, for half a minute (with --soak on the one that \`auto\` stands for: ten): ${testClients} test clients at a ` +
    "time, in one process, of two servers in another: an async one that gives lines back, and a raw one that gives bytes back. Each " +
    "test client, as the seed has it, talks for some lines, sends up to 500 KB and reads them all back, begins to read late, floods and " +
    "resets, stays for a while and says nothing, or gives up while it connects; and comes again at once as another one. Whatever is " +
    "given back must be what was sent. Descriptors, timers and memory are taken before and after, at rest, memory (what is resident, without the room that V8 keeps empty) after a full " +
    "collection; half a minute of the same comes before the first measurement. " +
    "Sockets that wait for us to close them (CLOSE_WAIT) are counted from the kernel's table.",
  async measure(run) {
    const figures: Figure[] = [];
    for (const [endpoint, engine] of enginesHere().entries()) {
      const seconds = run.soak && endpoint === 0 ? 600 : run.size(30, 2);
      figures.push(...(await measureOn(engine, seconds, run)));
    }
    return figures;
  },
};

/** Asked for at a time, so that the log shows how it goes on. */
const lapSeconds = 30;

async function measureOn(engine: EngineChoice, seconds: number, run: Run): Promise<readonly Figure[]> {
  const nodeOptions = ["--expose-gc"];
  const server = run.start("mixed-servers", { engine }, { nodeOptions });
  const ports = await server.line("ready");
  const settings = {
    lines: ports["lines"],
    raw: ports["raw"],
    engine,
    clients: testClients,
    seed: run.prng.bits(),
  };
  const clients = run.start("mixed-load", settings, { nodeOptions });
  run.log({ engine, ...(await clients.ask("load", { seconds: run.size(lapSeconds, 1) })) });
  const before = [await server.ask("facts"), await clients.ask("facts")] as const;
  run.log({ engine, before });
  let right = 0;
  let wrong = 0;
  for (let done = 0; done < seconds; done += lapSeconds) {
    const lap = await clients.ask("load", { seconds: Math.min(lapSeconds, seconds - done) });
    right += Number(lap["right"]);
    wrong += Number(lap["wrong"]);
    run.log({ engine, lap, server: await server.ask("facts"), clients: await clients.ask("facts") });
  }
  const after = [await server.ask("facts"), await clients.ask("facts")] as const;
  const closeWait = countCloseWait(Number(ports["lines"])) + countCloseWait(Number(ports["raw"]));
  run.log({ engine, after, closeWait });
  await Promise.all([clients.end(), server.end()]);

  const memoryMbMax = run.size(10, 80);
  return [
    { what: `${engine}: visits in ${seconds} s`, value: right, target: { atLeast: 50 * seconds } },
    { what: `${engine}: visits that went wrong`, value: wrong, target: { atMost: 0 } },
    ...leftovers(`${engine}, servers`, before[0], after[0], memoryMbMax),
    ...leftovers(`${engine}, clients`, before[1], after[1], memoryMbMax),
    {
      what: `${engine}: connections still open`,
      value: Number(after[0]["connections"]),
      target: { atMost: 0 },
    },
    { what: `${engine}: sockets in CLOSE_WAIT`, value: closeWait, target: { atMost: 0 } },
  ];
}
