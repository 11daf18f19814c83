/**
 * Several clients and one pair of hands: what they say comes line by line behind
 * their numbers, what is typed goes to all of them.
 */
import { encodeText } from "../base/bytes.ts";
import { lines } from "../codec/index.ts";
import type { Connection } from "../net/index.ts";
import { describeEnding, nameOf } from "./narrate/verbose.ts";
import type { Terminal } from "./terminal.ts";

export class Crowd {
  readonly #terminal: Terminal;
  readonly #clients = new Set<Connection>();
  #inputEnded = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Shows what a client says until it has ended. */
  async join(client: Connection): Promise<void> {
    const number = client.id;
    this.#clients.add(client);
    this.#terminal.say(`[${number}] connected with ${nameOf(client.remote)}`);
    if (this.#inputEnded) void client.end();
    try {
      const text = client.useCodec(lines());
      const output = this.#terminal.output(false);
      for await (const line of text) await output.write(encodeText(`[${number}] ${line}\n`));
      await output.end();
      // It has said everything; what we have to say may still go on.
      if (!this.#inputEnded && !this.#terminal.stdinIsTerminal) await client.closed;
    } finally {
      this.#clients.delete(client);
      void client.closed.then((ending) => {
        this.#terminal.say(`[${number}] left: ${describeEnding(ending)}`);
      });
    }
  }

  /** Sends stdin to everybody who is there, as fast as the slowest reads; then FIN. */
  async sendInput(): Promise<void> {
    for await (const chunk of this.#terminal.input()) {
      // A client that is gone, or is cut for not reading, is told of by its ending.
      await Promise.allSettled([...this.#clients].map((client) => client.write(chunk)));
    }
    this.#inputEnded = true;
    for (const client of this.#clients) void client.end();
  }
}
