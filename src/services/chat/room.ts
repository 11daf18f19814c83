/**
 * Who is in a chat room, and what everybody there hears.
 *
 * A line is encoded once for all, and handed to each who has room for it (`trySend`).
 * Who does not read is put out when so much waits for him, and holds nobody up till then.
 */
import { encodeText } from "../../base/bytes.ts";
import { pause, type Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { ServiceClient } from "../service.ts";

export interface Member {
  readonly name: string;
  readonly client: ServiceClient;
}

/** What may wait for one reader: with a hundred of them stuck, 26 MB. */
const queueBytesMax = 262_144;

/** A speaker's wait when somebody is behind: enough for who reads, little for who waits. */
const breathMs = 10;

export class Room {
  readonly #clock: Clock;
  /** By their names in lower case: Ada and ada are one. */
  readonly #members = new Map<string, { name: string; readonly client: ServiceClient }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The names of those who are here, in the order in which they came. */
  get names(): string[] {
    return Array.from(this.#members.values(), ({ name }) => name);
  }

  isTaken(name: string): boolean {
    return this.#members.has(name.toLowerCase());
  }

  /** Takes somebody in, under a name that is free, and tells the others. */
  enter(name: string, client: ServiceClient): Member {
    const member = { name, client };
    this.hears(`* ${name} has come`);
    this.#members.set(name.toLowerCase(), member);
    const others = this.names.filter((other) => other !== name);
    const company = others.length === 0 ? "you are the first here" : `here are ${others.join(", ")}`;
    this.tell(member, `* Hello ${name}, ${company}; /help tells what you can do`);
    return member;
  }

  leave(member: Member): void {
    this.#members.delete(member.name.toLowerCase());
    this.hears(`* ${member.name} has left`);
  }

  /** Gives somebody another name, that is free or differs from the old one in case only. */
  rename(member: Member, name: string): void {
    const known = this.#members.get(member.name.toLowerCase());
    if (known === undefined) return;
    const before = known.name;
    this.#members.delete(before.toLowerCase());
    known.name = name;
    this.#members.set(name.toLowerCase(), known);
    this.hears(`* ${before} is ${name} now`);
  }

  /** Everybody hears a line, but for the one who said it. */
  hears(line: string, speaker?: Member): void {
    const bytes = encodeText(`${line}\r\n`);
    for (const member of this.#members.values()) if (member !== speaker) put(member, bytes);
  }

  /** One alone hears a line. */
  tell(member: Member, line: string): void {
    put(member, encodeText(`${line}\r\n`));
  }

  /**
   * Waits after a line: a turn for the others, and a breath if somebody is behind, so that
   * who reads can catch up with who speaks fast. Who does not read is not waited for any longer.
   */
  async catchUp(): Promise<void> {
    let waitMs = 0;
    for (const { client } of this.#members.values()) {
      if (client.pendingBytes > limits.writeAheadBytes.value) waitMs = breathMs;
    }
    await pause(this.#clock, waitMs);
  }
}

function put({ client }: Member, bytes: Uint8Array): void {
  client.trySend(bytes, { policy: "disconnect", queueBytesMax });
}
