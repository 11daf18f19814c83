/**
 * Ports for programs that must be told one.
 */
import { createServer } from "node:net";

/** A port of 127.0.0.1 that nobody has; the system gives none below 32768 to anybody who has not asked for it. */
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
