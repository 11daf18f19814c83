/**
 * The client console of `listen -k`: carries out the typed lines.
 *
 * tty/console-command.ts parses them. client-hub.ts reports how each client's connection closes.
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

export interface ConsoleClients {
  readonly clients: ReadonlyMap<number, Connection>;
  /** Sends to one of them; rejects if that fails. */
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

  /** Carries out the typed lines until the input ends. */
  async serve(lines: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const line of lines) this.#carryOut(parseConsoleCommand(decodeText(line).replace(/\n$/, "")));
  }

  #carryOut(command: ConsoleCommand): void {
    switch (command.type) {
      case "say":
        this.#sendTo(command.text, command.to);
        return;
      case "close":
        // Not awaited: closing may take time, and the next line may concern another client.
        this.#withClient(command.client, (client) => void client.close());
        return;
      case "reset":
        this.#withClient(command.client, (client) => void client.abort());
        return;
      case "slow":
        this.#withClient(command.client, (client) => {
          this.#slow(client, command.bytesPerSecond);
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
        this.#terminal.say(command.why);
    }
  }

  #sendTo(text: string, to: number | "all"): void {
    if (to !== "all") {
      this.#withClient(to, (client) => {
        this.#send(client, text);
      });
      return;
    }
    if (this.#room.clients.size === 0) this.#terminal.say("not sent: no client is connected");
    for (const client of this.#room.clients.values()) this.#send(client, text);
  }

  /** Does not wait for a client that reads slowly. */
  #send(client: Connection, text: string): void {
    this.#room.send(client, `${text}\n`).catch((error: unknown) => {
      this.#terminal.say(`[${client.id}] not sent: ${errorLine(error as Error)}`);
    });
  }

  #slow(client: Connection, bytesPerSecond: number): void {
    client.limitRate({ sendBytesPerSecond: bytesPerSecond, receiveBytesPerSecond: bytesPerSecond });
    this.#rates.set(client, bytesPerSecond);
    const rate = bytesPerSecond === Infinity ? "no rate limit" : formatRate(bytesPerSecond);
    this.#terminal.say(`[${client.id}] ${rate}`);
  }

  #who(): void {
    if (this.#room.clients.size === 0) this.#terminal.say("no client is connected");
    for (const client of this.#room.clients.values()) {
      const rate = this.#rates.get(client) ?? Infinity;
      const slow = rate === Infinity ? "" : `, slow: ${formatRate(rate)}`;
      const waiting = client.pendingBytes === 0 ? "" : `, ${formatBytes(client.pendingBytes)} waiting`;
      this.#terminal.say(
        `[${client.id}] ${nameOf(client.remote)}, ${formatBytes(client.bytesReceived)} in, ` +
          `${formatBytes(client.bytesSent)} out${waiting}${slow}${roundTripOf(client)}`,
      );
    }
  }

  #withClient(number: number, act: (client: Connection) => void): void {
    const client = this.#room.clients.get(number);
    if (client !== undefined) {
      act(client);
      return;
    }
    const here = [...this.#room.clients.keys()].join(", ");
    this.#terminal.say(
      `there is no client ${number}; ${here === "" ? "none is connected" : `connected: ${here}`}`,
    );
  }
}

/** The round-trip time to a client and the retransmissions, if the kernel reports them. */
function roundTripOf(client: Connection): string {
  const { rttMs, retransmitsTotal = 0 } = client.tcpInfo() ?? {};
  const trip = rttMs === undefined ? "" : `, rtt ${formatMs(rttMs)}`;
  return retransmitsTotal === 0 ? trip : `${trip}, ${retransmitsTotal} retransmitted`;
}
