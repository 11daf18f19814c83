/**
 * `npm run soak`: round after round of connections with random actions, on an engine of your choice.
 *
 *     npm run soak -- --engine epoll --seconds 60
 *     npm run soak -- --engine epoll --seed 1234       repeats the round with this seed, which a failure prints
 *
 * Each round has its own seed. A fault that also depends on the kernel's timing may need some `--times`.
 */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { createPrng } from "../../reliability/prng.ts";
import { chooseEngine } from "../../src/engine.ts";
import type { EngineChoice } from "../../src/index.ts";
import { playRound } from "./round.ts";

const text = { type: "string" } as const;
const { values } = parseArgs({ options: { engine: text, seconds: text, seed: text, times: text } });
const engine = chooseEngine((values.engine ?? "auto") as EngineChoice);
const seconds = Number(values.seconds ?? 60);
const times = values.seed === undefined ? Infinity : Number(values.times ?? 1);

process.on("uncaughtException", (error) => {
  console.log(`uncaught: ${error.stack ?? error.message}`);
  process.exit(1);
});

let rounds = 0;
const startedAtMs = performance.now();
const isOver = (): boolean =>
  values.seed === undefined ? performance.now() - startedAtMs > 1_000 * seconds : rounds >= times;
while (!isOver()) {
  const seed = values.seed === undefined ? randomBytes(4).readUInt32BE() : Number(values.seed);
  const faults = await playRound(engine, createPrng(seed));
  rounds++;
  for (const fault of faults) console.log(`WRONG  --engine ${engine.name} --seed ${seed}: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}
console.log(
  `${engine.name}: ${rounds} rounds in ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s`,
);
