/**
 * A Portcall server as most people write it, that counts what happens to it.
 *
 * It greets with `greeting`, if there is one, and gives each line back.
 */
import { lines, serve, type ServeOptions } from "../../src/index.ts";
import { facts } from "./facts.ts";
import { answer, say, settings } from "./lines.ts";

const { greeting, ...options } = settings() as ServeOptions<string, string> & { readonly greeting?: string };

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
      else count(["closed", event.ending.how, event.ending.error?.code].filter(Boolean).join(" "));
    },
  },
  async (client) => {
    if (greeting !== undefined) await client.send(greeting);
    for await (const line of client) await client.send(line);
  },
);

say({ type: "ready", ...server.address });
answer({ facts: () => ({ ...facts(), ...server.stats, events }) });
