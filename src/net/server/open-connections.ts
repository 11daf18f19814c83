/**
 * The open connections of a server. Each knows its place in the list, so that none is searched for; a set would cost
 * each of them twice as much memory.
 */
import type { ByteConnection } from "../connection/byte-connection.ts";

export class OpenConnections {
  readonly #list: ByteConnection[] = [];

  get size(): number {
    return this.#list.length;
  }

  add(connection: ByteConnection): void {
    connection.place = this.#list.length;
    this.#list.push(connection);
  }

  /** Takes it out, if it is here: the last one gets its place. */
  delete(connection: ByteConnection): void {
    const { place } = connection;
    if (this.#list[place] !== connection) return;
    const last = this.#list.pop() as ByteConnection;
    if (last !== connection) {
      this.#list[place] = last;
      last.place = place;
    }
    connection.place = -1;
  }

  /** Those that are open now; any of them may end meanwhile. */
  [Symbol.iterator](): IterableIterator<ByteConnection> {
    return this.#list.slice().values();
  }
}
