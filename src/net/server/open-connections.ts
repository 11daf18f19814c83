/**
 * The open connections of a server. Each connection stores its index in the list, so that removal needs no search; a set
 * would use twice as much memory per connection.
 */
import type { ByteConnection } from "../connection/byte-connection.ts";

export class OpenConnections {
  readonly #list: ByteConnection[] = [];

  get size(): number {
    return this.#list.length;
  }

  add(connection: ByteConnection): void {
    connection.index = this.#list.length;
    this.#list.push(connection);
  }

  /** Removes a connection, if it is in the list. The last one moves to its index. */
  delete(connection: ByteConnection): void {
    const { index } = connection;
    if (this.#list[index] !== connection) return;
    const last = this.#list.pop() as ByteConnection;
    if (last !== connection) {
      this.#list[index] = last;
      last.index = index;
    }
    connection.index = -1;
  }

  /** A snapshot of the open connections; any of them may close during the iteration. */
  [Symbol.iterator](): IterableIterator<ByteConnection> {
    return this.#list.slice().values();
  }
}
