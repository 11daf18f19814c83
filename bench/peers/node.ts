/** Bare `node:net`, on the Node that runs the bench and on later ones. */
import { compiledServer, presentIf } from "../presence.ts";
import { onlyIn } from "../workloads.ts";
import { findInstalled, installedProgram } from "./installed.ts";
import type { Peer } from "./peer.ts";

const about = "`socket.on('data')` and `socket.write`, nothing else";

const later = (major: number, unfit: Peer["unfit"] = {}): Peer => ({
  name: `node:net on Node ${major}`,
  about,
  find: () => findInstalled("Node", `node-${major}/bin/node`),
  command: (service) => [
    ...[installedProgram(`node-${major}/bin/node`), "--expose-gc"],
    ...[compiledServer("node-net"), service],
  ],
  unfit,
});

const echoOnly = onlyIn(["echo-64"], "measured in echo-64 alone, to save time");

export const nodePeers: readonly Peer[] = [
  {
    name: "node:net",
    about,
    find: () => presentIf(`Node ${process.versions.node}`),
    command: (service) => [process.execPath, "--expose-gc", compiledServer("node-net"), service],
  },
  {
    name: "node:net for await",
    about: "`for await (const chunk of socket) socket.write(chunk)`; for comparison",
    find: () => presentIf(`Node ${process.versions.node}`),
    command: () => [process.execPath, compiledServer("node-net-for-await")],
    unfit: echoOnly,
  },
  later(22, echoOnly),
  later(24, echoOnly),
  later(26),
];
