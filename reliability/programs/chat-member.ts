/** One member of a chat room, in bare `node:net`. */
import net, { type Socket } from "node:net";

export class ChatMember {
  readonly socket: Socket;
  /** Resolves when the connection has closed, in any way. */
  readonly left: Promise<void>;
  #heard = "";
  #line: (line: string) => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket.setNoDelay().setEncoding("latin1");
    socket.on("error", () => {});
    this.left = new Promise((resolve) => {
      socket.on("close", () => resolve());
    });
    socket.on("data", (text: string) => {
      const lines = (this.#heard + text).split("\r\n");
      this.#heard = lines.pop() ?? "";
      for (const line of lines) this.#line(line);
    });
  }

  /** Resolves when it is in the room. */
  static async enter(port: number, source: string, name: string): Promise<ChatMember> {
    const member = new ChatMember(net.connect({ host: "127.0.0.1", port, localAddress: source }));
    await new Promise<void>((resolve, reject) => {
      member.#line = (line) => {
        if (line.includes("What is your name?")) void member.says(name);
        if (line.startsWith(`* Hello ${name}`)) resolve();
      };
      void member.left.then(() => reject(new Error(`${name} was not let in`)));
    });
    member.receives(() => {});
    return member;
  }

  /** Calls back with each further line. */
  receives(line: (line: string) => void): void {
    this.#line = line;
  }

  /** Sends a line; resolves when there is room for more. */
  async says(line: string): Promise<void> {
    if (this.socket.write(`${line}\n`)) return;
    await Promise.race([new Promise((resolve) => this.socket.once("drain", resolve)), this.left]);
  }
}
