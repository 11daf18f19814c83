/** Two servers in one process, on a given engine: one echoes lines, the other, in raw mode, bytes. */
import { lines, serve, type EngineChoice } from "../../src/index.ts";
import { facts, restAfter } from "./facts.ts";
import { answer, say, settings } from "../../test/support/program-lines.ts";

const { engine } = settings() as { readonly engine: EngineChoice };

const talking = await serve({ port: 0, engine, codec: lines() }, async (client) => {
  for await (const line of client) await client.send(line);
});
const raw = await serve(
  { port: 0, engine },
  {
    bytes(client, view) {
      if (!client.write(view)) client.pause();
    },
    drained: (client) => client.resume(),
  },
);
const open = (): number => talking.stats.connections + raw.stats.connections;

say({
  type: "ready",
  ...Object.fromEntries(
    [talking, raw].map(({ address }, index) => [index === 0 ? "lines" : "raw", address.port]),
  ),
});
answer({
  async facts() {
    await restAfter(() => open() === 0);
    return { ...(await facts()), connections: open() };
  },
});
