/** Portcall in its common form: one async handler per client, a loop over lines, each reply awaited. */
import { lines, serve } from "../../src/index.ts";
import { benchOptions } from "./engines.ts";
import { printReady } from "./ready.ts";

const server = await serve({ ...benchOptions(), codec: lines() }, async (client) => {
  for await (const line of client) await client.send(line);
});
printReady(server.address);
