/** One client's side of an echo, in bare `node:net`: a line goes out, the same line comes back. */
import type { Socket } from "node:net";

export class Conversation {
  readonly #socket: Socket;
  #heard = "";
  #waiting: ((line: string | undefined) => void)[] = [];
  #over = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.#heard += text;
      this.#hear();
    });
    // A missing line reports the end of the connection.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#over = true;
      this.#hear();
    });
  }

  /** Says a line; resolves to the one that comes back, or to `undefined` if the connection ends. */
  says(line: string): Promise<string | undefined> {
    this.#socket.write(`${line}\n`);
    return this.receives();
  }

  /** The next line, or `undefined` if the connection ends first. */
  receives(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#hear();
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  #hear(): void {
    while (this.#waiting.length > 0) {
      const end = this.#heard.indexOf("\n");
      if (end === -1 && !this.#over) return;
      this.#waiting.shift()?.(end === -1 ? undefined : this.#heard.slice(0, end));
      this.#heard = this.#heard.slice(end === -1 ? this.#heard.length : end + 1);
    }
  }
}
