/**
 * The peers. A new peer is a row in one of these files, and usually a program in bench/servers:
 *
 *     {
 *       name: "asyncio",
 *       about: "a Python Protocol: `data_received` and `transport.write`",
 *       find: () => presentIf(commandVersion("python3", ["--version"]), "no python3 on the PATH"),
 *       command: (service) => ["python3", projectPath("bench/servers/asyncio-protocol.py"), service],
 *     }
 */
import { cPeers } from "./c.ts";
import { nodePeers } from "./node.ts";
import { portcallPeers } from "./portcall.ts";
import { pythonPeers } from "./python.ts";
import { relayPeers } from "./relays.ts";
import { runtimePeers } from "./runtimes.ts";
import type { Peer } from "./peer.ts";

export type { Peer } from "./peer.ts";

export const peers: readonly Peer[] = [
  ...cPeers,
  ...portcallPeers,
  ...nodePeers,
  ...runtimePeers,
  ...pythonPeers,
  ...relayPeers,
];
