/**
 * A server without a handler, whose connections a program takes one by one.
 *
 * A client is let in when a loop asks for the next connection. Until then it waits as those beyond `concurrency` do:
 * connected, untouched, and counted in `connectionsMax`.
 */
import type { Address } from "../../base/address/address.ts";
import type { Codec } from "../../codec/index.ts";
import { Connection } from "../connection/connection.ts";
import type { ServerSettings } from "../options/server-settings.ts";
import { Server, type Takers } from "./server.ts";

/**
 * A server whose connections are taken with `for await`. The loop ends when the server begins to close. Leaving the loop
 * does not close the server; another loop goes on with the next client. Close each connection yourself.
 */
export class IterableServer<In = Uint8Array, Out = In, At extends Address = Address>
  extends Server<At>
  implements AsyncIterable<Connection<In, Out>>
{
  readonly #takers: TakerQueue<Connection<In, Out>>;

  /** @internal Made by `serve`. */
  constructor(settings: ServerSettings, codec: Codec<In, Out>) {
    const takers = new TakerQueue<Connection<In, Out>>();
    super(
      settings,
      (_server, failed) => (connection) => {
        try {
          takers.give(new Connection(connection, codec));
        } catch (thrown) {
          failed(connection, thrown);
        }
      },
      takers,
    );
    this.#takers = takers;
  }

  /** Iterates over new connections until the server begins to close. */
  [Symbol.asyncIterator](): AsyncIterator<Connection<In, Out>, undefined> {
    return {
      next: () => {
        const taken = this.#takers.take();
        this.wanted();
        return taken;
      },
    };
  }
}

/** Those who wait for a connection, in their order. */
class TakerQueue<One> implements Takers {
  readonly #waiting: ((result: IteratorResult<One, undefined>) => void)[] = [];
  #ended = false;

  get areWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  take(): Promise<IteratorResult<One, undefined>> {
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(one: One): void {
    this.#waiting.shift()?.({ done: false, value: one });
  }

  end(): void {
    this.#ended = true;
    for (const resolve of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
  }
}
