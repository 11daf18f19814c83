/**
 * Everything that a server or a connection told, to be waited for.
 */
import type { SocketEvent } from "../../../src/index.ts";

type Of<Type extends SocketEvent["type"]> = Extract<SocketEvent, { readonly type: Type }>;

export class Seen {
  readonly events: SocketEvent[] = [];
  readonly onEvent = (event: SocketEvent): void => {
    this.events.push(event);
    for (const heard of this.#waiting.splice(0)) heard();
  };
  #waiting: (() => void)[] = [];

  /** Those of one type so far. */
  all<Type extends SocketEvent["type"]>(type: Type): readonly Of<Type>[] {
    return this.events.filter((event): event is Of<Type> => event.type === type);
  }

  /** The first `count` of one type, as soon as there are so many. */
  async first<Type extends SocketEvent["type"]>(count: number, type: Type): Promise<readonly Of<Type>[]> {
    while (this.all(type).length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.all(type).slice(0, count);
  }
}
