/**
 * One round: two servers, many pairs, and many random actions on them, some of them during another pair's bytes. Then
 * all of them end, and the outcome is compared with the model:
 *
 * - the received data is the beginning of the sent data, and all of it if both ends ended normally;
 * - each end closes once, and its counts are right;
 * - no rule of the engine contract was broken, and no wire, connection or descriptor is left.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import type { Prng } from "../../reliability/prng.ts";
import type { Engine } from "../../src/engine.ts";
import {
  connect,
  formatAddress,
  serve,
  type Connection,
  type ConnectionOptions,
  type RawConnection,
  type RawHandler,
  type Server,
} from "../../src/index.ts";
import { withoutDeadlines } from "../support/without-deadlines.ts";
import { watchEngine } from "../support/watched-engine.ts";
import { End } from "./end.ts";
import { headBytes, speechOf } from "./speech.ts";

interface Pair {
  readonly client: End;
  readonly server: End;
  readonly echoes: boolean;
}

const pairsAtOnce = 16;
const steps = 400;
/** For ends that read in small steps. */
const stepBytes = 64;
/** Only connections that linger are closed. */
const lasting: ConnectionOptions = {
  ...withoutDeadlines,
  lingerTimeoutMs: 100,
  readBufferBytesMax: 20_000,
};
/** Far longer than anything here takes. */
const roundMsMax = 20_000;
let rounds = 0;

export async function playRound(engine: Engine, prng: Prng): Promise<readonly string[]> {
  const faults: string[] = [];
  const fault = (what: string): void => void faults.push(what);
  const watched = watchEngine(engine);
  const options = { ...lasting, engine: watched.engine };
  const pairs = new Map<number, Pair>();
  const find = (head: Uint8Array): Pair | undefined =>
    pairs.get(new DataView(head.buffer, head.byteOffset).getUint32(0));
  let settling = false;
  const meddle = (): void => {
    if (!settling && prng.below(8) === 0) act(prng.oneOf([...pairs.values()]), prng);
  };
  const path = join(tmpdir(), `portcall-soak-${process.pid}-${++rounds}`);
  const servers: Server[] = [
    await serve({ ...options, port: 0 }, rawEnds(find, meddle)),
    await serve({ ...options, path }, rawEnds(find, meddle)),
    await serve({ ...options, port: 0 }, asyncEnd(find)),
  ];
  const addresses = servers.map(({ address }) => formatAddress(address));
  const before = engine.descriptors()?.open ?? 0;

  const open = async (): Promise<void> => {
    const number = pairs.size + 1;
    const index = prng.below(addresses.length);
    const pair = newPair(number, index < 2 && prng.below(2) === 0, fault);
    pairs.set(number, pair);
    const giveUp = new AbortController();
    const connecting = connect(addresses[index] as string, { ...options, signal: giveUp.signal });
    if (prng.below(20) === 0) giveUp.abort(new Error("changed our mind"));
    try {
      pair.client.take(await connecting, number % 3 === 0 ? stepBytes : undefined);
      pair.client.say(headBytes);
    } catch (error) {
      if (!giveUp.signal.aborted) fault(`connecting fails: ${String(error)}`);
    }
  };
  const opening: Promise<void>[] = Array.from({ length: pairsAtOnce }, open);
  for (let step = 0; step < steps; step++) {
    const pair = prng.oneOf([...pairs.values()]);
    act(pair, prng);
    if (pair.client.ending !== undefined && prng.below(4) === 0) opening.push(open());
    if (prng.below(3) === 0) await turn();
  }
  await Promise.all(opening);
  settling = true;
  await within(`${pairs.size} pairs`, settle([...pairs.values()]), fault);
  await within("servers", Promise.all(servers.map((server) => server.close({ drainMs: 200 }))), fault);
  for (const pair of pairs.values()) judge(pair, fault);
  for (let turns = 0; turns < 100 && watched.open > 0; turns++) await turn();
  const left = (engine.descriptors()?.open ?? 0) + servers.length - before;
  if (left > 0) fault(`${left} descriptors are left`);
  if (watched.open > 0) fault(`${watched.open} wires have not closed`);
  return [...faults, ...watched.faults];
}

function newPair(number: number, echoes: boolean, fault: (what: string) => void): Pair {
  const says = speechOf(number, "client");
  const answers = echoes ? says : speechOf(number, "server");
  const name = `${echoes ? "echo" : "pair"} ${number}`;
  return {
    client: new End(`${name}, client`, says, answers, fault),
    server: new End(`${name}, server`, answers, says, fault),
    echoes,
  };
}

function act(pair: Pair, prng: Prng): void {
  const side = prng.oneOf([pair.client, pair.server]);
  // An end that echoes sends nothing of its own.
  const speaker = pair.echoes ? pair.client : side;
  const dice = prng.below(100);
  if (dice < 35) speaker.say(1 + prng.below(100));
  else if (dice < 50) speaker.say(1 + prng.below(5_000));
  else if (dice < 58) speaker.say(1 + prng.below(300_000));
  else if (dice < 68) side.pause();
  else if (dice < 82) side.resume();
  else if (dice < 86) side.limitRate({ sendBytesPerSecond: 1_000 + prng.below(1_000_000) });
  else if (dice < 89) side.limitRate({ receiveBytesPerSecond: 1_000 + prng.below(1_000_000) });
  else if (dice < 93) speaker.end();
  else if (dice < 95) side.leave("close");
  else if (dice < 98) side.leave("abort");
  else if (side === pair.server) side.throwsNext = true;
}

/** Callbacks inside the engine's batch. They may do anything to any pair meanwhile. */
function rawEnds(find: (head: Uint8Array) => Pair | undefined, meddle: () => void): RawHandler {
  interface Known {
    pair?: Pair;
    head: Uint8Array;
  }
  const known = ({ data }: RawConnection): Known => data as Known;
  return {
    opened(connection) {
      connection.data = { head: new Uint8Array(0) } satisfies Known;
    },
    bytes(connection, view) {
      const knows = known(connection);
      let bytes = view;
      if (knows.pair === undefined) {
        // Kept beyond this call, so copied.
        bytes = knows.head = Buffer.concat([knows.head, view]);
        if (bytes.length < headBytes) return;
        const pair = find(bytes);
        if (pair === undefined) throw new Error("a client without a number");
        knows.pair = pair;
        pair.server.takeRaw(connection);
      }
      const { server, echoes } = knows.pair;
      server.hear(bytes);
      if (server.throwsNext) {
        server.finished = server.broken = true;
        throw new Error("thrown on purpose");
      }
      if (echoes) server.giveBack(bytes);
      meddle();
    },
    drained(connection) {
      if (known(connection).pair?.echoes) connection.resume();
      meddle();
    },
    ended(connection) {
      const { pair } = known(connection);
      if (pair === undefined) connection.close();
      else if (pair.echoes) pair.server.end();
      meddle();
    },
    closed(connection, ending) {
      known(connection).pair?.server.over(ending);
    },
  };
}

function asyncEnd(find: (head: Uint8Array) => Pair | undefined): (connection: Connection) => Promise<void> {
  return async (connection) => {
    const head = await connection.readExactly(headBytes).catch(() => null);
    const pair = head === null ? undefined : find(head);
    if (pair === undefined || head === null) return connection.abort().then(() => undefined);
    pair.server.hear(head);
    pair.server.take(connection, connection.id % 2 === 0 ? stepBytes : undefined);
    await connection.closed;
  };
}

/** Both ends of each pair read to the end, and end. */
async function settle(pairs: readonly Pair[]): Promise<void> {
  await Promise.all(
    pairs.map(async ({ client, server, echoes }) => {
      if (!client.isThere) return;
      for (const end of [client, server]) {
        end.limitRate({ sendBytesPerSecond: Infinity, receiveBytesPerSecond: Infinity });
        end.resume();
      }
      client.end();
      // The server may not have accepted it yet.
      while (client.ending === undefined || (server.isThere && server.ending === undefined)) {
        server.resume();
        if (!echoes || client.ending !== undefined) server.end();
        await turn();
      }
      await Promise.all([client.heardAll(), server.heardAll()]);
    }),
  );
}

function judge({ client, server }: Pair, fault: (what: string) => void): void {
  if (!server.isThere) return;
  for (const [end, other] of [
    [client, server],
    [server, client],
  ] as const) {
    if (end.ending === undefined) fault(`${end.name} has not ended`);
    if (end.received > other.said) fault(`${end.name} has heard ${end.received} of ${other.said} bytes`);
    if (client.broken || server.broken) continue;
    if (end.ending?.how !== "fin") fault(`${end.name} has ended by ${String(end.ending?.error)}`);
    if (end.received !== other.said)
      fault(`${end.name} has heard ${end.received} of ${other.said} bytes, and its end`);
  }
}

async function within(what: string, doing: Promise<unknown>, fault: (what: string) => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      fault(`${what}: not done in ${roundMsMax / 1_000} s`);
      resolve();
    }, roundMsMax);
  });
  await Promise.race([doing, late]);
  clearTimeout(timer);
}
