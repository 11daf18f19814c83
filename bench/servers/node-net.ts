/**
 * The minimal server over `node:net`. `noDelay` is on, as in Portcall, so that both make the same kernel calls. The
 * error listener costs nothing per message. Without it a reset ends the process.
 */
import { createServer, type Socket } from "node:net";
import { chosen, printReady } from "./ready.ts";

function echo(socket: Socket): void {
  socket.on("data", (chunk) => socket.write(chunk));
}

function count(socket: Socket): void {
  let total = 0;
  socket.on("data", (chunk) => (total += chunk.length));
  socket.on("end", () => socket.end(String(total)));
}

const handle = chosen({ echo, count });
const server = createServer({ noDelay: true, allowHalfOpen: handle === count }, (socket) => {
  handle(socket);
  socket.on("error", () => {});
});
server.listen(0, "127.0.0.1", 4096, () => printReady(server.address()));
