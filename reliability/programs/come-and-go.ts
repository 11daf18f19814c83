/** Clients that connect with Portcall, send a line, receive it, and close in different ways. */
import { connect, lines, type EngineChoice } from "../../src/index.ts";
import { createPrng } from "../prng.ts";
import { facts } from "./facts.ts";
import { answer, settings } from "./lines.ts";

const { port, seed, engine } = settings() as {
  readonly port: number;
  readonly seed: number;
  readonly engine: EngineChoice;
};

const atOnce = 50;
/** One address has ports for a part of them only: those of connections just ended are not free yet. */
const sources = Array.from({ length: 16 }, (_, index) => `127.0.0.${index + 2}`);
const prng = createPrng(seed);

/** One connection; whether the answer was right. */
async function comeAndGo(): Promise<boolean> {
  const connection = await connect(`127.0.0.1:${port}`, {
    engine,
    codec: lines(),
    localAddress: prng.oneOf(sources),
  });
  const line = `line ${prng.bits()}`;
  await connection.send(line);
  const heard = await connection.receive();
  switch (prng.below(3)) {
    case 0:
      await connection.close();
      break;
    case 1:
      await connection.end();
      while ((await connection.receive()) !== null);
      break;
    default:
      await connection.abort();
  }
  await connection.closed;
  return heard === line;
}

async function visit({ times }: { readonly times: number }): Promise<{ right: number; failed: string[] }> {
  let begun = 0;
  let right = 0;
  const failed: string[] = [];
  async function goOn(): Promise<void> {
    while (begun < times) {
      begun++;
      try {
        if (await comeAndGo()) right++;
      } catch (error) {
        failed.push(error instanceof Error ? error.message : String(error));
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, goOn));
  return { right, failed: failed.slice(0, 10) };
}

answer({ visit, facts });
