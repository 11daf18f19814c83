/** S21: what a hundred thousand connections leave behind. */
import type { EngineChoice } from "../../src/index.ts";
import { enginesHere } from "../engines.ts";
import { countCloseWait, leftovers } from "../leftovers.ts";
import type { Figure, Run, Check } from "../check.ts";

const connections = 100_000;

export const leak: Check = {
  name: "S21",
  title: "what many connections leave behind",
  how:
    `On each engine that works here, the one that \`auto\` stands for first: ${connections} connections, 50 at a time, from ` +
    "Portcall's `connect` in one process to Portcall's `serve` in another: each says a " +
    "line and hears it, and is ended, as the seed has it, by a close of the client, an end of its side and a read to the end, " +
    "or an abort. Descriptors, timers and memory of both processes are taken before and after, memory (what is resident, without the room that V8 keeps empty) after a full collection; " +
    "30 000 more come before the first measurement, so that what is set up once and for all does not count. Sockets that " +
    "wait for us to close them (CLOSE_WAIT) are counted from the kernel's table.",
  async measure(run) {
    const figures: Figure[] = [];
    for (const engine of enginesHere()) figures.push(...(await measureOn(engine, run)));
    return figures;
  },
};

async function measureOn(engine: EngineChoice, run: Run): Promise<readonly Figure[]> {
  const total = run.size(connections, 4_000);
  const nodeOptions = ["--expose-gc"];
  const server = run.start("server", { engine }, { nodeOptions });
  const { port } = await server.line("ready");
  const clients = run.start("come-and-go", { port, engine, seed: run.prng.bits() }, { nodeOptions });
  run.log({ engine, ...(await clients.ask("visit", { times: run.size(30_000, 4_000) })) });
  const before = [await server.ask("rested"), await clients.ask("facts")] as const;
  const visited = await clients.ask("visit", { times: total });
  const after = [await server.ask("rested"), await clients.ask("facts")] as const;
  const closeWait = countCloseWait(Number(port));
  run.log({ engine, visited, before, after, closeWait });
  await Promise.all([clients.end(), server.end()]);

  const memoryMbMax = run.size(10, 50);
  return [
    {
      what: `${engine}: connections, each answered`,
      value: Number(visited["right"]),
      target: { atLeast: total },
    },
    ...leftovers(`${engine}, server`, before[0], after[0], memoryMbMax),
    ...leftovers(`${engine}, client`, before[1], after[1], memoryMbMax),
    {
      what: `${engine}: connections still open`,
      value: Number(after[0]["connections"]),
      target: { atMost: 0 },
    },
    { what: `${engine}: sockets in CLOSE_WAIT`, value: closeWait, target: { atMost: 0 } },
  ];
}
