/**
 * A server: whatever a client sends comes back (RFC 862), for many clients at once. Chunks are bytes as they came; awaiting
 * the write lets each client go as fast as it reads, and no faster.
 *
 *     node build/examples/echo.js 7000          (0: any free port)
 */
import { formatAddress, serve } from "portcall";

const [port = "7000"] = process.argv.slice(2);

const server = await serve({ port: Number(port) }, async (client) => {
  for await (const chunk of client) await client.write(chunk);
});
console.log(`listening on ${formatAddress(server.address)}`);
