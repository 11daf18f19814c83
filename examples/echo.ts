/**
 * An echo server (RFC 862) for many clients at once. It sends each chunk back as it arrived. Awaiting the write limits
 * each client to the speed at which it reads.
 *
 *     node build/examples/echo.js 7000          (0: any free port)
 */
import { formatAddress, serve } from "portcall";

const [port = "7000"] = process.argv.slice(2);

const server = await serve({ port: Number(port) }, async (client) => {
  for await (const chunk of client) await client.write(chunk);
});
console.log(`listening on ${formatAddress(server.address)}`);
