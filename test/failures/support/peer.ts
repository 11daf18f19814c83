/** The far end of a connection as a plain socket, which records the received data and how it closed. */
import { once } from "node:events";
import net from "node:net";
import type { TestContext } from "node:test";
import type { Address } from "../../../src/index.ts";

export interface Received {
  readonly text: string;
  /** `fin`, or the system error that ended it. */
  readonly end: string;
}

export interface Peer {
  readonly socket: net.Socket;
  /** Resolves when no more data will arrive. */
  readonly received: Promise<Received>;
  text(): string;
  receives(text: string): Promise<void>;
}

/** Reads from a socket until it ends; our own side stays open. */
function listenTo(socket: net.Socket): Peer {
  let text = "";
  let error: NodeJS.ErrnoException | undefined;
  let over = false;
  socket.setEncoding("latin1");
  socket.on("data", (more: string) => {
    text += more;
    socket.emit("heard");
  });
  socket.on("error", (reported) => {
    error = reported;
  });
  const heard = new Promise<Received>((resolve) => {
    const finish = (): void => {
      over = true;
      socket.emit("heard");
      resolve({ text, end: error?.code ?? "fin" });
    };
    socket.once("end", finish);
    socket.once("close", finish);
  });
  return {
    socket,
    received: heard,
    text: () => text,
    async receives(wanted) {
      while (!text.includes(wanted)) {
        if (over) throw new Error(`the connection ended after ${JSON.stringify(text)}, before ${wanted}`);
        await once(socket, "heard");
      }
    },
  };
}

/** Connects; the socket is closed at the end of the test at the latest. */
export async function connectPeer(t: TestContext, address: Address): Promise<Peer> {
  const socket = net.connect({
    ...(address.family === "unix" ? { path: address.path } : { host: address.host, port: address.port }),
    allowHalfOpen: true,
  });
  t.after(() => socket.destroy());
  const peer = listenTo(socket);
  await once(socket, "connect");
  return peer;
}
