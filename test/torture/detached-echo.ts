/**
 * A server whose wires leave their engine when the first bytes have arrived: node:net echoes them and all that follow.
 */
import type { Socket } from "node:net";
import type { Engine, Listener, Wire } from "../../src/engine.ts";
import { tcpAddress } from "../../src/base/address/address.ts";

/** Longer than detaching takes, shorter than a client waits. */
const detachMsMax = 500;

/** @param tell receives each failure */
export function listenDetached(engine: Engine, tell: (error: unknown) => void): Promise<Listener> {
  const options = { noDelay: true, keepAliveMs: 0, backlog: 64, ipv6Only: false };
  return engine.listen(tcpAddress("127.0.0.1", 0), options, {
    accepted: (wire) => {
      read(wire, tell);
    },
    acceptFailed: tell,
  });
}

function read(wire: Wire, tell: (error: unknown) => void): void {
  let first = true;
  wire.start({
    bytes(view) {
      if (!first) {
        tell(new Error("bytes after detach"));
        return;
      }
      first = false;
      const bytes = new Uint8Array(view);
      detach(wire).then((socket) => {
        echo(socket, bytes, tell);
      }, tell);
    },
    ended() {
      wire.close();
    },
    drained: () => undefined,
    closed(error) {
      if (error !== undefined) tell(error);
    },
  });
}

function detach(wire: Wire): Promise<Socket> {
  return wire.detach?.(AbortSignal.timeout(detachMsMax)) ?? Promise.reject(new Error("no `detach`"));
}

function echo(socket: Socket, bytes: Uint8Array, tell: (error: unknown) => void): void {
  socket.on("error", tell);
  socket.write(bytes);
  socket.pipe(socket);
}
