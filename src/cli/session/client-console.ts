/**
 * A person who talks to many clients: does what the lines that are typed say.
 *
 * commands.ts knows what they mean; what becomes of a client is told where all its
 * endings are told, in crowd.ts.
 */
import { decodeText } from "../../base/bytes.ts";
import type { Connection } from "../../net/index.ts";
import { formatBytes, formatMs } from "../../base/text/figures.ts";
import { nameOf } from "../report/verbose.ts";
import type { Terminal } from "../tty/terminal.ts";
import { commandsHelp, parseConsoleCommand, type ConsoleCommand } from "../tty/console-command.ts";
import { formatRate } from "../tty/rate.ts";
import { errorLine } from "../error-line.ts";

export { completeConsoleCommand } from "../tty/console-command.ts";

/** The clients, and how they are spoken to. */
export interface ConsoleClients {
  /** Who is here, by number. */
  readonly clients: ReadonlyMap<number, Connection>;
  /** Sends to one of them; rejects if that cannot be. */
  send(client: Connection, text: string): Promise<void>;
}

export interface ClientConsoleOptions {
  readonly terminal: Terminal;
  readonly room: ConsoleClients;
  readonly quit: () => void;
}

export class ClientConsole {
  readonly #terminal: Terminal;
  readonly #room: ConsoleClients;
  readonly #quit: () => void;
  readonly #rates = new WeakMap<Connection, number>();

  constructor({ terminal, room, quit }: ClientConsoleOptions) {
    this.#terminal = terminal;
    this.#room = room;
    this.#quit = quit;
  }

  /** Does what is typed, to its end. */
  async serve(lines: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const line of lines) this.#follow(parseConsoleCommand(decodeText(line).replace(/\n$/, "")));
  }

  #follow(order: ConsoleCommand): void {
    switch (order.type) {
      case "say":
        this.#say(order.text, order.to);
        return;
      case "close":
        // Not awaited: it may linger, and the next line may be for somebody else.
        this.#with(order.client, (client) => void client.close());
        return;
      case "reset":
        this.#with(order.client, (client) => void client.abort());
        return;
      case "slow":
        this.#with(order.client, (client) => {
          this.#slow(client, order.bytesPerSecond);
        });
        return;
      case "who":
        this.#who();
        return;
      case "help":
        for (const line of commandsHelp) this.#terminal.say(line);
        return;
      case "quit":
        this.#quit();
        return;
      case "unclear":
        this.#terminal.say(order.why);
    }
  }

  #say(text: string, to: number | "all"): void {
    if (to !== "all") {
      this.#with(to, (client) => {
        this.#send(client, text);
      });
      return;
    }
    if (this.#room.clients.size === 0) this.#terminal.say("nobody is here: not sent");
    for (const client of this.#room.clients.values()) this.#send(client, text);
  }

  /** Nobody waits for a client that reads slowly. */
  #send(client: Connection, text: string): void {
    this.#room.send(client, `${text}\n`).catch((error: unknown) => {
      this.#terminal.say(`[${client.id}] not sent: ${errorLine(error as Error)}`);
    });
  }

  #slow(client: Connection, bytesPerSecond: number): void {
    client.limitRate({ sendBytesPerSecond: bytesPerSecond, receiveBytesPerSecond: bytesPerSecond });
    this.#rates.set(client, bytesPerSecond);
    const rate = bytesPerSecond === Infinity ? "as fast as it goes again" : formatRate(bytesPerSecond);
    this.#terminal.say(`[${client.id}] ${rate}`);
  }

  #who(): void {
    if (this.#room.clients.size === 0) this.#terminal.say("nobody is here");
    for (const client of this.#room.clients.values()) {
      const rate = this.#rates.get(client) ?? Infinity;
      const slow = rate === Infinity ? "" : `, slow: ${formatRate(rate)}`;
      const waiting = client.pendingBytes === 0 ? "" : `, ${formatBytes(client.pendingBytes)} waiting`;
      this.#terminal.say(
        `[${client.id}] ${nameOf(client.remote)}, ${formatBytes(client.bytesReceived)} in, ` +
          `${formatBytes(client.bytesSent)} out${waiting}${slow}${journeyOf(client)}`,
      );
    }
  }

  #with(number: number, act: (client: Connection) => void): void {
    const client = this.#room.clients.get(number);
    if (client !== undefined) {
      act(client);
      return;
    }
    const here = [...this.#room.clients.keys()].join(", ");
    this.#terminal.say(`there is no client ${number}; ${here === "" ? "nobody is here" : `here: ${here}`}`);
  }
}

/** How long the way to a client and back is, and how much was lost on it, where the kernel tells. */
function journeyOf(client: Connection): string {
  const { rttMs, retransmitsTotal = 0 } = client.tcpInfo() ?? {};
  const trip = rttMs === undefined ? "" : `, rtt ${formatMs(rttMs)}`;
  return retransmitsTotal === 0 ? trip : `${trip}, ${retransmitsTotal} sent again`;
}
