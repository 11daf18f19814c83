/** Clients that send one byte now and then, until the server disconnects them; reports how long each was connected. */
import net from "node:net";
import { say, settings } from "./lines.ts";

const { port, source, connections, everyMs } = settings() as {
  readonly port: number;
  readonly source: string;
  readonly connections: number;
  readonly everyMs: number;
};

/** Resolves to the connected time, from its first byte. */
function drip(opened: () => void): Promise<number> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: "127.0.0.1", port, localAddress: source });
    let beganAtMs = performance.now();
    let timer: NodeJS.Timeout | undefined;
    socket.on("connect", () => {
      beganAtMs = performance.now();
      socket.write("x");
      timer = setInterval(() => socket.write("x"), everyMs);
      opened();
    });
    // However it ends, it closes.
    socket.on("error", () => {});
    socket.resume().on("close", () => {
      clearInterval(timer);
      resolve(Math.round(performance.now() - beganAtMs));
    });
  });
}

let opened = 0;
const held = Array.from({ length: connections }, () =>
  drip(() => {
    opened++;
    if (opened === connections) say({ type: "opened" });
  }),
);
say({ type: "gone", heldMs: await Promise.all(held) });
