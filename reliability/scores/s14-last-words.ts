/** S14: what a peer said before it reset the connection arrives. */
import { connect, serve, type Connection, type EngineChoice } from "../../src/index.ts";
import { onEachEngine } from "../engines.ts";
import type { Figure, Run, Score } from "../score.ts";

const times = 100;
const answer = "go away: you send too much\n".repeat(100);

export const lastWords: Score = {
  name: "S14",
  title: "data before a reset",
  how:
    `On each engine that works here (in the quick form on the first). ` +
    `A peer in a process of its own takes 200 000 bytes from a writer that never stops, answers ${answer.length} bytes and resets the connection while more arrives. ` +
    `${times} clients and ${times} clients of a server, all at once, must read the whole answer, and then get the reset.`,
  measure: (run) => onEachEngine(run, (engine) => measureOn(engine, run)),
};

async function measureOn(engine: EngineChoice, run: Run): Promise<readonly Figure[]> {
  const asClients = await hearAsClients(engine, run);
  const asServer = await hearAsServer(engine, run);
  run.log({ engine, asClients, asServer });
  const target = { atLeast: times };
  return [
    {
      what: `of ${times} clients that read the whole answer`,
      value: asClients.filter(isRight).length,
      target,
    },
    {
      what: `of ${times} clients whose whole answer the server read`,
      value: asServer.filter(isRight).length,
      target,
    },
  ];
}

interface Heard {
  readonly bytes: number;
  readonly isAnswer: boolean;
  readonly how: string;
}

const isRight = ({ isAnswer, how }: Heard): boolean => isAnswer && how === "reset";

async function hearAsClients(engine: EngineChoice, run: Run): Promise<Heard[]> {
  const peer = run.start("answer-and-reset", { answer });
  const { port } = await peer.line("ready");
  return Promise.all(
    Array.from({ length: times }, async () => {
      const connection = await connect(`127.0.0.1:${String(port)}`, { engine });
      return talkAndHear(connection);
    }),
  );
}

async function hearAsServer(engine: EngineChoice, run: Run): Promise<Heard[]> {
  const heard: Heard[] = [];
  let allHeard!: () => void;
  const all = new Promise<void>((resolve) => {
    allHeard = resolve;
  });
  await using server = await serve({ engine }, async (client) => {
    heard.push(await talkAndHear(client));
    if (heard.length === times) allHeard();
  });
  const port = "port" in server.address ? server.address.port : 0;
  run.start("answer-and-reset", { answer, connect: port, times });
  await all;
  return heard;
}

/** Writes until nobody takes it any more, and reads to the end meanwhile. */
async function talkAndHear(connection: Connection): Promise<Heard> {
  const writing = write(connection);
  let text = "";
  try {
    for await (const chunk of connection) text += Buffer.from(chunk).toString("latin1");
  } catch {
    // The reset; the closeInfo tells of it.
  }
  await writing;
  const { how } = await connection.closed;
  return { bytes: text.length, isAnswer: text === answer, how };
}

async function write(connection: Connection): Promise<void> {
  const piece = new Uint8Array(16_384);
  try {
    for (;;) await connection.write(piece);
  } catch {
    // Nobody takes it any more.
  }
}
