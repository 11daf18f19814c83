/**
 * Many clients at once, as with `ncat -k`: their bytes are printed as they come, without a
 * name, and stdin goes to all of them.
 */
import { systemClock } from "../../base/clock.ts";
import type { Connection } from "../../net/index.ts";
import { withCrlf } from "../tty/crlf.ts";
import type { PeerOutput, Terminal } from "../tty/terminal.ts";
import { paced } from "./input.ts";
import type { NcRequest } from "./request.ts";

export class ClientRelay {
  readonly #clients = new Set<Connection>();
  readonly #request: NcRequest;
  readonly #terminal: Terminal;
  readonly #output: PeerOutput;
  readonly #shown = new Set<Promise<void>>();
  #hasInput = false;
  #inputEnded = false;

  constructor(request: NcRequest, terminal: Terminal) {
    this.#request = request;
    this.#terminal = terminal;
    this.#output = terminal.output(false);
  }

  /** Relays a client until it has ended. */
  async join(client: Connection): Promise<void> {
    this.#clients.add(client);
    if (!this.#hasInput) {
      this.#hasInput = true;
      void this.#sendInput();
    }
    if (this.#inputEnded) void client.end();
    const shown = this.#show(client);
    this.#shown.add(shown);
    await shown;
    this.#shown.delete(shown);
    this.#clients.delete(client);
    await client.close();
  }

  /** Resolves when everything from all clients is printed. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#shown);
  }

  async #show(client: Connection): Promise<void> {
    const { given } = this.#request;
    try {
      for await (const chunk of client) {
        if (given["send-only"] !== true) await this.#output.write(chunk);
      }
    } catch {
      // A failed connection has no more bytes to show.
    }
  }

  async #sendInput(): Promise<void> {
    const { given, sendsFin, gapMs } = this.#request;
    if (given["recv-only"] === true || given.d === true) return;
    const stdin = this.#terminal.input();
    const ended = given.crlf === true ? withCrlf(stdin) : stdin;
    const input = gapMs === undefined ? ended : paced(ended, gapMs, systemClock);
    for await (const chunk of input) {
      // A client that has gone is reported when it closes.
      await Promise.allSettled([...this.#clients].map((client) => client.write(chunk)));
    }
    if (!sendsFin) return;
    this.#inputEnded = true;
    for (const client of this.#clients) void client.end();
  }
}
