/**
 * Makes a socket of `node:net` from a descriptor.
 */
import { closeSync } from "node:fs";
import net from "node:net";

/** Node's own option of accepted sockets (`pauseOnConnect`): without it, a new socket reads at once. */
interface AdoptOptions extends net.SocketConstructorOpts {
  readonly pauseOnCreate: true;
}

/**
 * Takes over a connected stream socket. Closes the descriptor if that fails.
 *
 * @param unread bytes that were received before; the socket delivers them first.
 */
export function adoptSocket(fd: number, unread: readonly Uint8Array[]): net.Socket {
  const options: AdoptOptions = { fd, allowHalfOpen: true, pauseOnCreate: true };
  let socket: net.Socket;
  try {
    socket = new net.Socket(options);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  // Not `push`, which expects that the handle is reading.
  for (const piece of unread.toReversed()) socket.unshift(piece);
  return socket;
}
