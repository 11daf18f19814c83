/**
 * The command's surroundings, controlled by the test: passive peers, real pipes, terminals, ports without an answer.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { commandPath, start, type Child } from "../../support/command.ts";
import { missing } from "../../support/programs.ts";

/** A TCP server that accepts clients, and neither reads nor sends by itself. */
export interface PassiveServer {
  readonly port: number;
  accept(): Promise<net.Socket>;
}

export async function passiveServer(
  t: TestContext,
  endpoint: net.ListenOptions = { host: "127.0.0.1", port: 0 },
): Promise<PassiveServer> {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
  server.on("connection", (socket) => {
    destroyAfterTest(t, socket);
  });
  server.listen(endpoint);
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  return {
    port: typeof address === "object" ? (address?.port ?? 0) : 0,
    accept: async () => ((await once(server, "connection")) as [net.Socket])[0],
  };
}

/** A client that neither reads nor sends by itself. */
export async function passiveClient(t: TestContext, endpoint: net.NetConnectOpts): Promise<net.Socket> {
  const socket = net.connect({ allowHalfOpen: true, ...endpoint });
  socket.pause();
  destroyAfterTest(t, socket);
  // Or it is already closed, if it was reset very early.
  await new Promise((resolve) => {
    socket.once("connect", resolve).once("close", resolve);
  });
  return socket;
}

function destroyAfterTest(t: TestContext, socket: net.Socket): void {
  t.after(() => socket.destroy());
  socket.on("error", () => {
    // The test looks at how the other end took it.
  });
}

/** A port of 127.0.0.1 where nothing listens and nothing can start to: our end of a connection holds it. */
export async function refusingPort(t: TestContext): Promise<number> {
  const server = await passiveServer(t);
  const client = await passiveClient(t, { host: "127.0.0.1", port: server.port });
  return client.localPort ?? 0;
}

/** The code of the error with which connecting there fails. */
export async function refusal(port: number, host = "127.0.0.1"): Promise<string | undefined> {
  const [error] = (await once(net.connect(port, host), "error")) as [NodeJS.ErrnoException];
  return error.code;
}

const fullBacklogProgram = `
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    require("node:fs").writeSync(1, server.address().port + "\\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** A port whose backlog is full: the system answers no further SYN. Linux only. */
export async function fullBacklogPort(t: TestContext): Promise<number> {
  const child = start(t, process.execPath, ["-e", fullBacklogProgram]);
  const port = Number((await child.prints(/^(\d+)\n/))[1]);
  // Linux queues one more than the backlog; further clients get no answer.
  await passiveClient(t, { host: "127.0.0.1", port });
  await passiveClient(t, { host: "127.0.0.1", port });
  return port;
}

/** A system pipe, as a shell creates for `|`. Node would give a child a socket. */
interface Pipe {
  /** For the child; closed here by `handOver`. */
  readonly childEnd: number;
  /** Our end: to write to if the child reads, and the other way round. Paused. */
  readonly ours: net.Socket;
  /** Closes the child's end in this process, once the child has it. */
  handOver(): void;
}

function makePipe(t: TestContext, childDoes: "reads" | "writes"): Pipe {
  const folder = mkdtempSync(join(tmpdir(), "portcall-pipe-"));
  const path = join(folder, "pipe");
  spawnSync("mkfifo", [path]);
  // Opened for both, so that neither end waits for the other to be opened.
  const both = openSync(path, constants.O_RDWR);
  const reader = openSync(path, constants.O_RDONLY);
  const writer = openSync(path, constants.O_WRONLY);
  closeSync(both);
  rmSync(folder, { recursive: true });
  const [childEnd, fd] = childDoes === "reads" ? [reader, writer] : [writer, reader];
  const ours = new net.Socket({ fd, readable: childDoes === "writes", writable: childDoes === "reads" });
  ours.pause();
  destroyAfterTest(t, ours);
  return {
    childEnd,
    ours,
    handOver() {
      closeSync(childEnd);
    },
  };
}

/** `portcall` with real pipes for stdin and stdout; stderr is collected by the child as usual. */
export interface Piped {
  readonly child: Child;
  readonly stdin: net.Socket;
  readonly stdout: net.Socket;
}

export function portcallPiped(t: TestContext, args: readonly string[]): Piped {
  const stdin = makePipe(t, "reads");
  const stdout = makePipe(t, "writes");
  const child = start(t, process.execPath, [commandPath, ...args], {
    stdio: [stdin.childEnd, stdout.childEnd, "pipe"],
  });
  stdin.handOver();
  stdout.handOver();
  return { child, stdin: stdin.ours, stdout: stdout.ours };
}

/** The port that `portcall listen` or `serve` prints. */
export async function portOf(child: Child): Promise<number> {
  return Number((await child.printsOnStderr(/listening on \S*:(\d+)/))[1]);
}

/** Reads on, and resolves when this many bytes were received in all. */
export async function receives(socket: net.Socket, bytes: number): Promise<void> {
  const tally = tallyOf(socket);
  socket.resume();
  while (tally.bytes < bytes) {
    if (tally.over) throw new Error(`the stream ended after ${tally.bytes} bytes, before ${bytes}`);
    await once(socket, "tallied");
  }
}

/** Reads on to the end, and resolves to all received bytes. */
export async function receivesEnd(socket: net.Socket): Promise<Buffer> {
  const tally = tallyOf(socket);
  socket.resume();
  while (!tally.over) await once(socket, "tallied");
  if (tally.error !== undefined) throw tally.error;
  return Buffer.concat(tally.chunks);
}

interface Tally {
  readonly chunks: Buffer[];
  bytes: number;
  over: boolean;
  error: Error | undefined;
}

const tallies = new WeakMap<net.Socket, Tally>();

/** The bytes received on a socket since the first call. */
function tallyOf(socket: net.Socket): Tally {
  const known = tallies.get(socket);
  if (known !== undefined) return known;
  // A reset may have closed it already: then no event follows.
  const tally: Tally = { chunks: [], bytes: 0, over: socket.closed, error: socket.errored ?? undefined };
  tallies.set(socket, tally);
  socket.on("data", (chunk: Buffer) => {
    tally.chunks.push(chunk);
    tally.bytes += chunk.length;
    socket.emit("tallied");
  });
  socket.on("error", (error) => {
    tally.error = error;
  });
  for (const event of ["end", "close"]) {
    socket.on(event, () => {
      tally.over = true;
      socket.emit("tallied");
    });
  }
  return tally;
}

/** Why a test that needs a terminal cannot run; `undefined` if it can. */
export const noTerminal: string | undefined =
  missing("python3") ??
  (spawnSync("python3", ["-c", "import pty, fcntl"]).status === 0
    ? undefined
    : "this needs python3 with pty");

/** `portcall` on a terminal of its own: which of its descriptors 0, 1, 2 that is, is said by `which`. */
export function portcallOnTerminal(t: TestContext, which: string, args: readonly string[]): Child {
  return start(t, "python3", [
    "test/cli/support/on-terminal.py",
    which,
    process.execPath,
    commandPath,
    ...args,
  ]);
}
