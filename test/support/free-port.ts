/**
 * Ports for programs that cannot listen on port 0.
 */
import { createServer } from "node:net";

/** A free port of 127.0.0.1. Below 32768, the system does not give it to other programs by itself. */
export async function freePort(from: number, below: number): Promise<string> {
  for (;;) {
    const port = from + Math.floor(Math.random() * (below - from));
    const server = createServer();
    const free = await new Promise<boolean>((done) => {
      server.once("error", () => {
        done(false);
      });
      server.listen(port, "127.0.0.1", () => {
        server.close(() => {
          done(true);
        });
      });
    });
    if (free) return String(port);
  }
}
