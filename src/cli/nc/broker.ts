/**
 * Many clients at once, as ncat has them: what they say is printed as it comes, without
 * their names, and stdin goes to all of them; with --broker, what one says goes to all
 * the others.
 */
import { systemClock } from "../../base/clock.ts";
import type { Connection } from "../../net/index.ts";
import { withCrlf } from "../tty/crlf.ts";
import type { PeerOutput, Terminal } from "../tty/terminal.ts";
import { paced } from "./input.ts";
import type { NcRequest } from "./request.ts";

export class Broker {
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

  /** Hears a client until it has ended. */
  async join(client: Connection): Promise<void> {
    this.#clients.add(client);
    if (!this.#hasInput && this.#request.given.broker !== true) {
      this.#hasInput = true;
      void this.#sendInput();
    }
    if (this.#inputEnded) void client.end();
    const shown = this.#hear(client);
    this.#shown.add(shown);
    await shown;
    this.#shown.delete(shown);
    this.#clients.delete(client);
    await client.close();
  }

  /** Resolves when everything they have said is printed. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#shown);
  }

  async #hear(client: Connection): Promise<void> {
    const { given } = this.#request;
    try {
      for await (const chunk of client) {
        if (given.broker === true) await this.#tell(chunk, client);
        else if (given["send-only"] !== true) await this.#output.write(chunk);
      }
    } catch {
      // Gone; so are its last words.
    }
  }

  /** Says it to all but the one who said it. */
  async #tell(chunk: Uint8Array, speaker?: Connection): Promise<void> {
    const others = [...this.#clients].filter((client) => client !== speaker);
    // One that is gone is told of by its end.
    await Promise.allSettled(others.map((client) => client.write(chunk)));
  }

  async #sendInput(): Promise<void> {
    const { given, sendsFin, gapMs } = this.#request;
    if (given["recv-only"] === true || given.d === true) return;
    const stdin = this.#terminal.input();
    const ended = given.crlf === true ? withCrlf(stdin) : stdin;
    const input = gapMs === undefined ? ended : paced(ended, gapMs, systemClock);
    for await (const chunk of input) await this.#tell(chunk);
    if (!sendsFin) return;
    this.#inputEnded = true;
    for (const client of this.#clients) void client.end();
  }
}
