/**
 * Several clients and one pair of hands: what they say comes line by line behind
 * their numbers, what is typed goes to all of them.
 */
import { concatBytes, encodeText } from "../../base/bytes.ts";
import { systemClock, type Clock } from "../../base/clock.ts";
import type { CloseInfo } from "../../base/events.ts";
import { limits } from "../../base/limits.ts";
import { delimited } from "../../codec/index.ts";
import type { Connection } from "../../net/index.ts";
import { withFinalReply } from "../../services/index.ts";
import type { EndRules } from "./stdio-relay.ts";
import { exitOfClose, type ExitName } from "../exit.ts";
import { clientPrefix } from "../tty/client-prefix.ts";
import { crlfEnded, withCrlf } from "../tty/crlf.ts";
import type { InteractiveChoices } from "../args/interactive-options.ts";
import { HexDump } from "../tty/hex.ts";
import { describeClose, nameOf } from "../report/verbose.ts";
import type { Reporter } from "../report/reporter.ts";
import { stdinIsNull } from "../tty/stdin-null.ts";
import type { PeerOutput, Terminal } from "../tty/terminal.ts";

/** Lines as the bytes they are: not all that is said is text. */
const lineBytes = delimited("\n", { messageBytesMax: limits.lineBytesMax.value });
const lineEnd = encodeText("\n");
const CR = 0x0d;

export interface ClientHubOptions extends Pick<InteractiveChoices, "crlf" | "hex" | "raw"> {
  /** Says who comes and goes, if it tells everything. */
  readonly reporter: Reporter;
  readonly ends: EndRules;
  readonly clock?: Clock;
}

export class ClientHub {
  readonly #terminal: Terminal;
  readonly #options: ClientHubOptions;
  readonly #announces: boolean;
  readonly #clock: Clock;
  readonly #clients = new Map<number, Connection>();
  readonly #dumps = new WeakMap<Connection, HexDump>();
  readonly #shown = new Set<Promise<void>>();
  /** Nothing more is sent to anyone. */
  #inputEnded = false;
  /** What is then done with each client. */
  #atEnd: "none" | "fin" | "close" = "none";
  #exit: ExitName = "ok";
  #somebodyCame: (() => void) | undefined;

  constructor(terminal: Terminal, options: ClientHubOptions) {
    this.#terminal = terminal;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#announces = !options.reporter.tellsAll;
  }

  /** Who is here, by number. */
  get clients(): ReadonlyMap<number, Connection> {
    return this.#clients;
  }

  /** The exit for the first client that did not end well. */
  get exit(): ExitName {
    return this.#exit;
  }

  /** Shows what a client says until it has ended. */
  async join(client: Connection): Promise<void> {
    this.#clients.set(client.id, client);
    if (this.#options.hex) this.#dumps.set(client, new HexDump());
    this.#somebodyCame?.();
    this.#part(client);
    if (this.#announces) this.#terminal.say(`connected with ${nameOf(client.remote)}`, this.#lead(client));
    const shown = this.#show(client);
    this.#shown.add(shown);
    try {
      await shown;
      // It has said everything; what we have to say may still go on.
      await this.#hearUsOut(client);
    } finally {
      this.#clients.delete(client.id);
      this.#shown.delete(shown);
      void client.closed.then((ending) => {
        if (this.#exit === "ok" && ending.how !== "aborted") this.#exit = exitOfClose(ending);
        if (this.#announces) this.#sayLeft(client, ending);
      });
    }
  }

  /**
   * Sends stdin to everybody who is there, or else to the next who comes, as fast as
   * the slowest reads; what is done at its end is said by the rules. Resolves to what a
   * stdin that cannot be read means for the exit.
   */
  async sendInput(): Promise<ExitName | undefined> {
    const { sends, atInputEnd } = this.#options.ends;
    if (!sends || (atInputEnd === "fin-unless-null" && stdinIsNull())) {
      this.#inputEnded = true;
      return undefined;
    }
    let failure: ExitName | undefined;
    try {
      const input = this.#terminal.input();
      for await (const chunk of this.#options.crlf ? withCrlf(input) : input) {
        await this.#somebody();
        // A client that is gone, or is cut for not reading, is told of by its ending.
        await Promise.allSettled([...this.#clients.values()].map((client) => this.#write(client, chunk)));
      }
    } catch (error) {
      failure = this.#terminal.brokenStdin(error);
    }
    if (atInputEnd === "fin" || atInputEnd === "fin-unless-null") this.sayGoodbye();
    else this.#endInput(atInputEnd === "close" ? "close" : "none");
    return failure;
  }

  /** Sends a text to one client. */
  async send(client: Connection, text: string): Promise<void> {
    const bytes = encodeText(text);
    await this.#write(client, this.#options.crlf ? crlfEnded(bytes, 0) : bytes);
  }

  /** Sends FIN to everybody, and to those who come later at once. */
  sayGoodbye(): void {
    this.#endInput("fin");
  }

  /** Resolves when everything that clients have said is printed. */
  async printed(): Promise<void> {
    await Promise.allSettled(this.#shown);
  }

  #endInput(atEnd: "none" | "fin" | "close"): void {
    this.#inputEnded = true;
    this.#atEnd = atEnd;
    for (const client of this.#clients.values()) this.#part(client);
  }

  #part(client: Connection): void {
    if (this.#atEnd === "close") void client.close();
    else if (this.#atEnd === "fin") void client.end();
  }

  #sayLeft(client: Connection, ending: CloseInfo): void {
    this.#terminal.say(`left: ${describeClose(ending)}`, this.#lead(client));
  }

  /** Its number, coloured for a person who sees several. */
  #lead({ id }: Connection): string {
    return clientPrefix(id, this.#terminal.isInteractive && this.#terminal.showsInColour);
  }

  async #show(client: Connection): Promise<void> {
    if (!this.#options.ends.receives) return this.#discard(client);
    const output = this.#terminal.output(this.#options.raw);
    const dump = this.#dumps.get(client);
    try {
      await (dump === undefined ? this.#showLines(client, output) : this.#showBytes(client, dump));
    } finally {
      await output.end();
    }
  }

  async #discard(client: Connection): Promise<void> {
    for await (const chunk of client) void chunk;
  }

  async #showLines(client: Connection, output: PeerOutput): Promise<void> {
    const lead = this.#lead(client);
    const speaker = client.useCodec(lineBytes);
    await withFinalReply(speaker, lineBytes, async () => {
      for await (const line of speaker) {
        const text = line.at(-1) === CR ? line.subarray(0, -1) : line;
        await output.write(concatBytes([text, lineEnd]), lead);
      }
    });
  }

  async #showBytes(client: Connection, dump: HexDump): Promise<void> {
    for await (const chunk of client) await this.#showRows(client, dump.received(chunk));
  }

  async #showRows(client: Connection, rows: readonly string[]): Promise<void> {
    const lead = this.#lead(client);
    await this.#terminal.printRows(rows.map((row) => lead + row));
  }

  async #write(client: Connection, chunk: Uint8Array): Promise<void> {
    const sent = client.write(chunk);
    await this.#showRows(client, this.#dumps.get(client)?.sent(chunk) ?? []);
    await sent;
  }

  /**
   * Waits for a client that is done to have heard what we say. One of whom we never
   * hear again, since nothing is sent to it, must not stay for ever (F21).
   */
  async #hearUsOut(client: Connection): Promise<void> {
    for (let sent = -1; sent < client.bytesSent && !this.#inputEnded && !this.#terminal.stdinIsTerminal;) {
      sent = client.bytesSent;
      const quiet = new Promise<void>((resolve) => {
        this.#clock.after(this.#options.ends.halfCloseMs, resolve);
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
