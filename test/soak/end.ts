/**
 * One end of a pair, and what the model knows of it: how much it has sent and received, and how it is going to end.
 */
import type { Connection, CloseInfo, NetError, RateLimits, RawConnection } from "../../src/index.ts";
import { isSaid, type Speech } from "./speech.ts";

/** What both kinds of connection can do, raw or not. */
interface Hand {
  write(bytes: Uint8Array): unknown;
  pause(): void;
  resume(): void;
  end(): void;
  close(): void;
  abort(): void;
  limitRate(rates: RateLimits): void;
  readonly pendingBytes: number;
  readonly bytesSent: number;
  /** Known here before any event is emitted. */
  readonly closeInfo: CloseInfo | undefined;
}

export class End {
  readonly name: string;
  readonly #speech: Speech;
  readonly #heard: Speech;
  readonly #fault: (what: string) => void;
  #hand: Hand | undefined;
  said = 0;
  received = 0;
  /** It has ended its sending side. */
  finished = false;
  /** It has closed, aborted or thrown before it received everything. */
  broken = false;
  /** The handler throws when the next bytes arrive. */
  throwsNext = false;
  ending: CloseInfo | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(name: string, speech: Speech, received: Speech, fault: (what: string) => void) {
    this.name = name;
    this.#speech = speech;
    this.#heard = received;
    this.#fault = fault;
  }

  get isThere(): boolean {
    return this.#hand !== undefined;
  }

  /** Open, as far as the model knows: any action is possible. */
  get isOpen(): boolean {
    return this.#hand !== undefined && this.#hand.closeInfo === undefined;
  }

  takeRaw(connection: RawConnection): void {
    this.#hand = connection;
  }

  /** Reads while it is not paused; with `bytesAtMost` in so many steps that the turn is often used up. */
  take(connection: Connection, bytesAtMost?: number): void {
    let paused = false;
    let reading = false;
    const quiet = (doing: Promise<unknown>): void => {
      doing.catch((error: unknown) => {
        if (typeof (error as NetError).stage !== "string") this.#fault(`${this.name}: ${String(error)}`);
      });
    };
    const readOn = async (): Promise<void> => {
      reading = true;
      try {
        while (!paused) {
          const chunk = await (bytesAtMost === undefined
            ? connection.read()
            : connection.readAtMost(bytesAtMost));
          if (chunk === null) return;
          this.hear(chunk);
        }
      } finally {
        reading = false;
      }
    };
    this.#hand = {
      write: (bytes) => quiet(connection.write(bytes)),
      pause: () => (paused = true),
      resume: () => {
        paused = false;
        if (!reading) quiet((this.#reading = readOn()));
      },
      end: () => quiet(connection.end()),
      close: () => quiet(connection.close()),
      abort: () => quiet(connection.abort()),
      limitRate: (rates) => connection.limitRate(rates),
      get pendingBytes() {
        return connection.pendingBytes;
      },
      get bytesSent() {
        return connection.bytesSent;
      },
      get closeInfo() {
        return connection.closeInfo;
      },
    };
    quiet(connection.closed.then((ending) => this.over(ending)));
    this.#hand.resume();
  }

  over(ending: CloseInfo): void {
    if (this.ending !== undefined) this.#fault(`${this.name} has ended twice`);
    this.ending = ending;
    const { bytesSent, bytesUnsent } = ending;
    if (bytesSent + bytesUnsent !== this.said)
      this.#fault(`${this.name} has said ${this.said} bytes; sent ${bytesSent}, unsent ${bytesUnsent}`);
  }

  /** Resolves when it has read all that had arrived, if it reads. */
  async heardAll(): Promise<void> {
    await this.#reading.catch(() => undefined);
  }

  hear(bytes: Uint8Array): void {
    if (!isSaid(this.#heard, this.received, bytes))
      this.#fault(`${this.name} hears other bytes than were said, from ${this.received} on`);
    this.received += bytes.length;
  }

  say(length: number): void {
    if (this.isOpen && !this.finished && (this.#hand?.pendingBytes ?? 0) <= queueBytesMax)
      this.#give(this.#speech(this.said, length));
  }

  giveBack(bytes: Uint8Array): void {
    if (this.isOpen && !this.finished && this.#give(bytes) === false) this.pause();
  }

  /** Counts the bytes taken: all of them, or none if the end of the peer is being reported. */
  #give(bytes: Uint8Array): unknown {
    const hand = this.#hand as Hand;
    const before = hand.bytesSent + hand.pendingBytes;
    const goes = hand.write(bytes);
    const taken = hand.bytesSent + hand.pendingBytes - before;
    if (taken !== 0 && taken !== bytes.length)
      this.#fault(`${this.name} takes ${taken} of ${bytes.length} bytes`);
    this.said += taken;
    return goes;
  }

  pause(): void {
    if (this.isOpen) this.#hand?.pause();
  }

  /** After the end, too: data that has arrived can still be read. */
  resume(): void {
    this.#hand?.resume();
  }

  limitRate(rates: RateLimits): void {
    if (this.isOpen) this.#hand?.limitRate(rates);
  }

  end(): void {
    if (!this.isOpen || this.finished) return;
    this.finished = true;
    this.#hand?.end();
  }

  /** Leaves, in one way or the other. */
  leave(how: "close" | "abort"): void {
    if (!this.isOpen) return;
    this.finished = this.broken = true;
    this.#hand?.[how]();
  }
}

/** More than the kernel takes at once, but little enough for a short round. */
const queueBytesMax = 1_000_000;
