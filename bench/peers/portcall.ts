/** Portcall itself: the library in both of its modes on each engine, and the command as a user starts it. */
import { compiledServer, type Presence } from "../presence.ts";
import { projectPath, projectVersion } from "../project.ts";
import { engines } from "../servers/engines.ts";
import type { Peer } from "./peer.ts";

export const engineNames = ["portable", "epoll", "io_uring"] as const;
type EngineName = (typeof engineNames)[number];

/** Present if this version has the engine, and it works here. */
function find(engine: EngineName): Presence {
  const create = engines[engine];
  if (create === undefined) return { state: "absent", why: `this version has no ${engine} engine` };
  try {
    create();
    return { state: "present", version: `Portcall ${projectVersion()}` };
  } catch (error) {
    return { state: "absent", why: error instanceof Error ? error.message : String(error) };
  }
}

const command = (server: string, engine: EngineName): string[] => [
  ...[process.execPath, "--expose-gc", compiledServer(server)],
  engine,
];

const raw = (engine: EngineName): Peer => ({
  name: `portcall raw (${engine})`,
  about: `raw mode, ${engine} engine`,
  find: () => find(engine),
  command: (service) => [...command("portcall-raw", engine), service],
});

const lines = (engine: EngineName): Peer => ({
  name: `portcall lines (${engine})`,
  about: `\`for await (const line of client) await client.send(line)\`, ${engine} engine`,
  find: () => find(engine),
  command: () => command("portcall-lines", engine),
  unfit: {
    "echo-64k": "64 KiB is more than a line may have (lineBytesMax)",
    bulk: "the data of bulk has no lines",
  },
});

/** The command chooses the best engine itself by default. */
const serveEcho = (engine?: EngineName): Peer => ({
  name: `portcall serve echo${engine === undefined ? "" : ` (${engine})`}`,
  about: `the command: \`portcall serve echo 127.0.0.1:<port>\`${engine === undefined ? "" : `, ${engine} engine`}`,
  find: () => find(engine ?? "portable"),
  command: () => [
    ...["env", ...(engine === undefined ? [] : [`PORTCALL_ENGINE=${engine}`])],
    ...[process.execPath, projectPath("bin/portcall.js"), "serve", "echo", "127.0.0.1:{port}"],
  ],
  unfit: {
    bulk: "it echoes; it does not count",
    idle: "the command does not collect garbage on demand",
  },
});

export const portcallPeers: readonly Peer[] = [
  ...engineNames.map(raw),
  ...engineNames.map(lines),
  serveEcho(),
  serveEcho("portable"),
];
