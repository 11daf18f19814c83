/**
 * Hostile clients, in bare `node:net`: each plays a kind of hostile/kinds.ts, in an order of the seed's choosing.
 *
 * Asked to `begin` an attack, it answers when each has connected once, or could not in time. Whenever the server closes
 * one, or it leaves by itself, it comes again. Asked to `stop`, all of them reset.
 */
import net, { type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createPrng, type Prng } from "../prng.ts";
import { isBusy, kindNamed, type HostileKind } from "../hostile/kinds.ts";
import { answer, settings } from "../../test/support/program-lines.ts";

const { sources, seed } = settings() as {
  /** Addresses that they come from, chosen by the seed. */
  readonly sources: readonly string[];
  readonly seed: number;
};

interface Orders {
  readonly port: number;
  readonly ranks: readonly { readonly kind: string; readonly attackers: number }[];
}

/** How many connect for the first time at the same time. */
const connectingMax = 200;
const dripMs = 1_000;
/** The attack begins when all have connected, or after so long. */
const connectingMsMax = 30_000;
/** A client that the server closes waits before it comes again: otherwise the attackers measure themselves alone. */
const comeAgainMs = 5;

class Attack {
  readonly #port: number;
  readonly #kinds: readonly HostileKind[];
  readonly #prng: Prng;
  readonly #sockets = new Set<Socket>();
  #stopped = false;
  #connected = 0;
  #failed = 0;
  #sentBytes = 0;

  constructor({ port, ranks }: Orders) {
    this.#port = port;
    this.#prng = createPrng(seed);
    const kinds = ranks.flatMap(({ kind, attackers }) =>
      Array.from({ length: attackers }, () => kindNamed(kind)),
    );
    const drawn = kinds.map((kind) => ({ kind, draw: this.#prng.bits() }));
    this.#kinds = drawn
      // Those that hold connections come first, so that the others do not take their time to connect.
      .toSorted(
        (one, other) => Number(isBusy(one.kind)) - Number(isBusy(other.kind)) || one.draw - other.draw,
      )
      .map(({ kind }) => kind);
  }

  async begin(): Promise<object> {
    const waiting = this.#kinds.toReversed();
    let placed = 0;
    const beginSome = async (): Promise<void> => {
      for (let kind = waiting.pop(); kind !== undefined; kind = waiting.pop()) {
        await this.#attack(kind);
        placed++;
      }
    };
    const all = Promise.all(Array.from({ length: connectingMax }, beginSome));
    await Promise.race([all, sleep(connectingMsMax, undefined, { ref: false })]);
    waiting.length = 0;
    return { failed: this.#failed + this.#kinds.length - placed };
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
      const localAddress = this.#prng.oneOf(sources);
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
