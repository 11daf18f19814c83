/**
 * The lines that `serve` prints about its clients: who connects, and how each connection closed.
 */
import type { CloseInfo, SocketEvent } from "../../base/events.ts";
import { errorLine } from "../error-line.ts";
import { describeClose, nameOf, whyRefused } from "./verbose.ts";
import type { Terminal } from "../tty/terminal.ts";

export class ClientLog {
  readonly #terminal: Terminal;
  readonly #locationOf: ((error: unknown) => string | undefined) | undefined;
  readonly #names = new Map<number, string>();
  #last: CloseInfo | undefined;
  #drainAborted = false;

  /** @param locationOf the source location in the user's own files at which an error was thrown, if known. */
  constructor(terminal: Terminal, locationOf?: (error: unknown) => string | undefined) {
    this.#terminal = terminal;
    this.#locationOf = locationOf;
  }

  /** How the last client's connection closed. */
  get last(): CloseInfo | undefined {
    return this.#last;
  }

  /** Whether a client was aborted because it had not finished when the drain ended. */
  get drainAborted(): boolean {
    return this.#drainAborted;
  }

  /** Prints a line for an event that concerns a client. */
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
    } else if (
      event.type === "acceptFailed" ||
      event.type === "proxyHeaderFailed" ||
      event.type === "tlsHandshakeFailed"
    ) {
      this.#terminal.say(errorLine(event.error));
    } else if (event.type === "handlerFailed") {
      const location = this.#locationOf?.(event.error.cause);
      this.#terminal.say(`${errorLine(event.error)}${location === undefined ? "" : ` (${location})`}`);
    }
    this.remember(event);
  }

  /** Records how the connection closed, for the exit code. */
  remember(event: SocketEvent): void {
    if (event.type !== "closed") return;
    this.#last = event.closeInfo;
    if (event.closeInfo.error?.code === "ERR_DRAIN_TIMEOUT") this.#drainAborted = true;
  }
}
