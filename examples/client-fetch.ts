/**
 * A client: connect, write, read; the end of the block closes it. It asks a web server for a page and prints the reply with
 * its headers. A failure at any stage is one line.
 *
 *     node build/examples/client-fetch.js example.com:80 /index.html
 */
import { connect, NetError } from "portcall";

const [target = "localhost:8080", path = "/"] = process.argv.slice(2);

try {
  await using connection = await connect(target, { connectTimeoutMs: 5_000 });
  await connection.write(`GET ${path} HTTP/1.1\r\nHost: ${target}\r\nConnection: close\r\n\r\n`);
  for await (const chunk of connection) process.stdout.write(chunk);
} catch (error) {
  if (!(error instanceof NetError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
