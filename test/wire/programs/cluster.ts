/**
 * A cluster of two workers that serve one address, and a few clients of it. Prints what the workers say, and who served
 * the clients, as one line of JSON.
 *
 *     node cluster.js <options of serve, as JSON>
 *
 * The option `datagrams` binds a datagram socket instead.
 */
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import process from "node:process";
import {
  bind,
  chooseEngine,
  connect,
  formatAddress,
  serve,
  type Address,
  type ServeOptions,
} from "../../../src/index.ts";

type Options = ServeOptions<Uint8Array, Uint8Array> & { readonly datagrams?: boolean };

/** What a worker says of its own. */
export interface WorkerReport {
  readonly auto: string;
  readonly address?: Address;
  readonly error?: string;
}

export interface ClusterReport {
  readonly workers: readonly WorkerReport[];
  /** The workers who have answered the clients, by number, in order. */
  readonly servedBy: readonly string[];
  readonly exitCodes: readonly (number | null)[];
}

const options = JSON.parse(process.argv[2] ?? "{}") as Options;
if (cluster.isPrimary) await lead();
else await work();

async function lead(): Promise<void> {
  const workers: Worker[] = [];
  const reports: WorkerReport[] = [];
  for (let count = 0; count < 2; count++) {
    const worker = cluster.fork();
    workers.push(worker);
    // One after the other: the second meets what the first has bound.
    const [report] = (await once(worker, "message")) as [WorkerReport];
    reports.push(report);
  }
  const [address] = reports.flatMap((report) => report.address ?? []);
  const servedBy = new Set<string>();
  for (let count = 0; count < 6 && address !== undefined && options.datagrams !== true; count++) {
    const client = await connect(formatAddress(address));
    servedBy.add(Buffer.from((await client.read()) ?? []).toString());
    await client.close();
  }
  const ended = workers.map(async (worker) => {
    if (!worker.isDead()) worker.send("close");
    const [code] = (await once(worker, "exit")) as [number | null];
    return code;
  });
  const report: ClusterReport = {
    workers: reports,
    servedBy: [...servedBy].toSorted(),
    exitCodes: await Promise.all(ended),
  };
  console.log(JSON.stringify(report));
}

async function work(): Promise<void> {
  const auto = chooseEngine("auto").name;
  const say = (report: WorkerReport): void => {
    process.send?.(report);
  };
  try {
    const { datagrams, ...rest } = options;
    const opened =
      datagrams === true
        ? await bind(rest)
        : await serve(rest, (client) => client.write(String(cluster.worker?.id)));
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
