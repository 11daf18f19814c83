/**
 * The baseline: the least that an echo over `node:net` can be. `noDelay` is on, as
 * it is in Portcall, so that both ask the kernel for the same. The error listener
 * costs nothing per message; without it a reset ends the process.
 */
import { createServer } from "node:net";
import { printReady } from "./ready.ts";

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("data", (chunk) => socket.write(chunk));
  socket.on("error", () => {});
});
server.listen(0, "127.0.0.1", () => printReady(server.address()));
