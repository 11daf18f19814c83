/** A typical Portcall server, which gives each line back. */
import { lines, serve, type ServeOptions } from "../../src/index.ts";
import { facts } from "./facts.ts";
import { answer, say, settings } from "../../test/support/program-lines.ts";

const options = settings() as ServeOptions;
const server = await serve({ ...options, codec: lines() }, async (client) => {
  for await (const line of client) await client.send(line);
});

say({ type: "ready", ...server.address });
answer({
  async facts() {
    return { ...(await facts()), ...server.stats };
  },
});
