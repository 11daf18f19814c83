/** Bun.listen: one set of handlers for all clients; what the kernel does not take at once waits with its client. */
import { chosen, printReady } from "./ready.ts";

interface ClientState {
  waiting: Uint8Array | undefined;
  count: number;
}

/** As much of Bun's own types as is used here; nothing of the project depends on theirs. */
interface BunSocket {
  data: ClientState;
  setNoDelay(on: boolean): void;
  /** Returns how many bytes the kernel took, or -1 if the socket is closed. */
  write(bytes: Uint8Array): number;
  end(text?: string): void;
}

interface BunHandlers {
  open(socket: BunSocket): void;
  data(socket: BunSocket, bytes: Uint8Array): void;
  drain?(socket: BunSocket): void;
  end(socket: BunSocket): void;
  error(): void;
}

declare const Bun: {
  listen(options: { hostname: string; port: number; allowHalfOpen: boolean; socket: BunHandlers }): {
    readonly port: number;
  };
  gc(now: boolean): void;
};

function open(socket: BunSocket): void {
  socket.setNoDelay(true);
  socket.data = { waiting: undefined, count: 0 };
}

/** The bytes are ours only during the call, so what is left over is copied. */
function send(socket: BunSocket, bytes: Uint8Array): void {
  const taken = Math.max(socket.write(bytes), 0);
  socket.data.waiting = taken < bytes.length ? bytes.slice(taken) : undefined;
}

const echo: BunHandlers = {
  open,
  data(socket, bytes) {
    const { waiting } = socket.data;
    if (waiting === undefined) send(socket, bytes);
    else socket.data.waiting = Buffer.concat([waiting, bytes]);
  },
  drain(socket) {
    if (socket.data.waiting) send(socket, socket.data.waiting);
  },
  end: (socket) => socket.end(),
  error() {},
};

const count: BunHandlers = {
  open,
  data(socket, bytes) {
    socket.data.count += bytes.length;
  },
  end: (socket) => socket.end(String(socket.data.count)),
  error() {},
};

const socket = chosen({ echo, count });
printReady(Bun.listen({ hostname: "127.0.0.1", port: 0, allowHalfOpen: true, socket }), () => Bun.gc(true));
