/** Clients of all kinds, for so many seconds; each compares what it receives. */
import { setTimeout as sleep } from "node:timers/promises";
import { connect, lines, type Connection, type EngineChoice } from "../../src/index.ts";
import { createPrng } from "../prng.ts";
import { facts } from "./facts.ts";
import { answer, settings } from "../../test/support/program-lines.ts";

interface Settings {
  readonly lines: number;
  readonly raw: number;
  readonly engine: EngineChoice;
  readonly clients: number;
  readonly seed: number;
}

const { lines: linesPort, raw: rawPort, engine, clients, seed } = settings() as Settings;
const prng = createPrng(seed);
/** One address has ports for a part of them only: those of connections just ended are not free yet. */
const sources = Array.from({ length: 16 }, (_, index) => `127.0.0.${index + 2}`);

const speech = new Uint8Array(1_000_000);
for (let index = 0; index < speech.length; index++) speech[index] = (index * 31 + (index >> 8)) % 256;

const dial = (signal?: AbortSignal): Promise<Connection> =>
  connect(`127.0.0.1:${rawPort}`, { engine, localAddress: prng.oneOf(sources), signal });

/** Some lines, and then it leaves in one way or another. */
async function talk(): Promise<boolean> {
  const connection = await connect(`127.0.0.1:${linesPort}`, {
    engine,
    codec: lines(),
    localAddress: prng.oneOf(sources),
  });
  for (let rest = 1 + prng.below(10); rest > 0; rest--) {
    const line = `line ${prng.bits()}`;
    await connection.send(line);
    if ((await connection.receive()) !== line) return false;
  }
  const way = prng.below(3);
  if (way === 0) await connection.close();
  if (way === 1) await connection.end();
  if (way === 1 && (await connection.receive()) !== null) return false;
  if (way === 2) await connection.abort();
  await connection.closed;
  return true;
}

/** Sends much and reads it all back, perhaps beginning late. */
async function exchange(lateMs: number): Promise<boolean> {
  const connection = await dial();
  const from = prng.below(400_000);
  const said = speech.subarray(from, from + 1 + prng.below(500_000));
  const sent = connection.write(said).then(() => connection.end());
  if (lateMs > 0) await sleep(lateMs);
  let at = 0;
  for (let chunk; (chunk = await connection.read()) !== null; at += chunk.length) {
    if (Buffer.compare(chunk, said.subarray(at, at + chunk.length)) !== 0) return false;
  }
  await sent;
  await connection.closed;
  return at === said.length;
}

async function flood(): Promise<boolean> {
  const connection = await dial();
  const sent = connection.write(speech).catch(() => undefined);
  await sleep(prng.below(10));
  await connection.abort();
  await sent;
  return true;
}

async function stay(): Promise<boolean> {
  const connection = await dial();
  await sleep(50 + prng.below(100));
  return (await connection.close()).how === "fin";
}

async function giveUp(): Promise<boolean> {
  const controller = new AbortController();
  const dialing = dial(controller.signal);
  if (prng.below(2) === 0) await Promise.resolve();
  controller.abort(new Error("given up"));
  const connection = await dialing.catch(() => undefined);
  await connection?.abort();
  return true;
}

const kinds: readonly (() => Promise<boolean>)[] = [
  talk,
  talk,
  talk,
  talk,
  () => exchange(0),
  () => exchange(prng.below(40)),
  flood,
  stay,
  giveUp,
];

async function load({ seconds }: { readonly seconds: number }): Promise<object> {
  const untilMs = performance.now() + 1_000 * seconds;
  let right = 0;
  const wrong: string[] = [];
  async function goOn(): Promise<void> {
    while (performance.now() < untilMs) {
      const visit = prng.oneOf(kinds);
      try {
        if (await visit()) right++;
        else wrong.push(`${visit.name}: received other data`);
      } catch (error) {
        wrong.push(error instanceof Error ? error.message : String(error));
      }
    }
  }
  await Promise.all(Array.from({ length: clients }, goOn));
  return { right, wrong: wrong.length, faults: wrong.slice(0, 10) };
}

answer({ load, facts });
