/**
 * A cluster of two workers that serve one address, and a few clients. Prints the workers' reports, and who served the
 * clients, as one line of JSON.
 *
 *     node cluster.js <options of serve, as JSON>
 *
 * The option `datagrams` binds a datagram socket instead. With `disconnect`, the primary disconnects the workers
 * while a client is connected, and the workers close nothing themselves.
 */
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import process from "node:process";
import { chooseEngine } from "../../../src/engine.ts";
import {
  bindUdp,
  connect,
  formatAddress,
  serve,
  type Address,
  type Connection,
  type ServeOptions,
  type Server,
} from "../../../src/index.ts";

type Options = ServeOptions<Uint8Array, Uint8Array> & {
  readonly datagrams?: boolean;
  readonly disconnect?: boolean;
};

export interface WorkerReport {
  readonly auto: string;
  readonly address?: Address;
  readonly error?: string;
}

export interface ClusterReport {
  readonly workers: readonly WorkerReport[];
  /** The numbers of the workers that have answered the clients, in order. */
  readonly servedBy: readonly string[];
  readonly exitCodes: readonly (number | null)[];
  /** With `disconnect`: what the connected client received from then on, by chunk. */
  readonly answers: readonly string[];
}

const options = JSON.parse(process.argv[2] ?? "{}") as Options;
if (cluster.isPrimary) await lead();
else await work();

async function lead(): Promise<void> {
  const workers: Worker[] = [];
  const reports: WorkerReport[] = [];
  const exits: Promise<number | null>[] = [];
  for (let count = 0; count < 2; count++) {
    const worker = cluster.fork();
    workers.push(worker);
    exits.push(once(worker, "exit").then(([code]) => code as number | null));
    // One after the other: the second shares what the first has bound.
    const [report] = (await once(worker, "message")) as [WorkerReport];
    reports.push(report);
  }
  const [address] = reports.flatMap((report) => report.address ?? []);
  const servedBy = new Set<string>();
  const clients = options.datagrams === true ? 0 : options.disconnect === true ? 1 : 6;
  const answers: string[] = [];
  for (let count = 0; count < clients && address !== undefined; count++) {
    const client = await connect(formatAddress(address));
    servedBy.add(text(await client.read()));
    if (options.disconnect === true) answers.push(...(await disconnectBeside(client, workers)));
    await client.close();
  }
  for (const worker of workers) {
    if (worker.isDead()) continue;
    if (options.disconnect !== true) worker.send("close");
    else if (clients === 0) worker.disconnect();
  }
  const report: ClusterReport = {
    workers: reports,
    servedBy: [...servedBy].toSorted(),
    exitCodes: await Promise.all(exits),
    answers,
  };
  console.log(JSON.stringify(report));
}

/** Disconnects the workers. Returns what the client receives then: the rest of an open connection. */
async function disconnectBeside(client: Connection, workers: readonly Worker[]): Promise<string[]> {
  for (const worker of workers) worker.disconnect();
  // A server that the primary has bound learns of it only when its connections have ended.
  const answers =
    options.engine === "portable" && options.exclusive !== true ? [] : [text(await client.read())];
  await client.write("and now?");
  answers.push(text(await client.read()));
  return answers;
}

function text(chunk: Uint8Array | null): string {
  return Buffer.from(chunk ?? []).toString();
}

async function work(): Promise<void> {
  const auto = chooseEngine("auto").name;
  const say = (report: WorkerReport): void => {
    process.send?.(report);
  };
  try {
    const { datagrams, disconnect, ...rest } = options;
    const opened =
      datagrams === true ? await bindUdp(rest) : await serve(rest, disconnect === true ? stay : greet);
    if (disconnect === true) {
      process.exitCode = 1;
      void opened.closed.then(() => (process.exitCode = 0));
    } else
      process.once("message", () => {
        void opened.close().then(() => {
          process.disconnect();
        });
      });
    say({ auto, address: opened.address });
  } catch (error) {
    process.once("message", () => {
      process.disconnect();
    });
    say({ auto, error: (error as Error).message });
  }
}

async function greet(client: Connection): Promise<void> {
  await client.write(String(cluster.worker?.id));
}

/** Reports that the server has closed, and answers once more. */
async function stay(client: Connection, server: Server): Promise<void> {
  await greet(client);
  server.drainSignal.addEventListener("abort", () => {
    if (client.closeInfo === undefined) void client.write("draining");
  });
  await client.read();
  await client.write("still served");
}
