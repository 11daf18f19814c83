/**
 * Ports for programs that cannot listen on port 0.
 */
import { createServer, type ListenOptions, type Server } from "node:net";

/**
 * A free port of 127.0.0.1. Below 32768, the system does not give it to other programs by itself. No test that runs at
 * the same time gets it, in this process or another one.
 */
export async function freePort(from: number, below: number): Promise<string> {
  for (;;) {
    const port = from + Math.floor(Math.random() * (below - from));
    if (!(await claims(port))) continue;
    const server = await listens({ port, host: "127.0.0.1" });
    if (server === undefined) continue;
    await new Promise((done) => server.close(done));
    return String(port);
  }
}

/** Holds a name for the port until this process ends. Only Linux has such names. */
async function claims(port: number): Promise<boolean> {
  if (process.platform !== "linux") return true;
  const claim = await listens({ path: `\0portcall-test-port-${port}` });
  claim?.unref();
  return claim !== undefined;
}

/** Resolves to `undefined` if the address is taken. */
function listens(address: ListenOptions): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((done) => {
    server.once("error", () => {
      done(undefined);
    });
    server.listen(address, () => {
      done(server);
    });
  });
}
