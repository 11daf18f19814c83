/**
 * Who is measured, one row each. A peer is a program of its own that listens on
 * 127.0.0.1 and prints `ready <port>`; in what language, the bench does not care:
 *
 *     {
 *       name: "asyncio",
 *       about: "a Python Protocol, data_received and transport.write",
 *       service: "echo",
 *       find: () => presentIf(commandVersion("python3", ["--version"]), "no python3 on the PATH"),
 *       command: ["python3", projectPath("bench/servers/asyncio-echo.py")],
 *     }
 */
import { compiledServer, presentIf, type Presence } from "./presence.ts";
import { projectVersion } from "./project.ts";
import type { Service } from "./workloads.ts";

export interface Peer {
  /** Short and stable: targets, baselines and `--only` refer to it. */
  readonly name: string;
  /** What it is made of, in half a sentence. */
  readonly about: string;
  readonly service: Service;
  /**
   * Tells which version is here, or why there is none: an absent peer is reported, never left out. Asked once a
   * run; a peer that must be compiled is compiled here.
   */
  find(): Presence;
  /** The program and its arguments. The process that it starts must itself be the server. */
  readonly command: readonly string[];
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Workloads that it cannot do, by name, each with the reason. */
  readonly unfit?: Readonly<Record<string, string>>;
}

const node = (): Presence => presentIf(`Node ${process.versions.node}`);
const portcall = (): Presence => presentIf(`Portcall ${projectVersion()}`);

export const peers: readonly Peer[] = [
  {
    name: "node:net",
    about: "`socket.on('data')` and `socket.write`, nothing else",
    service: "echo",
    find: node,
    command: [process.execPath, compiledServer("node-net-echo")],
  },
  {
    name: "portcall raw",
    about: "raw mode, portable engine",
    service: "echo",
    find: portcall,
    command: [process.execPath, compiledServer("portcall-raw-echo")],
  },
  {
    name: "portcall async lines",
    about: "`for await (const line of client) await client.send(line)`, portable engine",
    service: "echo",
    find: portcall,
    command: [process.execPath, compiledServer("portcall-lines-echo")],
    unfit: { "echo-64k": "64 KiB is more than a line may have (lineBytesMax)" },
  },
  {
    name: "node:net for await",
    about: "`for await (const chunk of socket) socket.write(chunk)`; for comparison",
    service: "echo",
    find: node,
    command: [process.execPath, compiledServer("node-net-for-await")],
  },
];
