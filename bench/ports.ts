/** Ports for servers that cannot report the port that the system chose. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const pauseMs = 20;

/** A port of 127.0.0.1 on which no server listens now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Connects until a server accepts, or until the signal: then `false`. */
export async function accepts(port: number, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return true;
    } catch {
      await sleep(pauseMs);
    } finally {
      socket.destroy();
    }
  }
  return false;
}
