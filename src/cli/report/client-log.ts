/**
 * What somebody who watches a server is told: who comes, and how each one left.
 */
import type { CloseInfo, SocketEvent } from "../../base/events.ts";
import { errorLine } from "../error-line.ts";
import { describeClose, nameOf, whyRefused } from "./verbose.ts";
import type { Terminal } from "../tty/terminal.ts";

export class ClientLog {
  readonly #terminal: Terminal;
  readonly #placeOf: ((error: unknown) => string | undefined) | undefined;
  readonly #names = new Map<number, string>();
  #last: CloseInfo | undefined;

  /** @param placeOf where in the user's own files an error came from, if he has any here. */
  constructor(terminal: Terminal, placeOf?: (error: unknown) => string | undefined) {
    this.#terminal = terminal;
    this.#placeOf = placeOf;
  }

  /** How the last client's connection ended. */
  get last(): CloseInfo | undefined {
    return this.#last;
  }

  /** Says what an event means to somebody who watches a server. */
  event(event: SocketEvent): void {
    if (event.type === "opened") {
      const name = nameOf(event.remote);
      this.#names.set(event.connection, name);
      this.#terminal.say(`connected with ${name}`);
    } else if (event.type === "closed") {
      const name = this.#names.get(event.connection) ?? "";
      this.#names.delete(event.connection);
      this.#terminal.say(`${name} left: ${describeClose(event.closeInfo)}`);
    } else if (event.type === "refused") {
      this.#terminal.say(`refused ${nameOf(event.remote)}: ${whyRefused(event)}`);
    } else if (event.type === "acceptFailed") {
      this.#terminal.say(errorLine(event.error));
    } else if (event.type === "handlerFailed") {
      const place = this.#placeOf?.(event.error.cause);
      this.#terminal.say(`${errorLine(event.error)}${place === undefined ? "" : ` (${place})`}`);
    }
    this.remember(event);
  }

  /** Keeps what the exit code will need. */
  remember(event: SocketEvent): void {
    if (event.type === "closed") this.#last = event.closeInfo;
  }
}
