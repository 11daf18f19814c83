/**
 * Several clients and two servers on one engine, each client with another kind of conversation. The torture test runs
 * this program and checks the outcome of each client.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseEngine, type Engine, type Listener } from "../../src/engine.ts";
import {
  bindUdp,
  connect,
  connectUdp,
  formatAddress,
  serve,
  type BoundUdpSocket,
  type Connection,
  type ConnectionOptions,
  type EngineChoice,
  type RawHandler,
  type Server,
  type SocketEvent,
} from "../../src/index.ts";
import { pattern } from "../contract/wire-pair.ts";
import { watchEngine } from "../support/watched-engine.ts";
import { listenDetached } from "./detached-echo.ts";

export interface Outcome {
  /** Clients that did not receive everything they should have. */
  readonly harmed: number;
  readonly failedWhole: boolean;
  readonly reported: readonly string[];
  /** Violations: wrong bytes, or too many or too few ends. */
  readonly faults: readonly string[];
}

/** Short, so that cases that only a timeout ends are soon over. */
const deadlines: ConnectionOptions = {
  idleTimeoutMs: 1_000,
  halfCloseTimeoutMs: 1_000,
  writeStallTimeoutMs: 1_000,
  lingerTimeoutMs: 200,
};

let names = 0;

export async function gather(name: EngineChoice): Promise<Outcome> {
  const reported: string[] = [];
  const faults: string[] = [];
  const balance = new Map<string, number>();
  const tell = (error: unknown): void => void reported.push(codeOf(error));
  const observe =
    (who: string) =>
    (event: SocketEvent): void => {
      if (event.type === "opened") count(balance, `${who} ${event.connection}`, 1);
      if (event.type === "acceptFailed") tell(event.error);
      if (event.type !== "closed") return;
      count(balance, `${who} ${event.connection}`, -1);
      const { error, how, bytesSent } = event.closeInfo;
      const meant = who === "client" ? how === "aborted" : how === "reset" && bytesSent === leaverBytes;
      if (error !== undefined && !meant) tell(error);
    };
  const servers: Server[] = [];
  const path = join(tmpdir(), `portcall-torture-${process.pid}-${++names}`);
  let harmed = 0;
  let failedWhole = true;
  let detached: Listener | undefined;
  try {
    const watched = watchEngine(chooseEngine(name));
    const common = { ...deadlines, engine: watched.engine };
    servers.push(await serve({ ...common, port: 0, onEvent: observe("tcp") }, echo));
    servers.push(await serve({ ...common, path, onEvent: observe("unix") }, rawEcho()));
    const listener = await listenDetached(chooseEngine(name), tell);
    detached = listener;
    failedWhole = false;
    const [tcp = "", unix = ""] = servers.map(({ address }) => formatAddress(address));
    const visits = [
      ...[talk, talk, sayMuch, leave, askToClose].map((exchange) => [tcp, exchange] as const),
      ...[talk, sayMuch].map((exchange) => [unix, exchange] as const),
      ...[talk, sayMuch].map((exchange) => [formatAddress(listener.address), exchange] as const),
    ];
    const datagrams = exchangeDatagrams(chooseEngine(name), faults, tell).then((received) => {
      if (!received) harmed++;
    });
    await Promise.all([
      datagrams,
      ...visits.map(async ([address, exchange], index) => {
        try {
          const connection = await connect(address, {
            ...common,
            onEvent: observe("client"),
            connectTimeoutMs: 1_000,
          });
          if (!(await exchange(connection, index + 1, faults))) harmed++;
          await connection.close();
        } catch (error) {
          harmed++;
          tell(error);
        }
      }),
    ]);
    await closeAll(servers);
    faults.push(...watched.faults);
    if (watched.open > 0) faults.push(`${watched.open} wires have not closed`);
  } catch (error) {
    tell(error);
    await closeAll(servers);
  }
  await detached?.close();
  for (const [connection, rest] of balance)
    if (rest !== 0) faults.push(`${connection} has closed ${1 - rest} times`);
  for (const { stats } of servers)
    if (stats.connections > 0) faults.push(`${stats.connections} are still served`);
  return { harmed, failedWhole, reported, faults };
}

/** Asks a datagram socket on all addresses, again if there is no answer. Datagrams may be lost, but not changed. */
async function exchangeDatagrams(
  engine: Engine,
  faults: string[],
  tell: (error: unknown) => void,
): Promise<boolean> {
  try {
    await using server = await bindUdp({ host: "0.0.0.0", engine });
    await using client = await connectUdp(`127.0.0.2:${server.address.port}`, { engine });
    const answering = answerDatagrams(server, tell);
    let received: Uint8Array | null = null;
    for (let tries = 0; tries < 5 && received === null; tries++) {
      try {
        await client.send(question);
        received = await client.receive({ timeoutMs: 200 });
      } catch (error) {
        // Any datagram may be lost, so a missing one is noticed after a while.
        if (codeOf(error) !== "ERR_READ_TIMEOUT") tell(error);
      }
    }
    if (received !== null && Buffer.compare(received, question) !== 0)
      faults.push("another datagram than was sent");
    await server.close();
    await answering;
    return received !== null;
  } catch (error) {
    tell(error);
    return false;
  }
}

const question = pattern(700, 9);

async function answerDatagrams(server: BoundUdpSocket, tell: (error: unknown) => void): Promise<void> {
  for (;;) {
    try {
      const datagram = await server.receive();
      if (datagram === null) return;
      await server.sendTo(datagram.bytes, datagram.from);
    } catch (error) {
      tell(error);
      if (server.closeInfo !== undefined) return;
    }
  }
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => server.close({ drainMs: 500 })));
}

async function echo(client: Connection): Promise<void> {
  for await (const chunk of client) {
    await client.write(chunk);
    if (chunk.at(-1) === goodbye) return;
  }
}

/** Echoes received data as fast as it can be sent. */
function rawEcho(): RawHandler {
  return {
    bytes(client, view) {
      if (!client.write(view)) client.pause();
    },
    drained: (client) => client.resume(),
  };
}

/** Sends some words, one after the other; then both sides end. */
async function talk(connection: Connection, seed: number, faults: string[]): Promise<boolean> {
  const words = pattern(300, seed);
  words.fill(1, 299);
  for (let at = 0; at < 300; at += 100) {
    await connection.write(words.subarray(at, at + 100));
    if (!(await receives(connection, words.subarray(at, at + 100), faults))) return false;
  }
  await connection.end();
  return receives(connection, new Uint8Array(0), faults);
}

/** Sends more than the kernel takes at once, while the answers arrive. */
async function sayMuch(connection: Connection, seed: number, faults: string[]): Promise<boolean> {
  const words = pattern(400_000, seed).map((byte) => (byte === goodbye ? 0 : byte));
  const received = receives(connection, words, faults, "to the end");
  const said = connection.write(words).then(() => connection.end());
  const [all] = await Promise.all([received, said]);
  return all;
}

/** When this side has answered, the server's side of the aborted connection is known, and its reset is expected. */
const leaverBytes = 51;

async function leave(connection: Connection, seed: number, faults: string[]): Promise<boolean> {
  const words = pattern(leaverBytes, seed).fill(1, leaverBytes - 1);
  await connection.write(words);
  const all = await receives(connection, words, faults);
  await connection.abort();
  return all;
}

const goodbye = 10;

async function askToClose(connection: Connection, seed: number, faults: string[]): Promise<boolean> {
  const words = pattern(50, seed).fill(goodbye, 49);
  await connection.write(words);
  return receives(connection, words, faults, "to the end");
}

/** Whether exactly these bytes arrive next, followed by the end of stream if there are none or they are the last. */
async function receives(
  connection: Connection,
  words: Uint8Array,
  faults: string[],
  till?: "to the end",
): Promise<boolean> {
  let at = 0;
  while (at < words.length || words.length === 0 || till !== undefined) {
    // Reads in many steps, so that clients with much data wait for their turns.
    const chunk = await connection.readAtMost(256);
    if (chunk === null) return at === words.length;
    if (Buffer.compare(chunk, words.subarray(at, at + chunk.length)) !== 0) {
      faults.push(`other bytes than were sent, or more, after ${at} of ${words.length}`);
      return false;
    }
    at += chunk.length;
  }
  return at === words.length;
}

function count(balance: Map<string, number>, name: string, change: number): void {
  balance.set(name, (balance.get(name) ?? 0) + change);
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? String(error);
}
