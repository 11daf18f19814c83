/**
 * The client hub: several clients at once. Their lines are shown after their numbers, and stdin goes to all of them.
 */
import { concatBytes, encodeText } from "../../base/bytes.ts";
import { systemClock, type Clock } from "../../base/clock.ts";
import type { CloseInfo } from "../../base/events.ts";
import { limits } from "../../base/limits.ts";
import { delimited } from "../../codec/index.ts";
import type { Connection } from "../../net/index.ts";
import { withFinalReply } from "../../services/index.ts";
import { pumpStdin } from "./stdin-pump.ts";
import type { EndRules } from "./stdio-relay.ts";
import { exitOfClose, type ExitName } from "../exit.ts";
import { clientPrefix } from "../tty/client-prefix.ts";
import { crlfEnded } from "../tty/crlf.ts";
import type { InteractiveChoices } from "../args/interactive-options.ts";
import { HexDump } from "../tty/hex.ts";
import { describeClose, nameOf } from "../report/verbose.ts";
import type { Reporter } from "../report/reporter.ts";
import { stdinIsNull } from "../tty/stdin-null.ts";
import type { PeerOutput, Terminal } from "../tty/terminal.ts";

/** Lines as bytes, because not all data is text. */
const lineBytes = delimited("\n", { messageBytesMax: limits.lineBytesMax.value });
const lineEnd = encodeText("\n");
const CR = 0x0d;

export interface ClientHubOptions extends Pick<InteractiveChoices, "crlf" | "hex" | "raw"> {
  /** Reports each client that connects or leaves, if it reports each stage. */
  readonly reporter: Reporter;
  readonly ends: EndRules;
  /** Sent in place of stdin. */
  readonly input?: AsyncIterable<Uint8Array> | undefined;
  /** As ncat does: shows bytes as they arrive, without the number of the client, and reports no client. Closes a client at its FIN. */
  readonly anonymous?: boolean;
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
  /** No more input is sent. */
  #inputEnded = false;
  /** What happens to each client at the end of the input. */
  #atEnd: "none" | "fin" | "close" = "none";
  #exit: ExitName = "ok";
  #clientJoined: (() => void) | undefined;

  constructor(terminal: Terminal, options: ClientHubOptions) {
    this.#terminal = terminal;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#announces = options.anonymous !== true && !options.reporter.reportsAll;
  }

  get clients(): ReadonlyMap<number, Connection> {
    return this.#clients;
  }

  /** The exit for the first client whose connection failed. */
  get exit(): ExitName {
    return this.#exit;
  }

  /** Shows a client's data until its connection is closed. */
  async join(client: Connection): Promise<void> {
    this.#clients.set(client.id, client);
    if (this.#options.hex) this.#dumps.set(client, new HexDump());
    this.#clientJoined?.();
    this.#applyEnd(client);
    if (this.#announces) this.#terminal.say(`connected with ${nameOf(client.remote)}`, this.#prefix(client));
    const shown = this.#show(client);
    this.#shown.add(shown);
    try {
      await shown;
      // The client has ended; our side may still send.
      if (this.#options.anonymous !== true) await this.#lingerFor(client);
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
   * Sends stdin to all connected clients, or else to the next one, as fast as the slowest reads. The rules decide
   * what happens at its end. Resolves to the exit if stdin cannot be read.
   */
  async sendInput(): Promise<ExitName | undefined> {
    const { sends, atInputEnd } = this.#options.ends;
    if (!sends || (atInputEnd === "fin-unless-null" && stdinIsNull())) {
      this.#inputEnded = true;
      return undefined;
    }
    const failure = await pumpStdin(this.#terminal, {
      input: this.#options.input,
      crlf: this.#options.crlf,
      send: async (chunk) => {
        await this.#untilConnected();
        // The CloseInfo of a client that has gone, or is disconnected for not reading, reports it.
        await Promise.allSettled([...this.#clients.values()].map((client) => this.#write(client, chunk)));
      },
    });
    if (atInputEnd === "fin" || atInputEnd === "fin-unless-null") this.finishSending();
    else this.#endInput(atInputEnd === "close" ? "close" : "none");
    return typeof failure === "string" ? failure : undefined;
  }

  async send(client: Connection, text: string): Promise<void> {
    const bytes = encodeText(text);
    await this.#write(client, this.#options.crlf ? crlfEnded(bytes, 0) : bytes);
  }

  /** Sends FIN to all clients, and to each later one at once. */
  finishSending(): void {
    this.#endInput("fin");
  }

  /** Resolves when all data from clients is printed. */
  async printed(): Promise<void> {
    await Promise.allSettled(this.#shown);
  }

  #endInput(atEnd: "none" | "fin" | "close"): void {
    this.#inputEnded = true;
    this.#atEnd = atEnd;
    for (const client of this.#clients.values()) this.#applyEnd(client);
  }

  #applyEnd(client: Connection): void {
    if (this.#atEnd === "close") void client.close();
    else if (this.#atEnd === "fin") void client.end();
  }

  #sayLeft(client: Connection, ending: CloseInfo): void {
    this.#terminal.say(`left: ${describeClose(ending)}`, this.#prefix(client));
  }

  /** The client's number, coloured on a terminal. */
  #prefix({ id }: Connection): string {
    return clientPrefix(id, this.#terminal.isInteractive && this.#terminal.showsInColour);
  }

  async #show(client: Connection): Promise<void> {
    if (!this.#options.ends.receives) return this.#discard(client);
    const output = this.#terminal.output(this.#options.raw);
    const dump = this.#dumps.get(client);
    try {
      if (dump !== undefined) await this.#showBytes(client, dump);
      else if (this.#options.anonymous === true) for await (const chunk of client) await output.write(chunk);
      else await this.#showLines(client, output);
    } finally {
      await output.end();
    }
  }

  async #discard(client: Connection): Promise<void> {
    for await (const chunk of client) void chunk;
  }

  async #showLines(client: Connection, output: PeerOutput): Promise<void> {
    const prefix = this.#prefix(client);
    const lines = client.useCodec(lineBytes);
    await withFinalReply(lines, lineBytes, async () => {
      for await (const line of lines) {
        const text = line.at(-1) === CR ? line.subarray(0, -1) : line;
        await output.write(concatBytes([text, lineEnd]), prefix);
      }
    });
  }

  async #showBytes(client: Connection, dump: HexDump): Promise<void> {
    for await (const chunk of client) await this.#showRows(client, dump.received(chunk));
  }

  async #showRows(client: Connection, rows: readonly string[]): Promise<void> {
    const prefix = this.#prefix(client);
    await this.#terminal.printRows(rows.map((row) => prefix + row));
  }

  async #write(client: Connection, chunk: Uint8Array): Promise<void> {
    const sent = client.write(chunk);
    await this.#showRows(client, this.#dumps.get(client)?.sent(chunk) ?? []);
    await sent;
  }

  /**
   * Waits while a client that has ended still receives our data. Without data to send, a client that has vanished
   * would not be noticed, so the wait ends after a quiet time (F21).
   */
  async #lingerFor(client: Connection): Promise<void> {
    for (let sent = -1; sent < client.bytesSent && !this.#inputEnded && !this.#terminal.stdinIsTerminal;) {
      sent = client.bytesSent;
      const quiet = new Promise<void>((resolve) => {
        this.#clock.after(this.#options.ends.halfCloseMs, resolve);
      });
      await Promise.race([client.closed, quiet]);
    }
  }

  async #untilConnected(): Promise<void> {
    while (this.#clients.size === 0) {
      await new Promise<void>((resolve) => {
        this.#clientJoined = resolve;
      });
    }
  }
}
