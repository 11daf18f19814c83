/**
 * Peers that take some of what comes, answer, and reset the connection while more comes.
 *
 * They wait on a port of their own, or `connect` to one so many `times`.
 */
import net, { type Socket } from "node:net";
import { say, settings } from "./lines.ts";

const {
  answer,
  connect,
  times = 0,
} = settings() as { readonly answer: string; readonly connect?: number; readonly times?: number };

const takenBytesMin = 200_000;

function answerAndReset(socket: Socket): void {
  let taken = 0;
  // What comes after the reset, or the other side's own end, is none of our business.
  socket.on("error", () => {});
  socket.on("data", (chunk: Uint8Array) => {
    const before = taken;
    taken += chunk.length;
    if (before >= takenBytesMin || taken < takenBytesMin) return;
    socket.pause();
    // Called when the kernel has the answer; the reset comes behind it.
    socket.write(answer, () => socket.resetAndDestroy());
  });
}

if (connect === undefined) {
  const server = net.createServer(answerAndReset);
  server.listen({ host: "127.0.0.1", port: 0, backlog: 1_024 }, () => {
    say({ type: "ready", ...(server.address() as net.AddressInfo) });
  });
} else {
  for (let peer = 0; peer < times; peer++) answerAndReset(net.connect({ host: "127.0.0.1", port: connect }));
}
