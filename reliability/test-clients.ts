/** Test clients in this process, on bare `node:net`. Each waits for the first line from the server. */
import net from "node:net";
import { Conversation } from "./programs/conversation.ts";

export class TestClients {
  readonly #port: number;
  #clients: Conversation[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /** Connects so many more at once; resolves to the first line of each, `undefined` for none. */
  visit(count: number): Promise<(string | undefined)[]> {
    const clients = Array.from(
      { length: count },
      () => new Conversation(net.connect({ host: "127.0.0.1", port: this.#port })),
    );
    this.#clients.push(...clients);
    return Promise.all(clients.map((client) => client.hears()));
  }

  /** Disconnects all at once. */
  leave(): void {
    for (const client of this.#clients) client.end();
    this.#clients = [];
  }
}
