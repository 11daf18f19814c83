/**
 * A typical Portcall server that counts its events.
 *
 * It greets with `greeting`, if there is one, and gives each line back. With `descriptors` it may have so many. The limit
 * is set when all modules are loaded, as Node opens dozens of them at a time.
 */
import { spawnSync } from "node:child_process";
import { lines, serve, type ServeOptions } from "../../src/index.ts";
import { facts, restAfter } from "./facts.ts";
import { answer, say, settings } from "./lines.ts";

const { greeting, descriptors, ...options } = settings() as ServeOptions<string, string> & {
  readonly greeting?: string;
  readonly descriptors?: number;
};
if (descriptors !== undefined) {
  const { status } = spawnSync("prlimit", [`--pid=${process.pid}`, `--nofile=${descriptors}`]);
  if (status !== 0) throw new Error("prlimit did not set the limit of descriptors");
}

/** How often each thing happened: `opened`, `refused descriptors`, `closed timeout ERR_MESSAGE_TIMEOUT`. */
const events: Record<string, number> = {};
function count(event: string): void {
  events[event] = (events[event] ?? 0) + 1;
}

const server = await serve(
  {
    ...options,
    codec: lines(),
    onEvent(event) {
      if (event.type === "refused") count(`refused ${event.reason}`);
      else if (event.type !== "closed") count(event.type);
      else count(["closed", event.closeInfo.how, event.closeInfo.error?.code].filter(Boolean).join(" "));
    },
  },
  async (client) => {
    if (greeting !== undefined) await client.send(greeting);
    for await (const line of client) await client.send(line);
  },
);

say({ type: "ready", ...server.address });
const factsNow = async (): Promise<object> => ({ ...(await facts()), ...server.stats, events });
answer({
  facts: factsNow,
  /** The facts after the last client has gone. */
  async rested() {
    await restAfter(() => server.stats.connections === 0);
    return factsNow();
  },
});
