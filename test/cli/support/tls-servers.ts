/** TLS servers of Node for tests of the command, with what each connection did. */
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import type { TestContext } from "node:test";

/** The port of a server that ends with the test. */
export async function portOfServer(t: TestContext, server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A TLS server that sends back what it receives. */
export function tlsEcho(t: TestContext, options: tls.TlsOptions): Promise<number> {
  const server = tls.createServer({ ...options, allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  return portOfServer(t, server);
}

/** A server without TLS: what it does with each connection. */
export function plainServer(t: TestContext, accepted: (socket: net.Socket) => void): Promise<number> {
  return portOfServer(t, net.createServer(accepted));
}
