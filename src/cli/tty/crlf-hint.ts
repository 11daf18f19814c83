/**
 * A word on `--crlf`, for who sends bare LF to a peer that seems to wait for CR LF.
 *
 * It is said once, and only when the peer is silent for a while after a line: many
 * take either, and then there is nothing to say.
 */
import type { Clock, Timer } from "../../base/clock.ts";

const CR = 0x0d;
const LF = 0x0a;

/** Ports of protocols whose lines end with CR LF. */
const crlfPorts: ReadonlySet<number> = new Set([21, 25, 80, 110, 119, 143, 587, 6379, 8080, 11211]);

/** Of these, whatever ends with an empty line is a question; before that, silence means nothing. */
const asksInBlocks: ReadonlySet<number> = new Set([80, 8080]);

/** How long a peer may take to answer before it is called silent. */
export const silenceMs = 2_000;

export interface CrlfHintOptions {
  /** The peer's port, if it has one. */
  readonly port: number | undefined;
  readonly clock: Clock;
  readonly say: (line: string) => void;
}

export class CrlfHint {
  readonly #options: CrlfHintOptions;
  #peerEndsWithCrlf = false;
  #peerEndsWithLf = false;
  #lastReceived = 0;
  #lastSent = 0;
  #over = false;
  #silence: Timer | undefined;

  constructor(options: CrlfHintOptions) {
    this.#options = options;
  }

  sent(chunk: Uint8Array): void {
    if (this.#over || chunk.length === 0) return;
    const before = chunk.length > 1 ? (chunk.at(-2) as number) : this.#lastSent;
    this.#lastSent = chunk.at(-1) as number;
    this.#silence?.cancel();
    if (this.#lastSent !== LF || !this.#wantsCrlf(before)) return;
    if (before === CR) {
      this.end();
      return;
    }
    this.#silence = this.#options.clock.after(silenceMs, () => {
      this.end();
      this.#options.say(
        "no answer yet; lines of this protocol usually end with CR LF, and yours end with LF alone: -C sends CR LF",
      );
    });
  }

  received(chunk: Uint8Array): void {
    if (this.#over || chunk.length === 0) return;
    this.#silence?.cancel();
    const end = chunk.lastIndexOf(LF);
    if (end !== -1) {
      const isCrlf = (end === 0 ? this.#lastReceived : chunk[end - 1]) === CR;
      this.#peerEndsWithCrlf = isCrlf;
      this.#peerEndsWithLf = !isCrlf;
    }
    this.#lastReceived = chunk.at(-1) as number;
  }

  /** Says nothing any more. */
  end(): void {
    this.#over = true;
    this.#silence?.cancel();
  }

  /** Whether a line, whose last byte this is, is one that the peer would answer if only it ended with CR LF. */
  #wantsCrlf(last: number): boolean {
    const { port = 0 } = this.#options;
    if (this.#peerEndsWithLf) return false;
    if (asksInBlocks.has(port) && last !== LF) return false;
    return this.#peerEndsWithCrlf || crlfPorts.has(port);
  }
}
