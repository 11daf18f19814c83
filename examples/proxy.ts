/**
 * A proxy: it forwards bytes between a client and another server. Each direction goes as fast as its receiver reads, and ends by
 * itself (a half-close passes through). A reset on one side becomes a reset on the other.
 *
 *     node build/examples/proxy.js 7000 example.com:80      (0: any free port)
 */
import { connect, formatAddress, serve } from "portcall";

const [port = "7000", target = "localhost:8080"] = process.argv.slice(2);

// One side may be silent for long while the other one sends.
const options = { idleTimeoutMs: 60 * 60_000, firstByteTimeoutMs: 60 * 60_000 };

const server = await serve(
  {
    ...options,
    port: Number(port),
    onError: (error) => {
      console.error(error.message);
    },
  },
  async (client) => {
    await using upstream = await connect(target, options);
    const [sent, received] = await Promise.all([client.pipeTo(upstream), upstream.pipeTo(client)]);
    console.log(`client ${client.id}: ${sent} bytes there, ${received} back`);
  },
);
console.log(`listening on ${formatAddress(server.address)}`);
