/**
 * Several clients and one pair of hands: what they say comes line by line behind
 * their numbers, what is typed goes to all of them.
 */
import { concatBytes, encodeText } from "../base/bytes.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import type { Ending } from "../base/events.ts";
import { limits } from "../base/limits.ts";
import { delimited } from "../codec/index.ts";
import type { Connection } from "../net/index.ts";
import { withLastWord } from "../services/index.ts";
import type { ExitName } from "./exit.ts";
import { describeEnding, nameOf } from "./narrate/verbose.ts";
import type { Narrator } from "./narrator.ts";
import type { Terminal } from "./terminal.ts";

/** Lines as the bytes they are: not all that is said is text. */
const lineBytes = delimited("\n", { messageBytesMax: limits.lineBytesMax.value });
const lineEnd = encodeText("\n");
const CR = 0x0d;

export interface CrowdOptions {
  /** Shows the clients' control bytes to a terminal as they are. */
  readonly raw: boolean;
  /** Says who comes and goes, if it tells everything. */
  readonly narrator: Narrator;
  readonly clock?: Clock;
}

export class Crowd {
  readonly #terminal: Terminal;
  readonly #raw: boolean;
  readonly #announces: boolean;
  readonly #clock: Clock;
  readonly #clients = new Set<Connection>();
  readonly #shown = new Set<Promise<void>>();
  #inputEnded = false;
  #somebodyCame: (() => void) | undefined;

  constructor(terminal: Terminal, { raw, narrator, clock = systemClock }: CrowdOptions) {
    this.#terminal = terminal;
    this.#raw = raw;
    this.#clock = clock;
    this.#announces = !narrator.tellsAll;
  }

  /** Shows what a client says until it has ended. */
  async join(client: Connection): Promise<void> {
    this.#clients.add(client);
    this.#somebodyCame?.();
    if (this.#inputEnded) void client.end();
    if (this.#announces) this.#terminal.say(`[${client.id}] connected with ${nameOf(client.remote)}`);
    const shown = this.#show(client);
    this.#shown.add(shown);
    try {
      await shown;
      // It has said everything; what we have to say may still go on.
      await this.#hearUsOut(client);
    } finally {
      this.#clients.delete(client);
      this.#shown.delete(shown);
      if (this.#announces) void client.closed.then((ending) => this.#sayLeft(client, ending));
    }
  }

  /**
   * Sends stdin to everybody who is there, or else to the next who comes, as fast as
   * the slowest reads; then FIN. Resolves to what a stdin that cannot be read means
   * for the exit.
   */
  async sendInput(): Promise<ExitName | undefined> {
    let failure: ExitName | undefined;
    try {
      for await (const chunk of this.#terminal.input()) {
        await this.#somebody();
        // A client that is gone, or is cut for not reading, is told of by its ending.
        await Promise.allSettled([...this.#clients].map((client) => client.write(chunk)));
      }
    } catch (error) {
      this.#terminal.say(`portcall: standard input: ${(error as Error).message}`);
      failure = "file";
    }
    this.sayGoodbye();
    return failure;
  }

  /** Sends FIN to everybody, and to those who come later at once. */
  sayGoodbye(): void {
    this.#inputEnded = true;
    for (const client of this.#clients) void client.end();
  }

  /** Resolves when everything that clients have said is printed. */
  async printed(): Promise<void> {
    await Promise.allSettled(this.#shown);
  }

  #sayLeft({ id }: Connection, ending: Ending): void {
    this.#terminal.say(`[${id}] left: ${describeEnding(ending)}`);
  }

  async #show(client: Connection): Promise<void> {
    const prefix = encodeText(`[${client.id}] `);
    const output = this.#terminal.output(this.#raw);
    const speaker = client.useCodec(lineBytes);
    try {
      await withLastWord(speaker, lineBytes, async () => {
        for await (const line of speaker) {
          const text = line.at(-1) === CR ? line.subarray(0, -1) : line;
          await output.write(concatBytes([prefix, text, lineEnd]));
        }
      });
    } finally {
      await output.end();
    }
  }

  /**
   * Waits for a client that is done to have heard what we say. One of whom we never
   * hear again, since nothing is sent to it, must not stay for ever (F21).
   */
  async #hearUsOut(client: Connection): Promise<void> {
    for (let sent = -1; sent < client.bytesSent && !this.#inputEnded && !this.#terminal.stdinIsTerminal;) {
      sent = client.bytesSent;
      const quiet = new Promise<void>((resolve) => {
        this.#clock.after(limits.halfCloseTimeoutMs.value, resolve);
      });
      await Promise.race([client.closed, quiet]);
    }
  }

  /** Resolves when somebody is there to hear us. */
  async #somebody(): Promise<void> {
    while (this.#clients.size === 0) {
      await new Promise<void>((resolve) => {
        this.#somebodyCame = resolve;
      });
    }
  }
}
