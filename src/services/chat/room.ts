/**
 * The members of a chat room, and the messages to them.
 *
 * A line is encoded once and queued for every member (`trySend`). Slow readers are disconnected at a
 * buffer limit, and do not delay the others.
 */
import { encodeText } from "../../base/bytes.ts";
import { pause, type Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { ServiceClient } from "../service.ts";

export interface Member {
  readonly name: string;
  readonly client: ServiceClient;
}

/** Queue limit of one reader: a hundred stuck readers use 26 MB. */
const queueBytesMax = 262_144;

/** How long a sender waits while a reader is behind: enough for a reader to catch up. */
const catchUpMs = 10;

export class Room {
  readonly #clock: Clock;
  /** By name in lower case, so that Ada and ada are the same. */
  readonly #members = new Map<string, { name: string; readonly client: ServiceClient }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The names of the members, in order of arrival. */
  get names(): string[] {
    return Array.from(this.#members.values(), ({ name }) => name);
  }

  isTaken(name: string): boolean {
    return this.#members.has(name.toLowerCase());
  }

  /** Adds a member under a free name, and announces it to the others. */
  enter(name: string, client: ServiceClient): Member {
    const member = { name, client };
    this.broadcast(`* ${name} has joined`);
    this.#members.set(name.toLowerCase(), member);
    const others = this.names.filter((other) => other !== name);
    const company = others.length === 0 ? "you are the first here" : `also here: ${others.join(", ")}`;
    this.sendTo(member, `* Hello ${name}, ${company}; /help lists the commands`);
    return member;
  }

  leave(member: Member): void {
    this.#members.delete(member.name.toLowerCase());
    this.broadcast(`* ${member.name} has left`);
  }

  /** Changes a member's name to one that is free, or differs from the old one only in case. */
  rename(member: Member, name: string): void {
    const known = this.#members.get(member.name.toLowerCase());
    if (known === undefined) return;
    const before = known.name;
    this.#members.delete(before.toLowerCase());
    known.name = name;
    this.#members.set(name.toLowerCase(), known);
    this.broadcast(`* ${before} is now ${name}`);
  }

  broadcast(line: string, sender?: Member): void {
    const bytes = encodeText(`${line}\r\n`);
    for (const member of this.#members.values()) if (member !== sender) queue(member, bytes);
  }

  sendTo(member: Member, line: string): void {
    queue(member, encodeText(`${line}\r\n`));
  }

  /**
   * Waits after a line: for one turn of the event loop, or longer while a reader is behind, so that
   * readers can catch up with a fast sender. A reader that stays behind delays it no longer than that.
   */
  async catchUp(): Promise<void> {
    let waitMs = 0;
    for (const { client } of this.#members.values()) {
      if (client.pendingBytes > limits.writeAheadBytes.value) waitMs = catchUpMs;
    }
    await pause(this.#clock, waitMs);
  }
}

function queue({ client }: Member, bytes: Uint8Array): void {
  client.trySend(bytes, { policy: "disconnect", queueBytesMax });
}
