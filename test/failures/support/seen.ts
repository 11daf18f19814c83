/** Records the events of a server or a connection, to wait for. */
import type { SocketEvent } from "../../../src/index.ts";

type Of<Type extends SocketEvent["type"]> = Extract<SocketEvent, { readonly type: Type }>;

export class Seen {
  readonly events: SocketEvent[] = [];
  readonly onEvent = (event: SocketEvent): void => {
    this.events.push(event);
    for (const received of this.#waiting.splice(0)) received();
  };
  #waiting: (() => void)[] = [];

  all<Type extends SocketEvent["type"]>(type: Type): readonly Of<Type>[] {
    return this.events.filter((event): event is Of<Type> => event.type === type);
  }

  /** The first `count` events of one type, once there are that many. */
  async first<Type extends SocketEvent["type"]>(count: number, type: Type): Promise<readonly Of<Type>[]> {
    while (this.all(type).length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.all(type).slice(0, count);
  }
}
