/**
 * A server that reports all its events, in its own process.
 *
 * Sends `greeting`, then echoes. The message `stats` makes it report its state.
 */
import { spawnSync } from "node:child_process";
import { serve, type Server, type ServeOptions } from "../../../src/index.ts";
import { hear, say, settings } from "../../support/program-lines.ts";

const { greeting, descriptors, ...options } = settings() as ServeOptions<Uint8Array, Uint8Array> & {
  greeting?: string;
  /** The limit of this process from now on, because Node opens many files at once while it loads modules. */
  descriptors?: number;
};

if (descriptors !== undefined)
  spawnSync("prlimit", ["--pid", String(process.pid), `--nofile=${descriptors}`]);

async function start(): Promise<Server> {
  return serve(
    {
      ...options,
      onEvent(event) {
        say({ ...event });
      },
    },
    {
      opened(client) {
        if (greeting !== undefined) client.write(greeting);
      },
      bytes(client, view) {
        client.write(view);
      },
    },
  );
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

try {
  const server = await start();
  say({ type: "ready", address: server.address });
  hear(({ type }) => {
    if (type === "stats") say({ type: "stats", ...server.stats, cpuMs: cpuMs() });
    if (type === "close") void server.close({ drainMs: 0 }).then(() => say({ type: "over" }));
  });
} catch (error) {
  say({ type: "failed", error });
}
