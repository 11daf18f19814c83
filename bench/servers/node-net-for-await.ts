/**
 * An echo over `node:net` with its own async iteration: the cost of writing the handler as a loop. It works on
 * chunks, not lines: it splits and decodes nothing.
 */
import { createServer, type Socket } from "node:net";
import { printReady } from "./ready.ts";

async function echo(socket: Socket): Promise<void> {
  for await (const chunk of socket) socket.write(chunk as Buffer);
}

const server = createServer({ noDelay: true }, (socket) => {
  echo(socket).catch(() => {});
});
server.listen(0, "127.0.0.1", 4096, () => printReady(server.address()));
