/** What a program may be made of: both module systems at once, threads, a cluster. */
import { row } from "./group.mjs";
import { engineOfAll, nodePath, nodes, output, programs, project } from "./projects.mjs";

const sameCopy = `
import { createRequire } from "node:module";
import * as imported from "portcall";
const required = createRequire(import.meta.url)("portcall");
const names = Object.keys(required);
if (names.length < 20 || names.some((name) => required[name] !== imported[name])) throw new Error("two copies");
`;

const thread = `
import { Worker } from "node:worker_threads";
const worker = new Worker(new URL("program.mjs", import.meta.url), { argv: process.argv.slice(2) });
worker.on("error", (error) => { throw error; });
`;

const cluster = `
import cluster from "node:cluster";
import { once } from "node:events";
import { connect, formatAddress, serve } from "portcall";
if (cluster.isPrimary) {
  const addresses = [];
  const served = new Set();
  const workers = [cluster.fork(), cluster.fork()];
  const messages = workers.map((worker) => once(worker, "message"));
  for (const [address] of await Promise.all(messages)) addresses.push(formatAddress(address));
  for (let count = 0; count < 4; count++) {
    const client = await connect(addresses[0]);
    served.add(new TextDecoder().decode(await client.read()));
    await client.close();
  }
  for (const worker of workers) worker.kill();
  if (addresses[0] !== addresses[1]) throw new Error("two addresses: " + addresses.join());
  if (served.size !== 2) throw new Error("one worker has served all");
} else {
  const server = await serve({ port: 0 }, (client) => client.write(String(cluster.worker.id)));
  process.send(server.address);
}
`;

/**
 * @param {string} major
 * @param {string} file
 */
async function outputOf(major, file) {
  const cwd = project("processes", {
    "program.mjs": programs.import,
    "same-copy.mjs": sameCopy,
    "thread.mjs": thread,
    "cluster.mjs": cluster,
  });
  return output([nodePath(major), file, cwd], { cwd });
}

/** @type {import("./group.mjs").Group} */
export const processes = {
  name: "processes",
  title: "Both module systems, threads and clusters",
  about:
    "`import` and `require` in one process get one copy. A worker thread does what a program does, and names its engine. Two workers of `node:cluster` serve one port.",
  head: "runtime",
  rows: nodes.map((major) =>
    row(`Node ${major}`, {
      "import and require": () => outputOf(major, "same-copy.mjs").then(() => "one copy"),
      "worker thread": async () => engineOfAll(JSON.parse(await outputOf(major, "thread.mjs"))),
      "node:cluster": () => outputOf(major, "cluster.mjs").then(() => "one port"),
    }),
  ),
  after:
    "In a worker of `node:cluster`, `auto` is the portable engine: [sockets](how-to/sockets.md#use-nodecluster). pm2's cluster mode is the same.",
};
