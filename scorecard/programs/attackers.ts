/**
 * Hostile clients, in bare `node:net`: each plays a kind of hostile/kinds.ts, in turn.
 *
 * Asked to `begin` an attack, it answers when each has connected once, or could not. Whenever the server closes one, or
 * it leaves by itself, it comes again. Asked to `stop`, all of them reset.
 */
import net, { type Socket } from "node:net";
import { createChance, type Chance } from "../chance.ts";
import { kindNamed, type HostileKind } from "../hostile/kinds.ts";
import { answer, settings } from "./lines.ts";

const { sources, seed } = settings() as {
  /** Addresses that they come from, chosen by the seed. */
  readonly sources: readonly string[];
  readonly seed: number;
};

interface Orders {
  readonly kinds: readonly string[];
  readonly port: number;
  readonly attackers: number;
}

/** How many connect for the first time at the same time. */
const connectingMax = 200;
const dripMs = 1_000;
/** A client that the server closes waits before it comes again: otherwise the attackers measure themselves alone. */
const comeAgainMs = 5;

class Attack {
  readonly #port: number;
  readonly #attackers: number;
  readonly #kinds: readonly HostileKind[];
  readonly #chance: Chance;
  readonly #sockets = new Set<Socket>();
  #stopped = false;
  #connected = 0;
  #failed = 0;
  #sentBytes = 0;

  constructor({ kinds, port, attackers }: Orders) {
    this.#port = port;
    this.#attackers = attackers;
    this.#kinds = kinds.map(kindNamed);
    this.#chance = createChance(seed);
  }

  async begin(): Promise<object> {
    let begun = 0;
    const beginSome = async (): Promise<void> => {
      while (begun < this.#attackers)
        await this.#attack(this.#kinds[begun++ % this.#kinds.length] as HostileKind);
    };
    await Promise.all(Array.from({ length: connectingMax }, beginSome));
    return { connected: this.#connected, failed: this.#failed };
  }

  stop(): object {
    this.#stopped = true;
    const held = this.#sockets.size;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    return { held, connected: this.#connected, failed: this.#failed, sentBytes: this.#sentBytes };
  }

  /** Connects as this kind for as long as the attack lasts. Resolves when it has connected once, or could not. */
  #attack(kind: HostileKind): Promise<void> {
    return new Promise((placed) => {
      const localAddress = this.#chance.oneOf(sources);
      const socket = net.connect({ host: "127.0.0.1", port: this.#port, localAddress });
      this.#sockets.add(socket);
      let isConnected = false;
      let dripping: NodeJS.Timeout | undefined;
      socket.on("connect", () => {
        isConnected = true;
        this.#connected++;
        dripping = play(kind, socket);
        placed();
      });
      socket.on("error", () => {});
      socket.on("close", () => {
        if (!isConnected && !this.#stopped) this.#failed++;
        this.#sentBytes += socket.bytesWritten;
        clearInterval(dripping);
        this.#sockets.delete(socket);
        placed();
        if (this.#stopped) return;
        setTimeout(
          () => {
            if (!this.#stopped) void this.#attack(kind);
          },
          isConnected && kind.leaves ? 0 : comeAgainMs,
        );
      });
    });
  }
}

/** Does what the kind does; returns the timer of its drips. */
function play(kind: HostileKind, socket: Socket): NodeJS.Timeout | undefined {
  const { opens, floods, drips, leaves } = kind;
  if (kind.reads) socket.resume();
  if (opens) socket.write(opens);
  if (leaves) leave(socket, leaves, opens);
  if (floods) {
    const flood = (): void => void socket.write(floods);
    socket.on("drain", flood);
    flood();
  }
  return drips && setInterval(() => socket.write(drips), dripMs);
}

function leave(socket: Socket, how: HostileKind["leaves"], opens: Uint8Array | undefined): void {
  const go = (): void => {
    if (how === "reset") socket.resetAndDestroy();
    else if (how === "close") socket.destroy();
    else socket.end();
  };
  if (opens === undefined) go();
  else socket.write("", go);
}

let attack: Attack | undefined;

answer({
  begin(orders: Orders) {
    attack = new Attack(orders);
    return attack.begin();
  },
  stop: () => attack?.stop() ?? {},
});
