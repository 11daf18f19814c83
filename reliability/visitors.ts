/** Clients of this process, in bare `node:net`, each of whom hears the first line that it is told. */
import net from "node:net";
import { Conversation } from "./programs/conversation.ts";

export class VisitorGroup {
  readonly #port: number;
  #visitors: Conversation[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /** So many more come at once and stay; resolves to what each was told, `undefined` for nothing at all. */
  visit(count: number): Promise<(string | undefined)[]> {
    const visitors = Array.from(
      { length: count },
      () => new Conversation(net.connect({ host: "127.0.0.1", port: this.#port })),
    );
    this.#visitors.push(...visitors);
    return Promise.all(visitors.map((visitor) => visitor.hears()));
  }

  /** Everybody goes, at once. */
  leave(): void {
    for (const visitor of this.#visitors) visitor.end();
    this.#visitors = [];
  }
}
