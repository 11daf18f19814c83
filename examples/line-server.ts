/**
 * A server for lines, ready for use: a codec, limits, a log of how each client left, and a shutdown that lets
 * clients finish.
 *
 *     node build/examples/line-server.js 7000   (0: any free port)
 */
import { formatAddress, lines, serve } from "portcall";

const [port = "7000"] = process.argv.slice(2);

const server = await serve(
  {
    port: Number(port),
    codec: lines({ lineBytesMax: 1_000 }),
    connectionsMax: 100,
    idleTimeoutMs: 5 * 60_000,
    onError: (error) => {
      console.error(error.message);
    },
  },
  async (client) => {
    void client.closed.then(({ how, by }) => {
      console.log(`client ${client.id} left: ${how} by ${by}`);
    });
    await client.send("Welcome to the server. Type something and hit enter");
    for await (const line of client) {
      if (line === "quit") break;
      await client.send(`OK... ${line}`);
    }
  },
);
console.log(`listening on ${formatAddress(server.address)}`);

// Ctrl-C: no new clients; connected ones have five seconds to finish.
process.once("SIGINT", () => void server.close({ drainMs: 5_000 }));
await server.closed;
console.log(`served ${server.stats.connectionsTotal} clients`);
