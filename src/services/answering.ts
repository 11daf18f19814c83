/**
 * What services that answer message for message have in common: the welcome, the
 * count of messages, and a last word for a client that sends too much at once.
 */
import { concatBytes, toBytes } from "../base/bytes.ts";
import { NetError } from "../base/errors.ts";
import type { Framing, ServiceClient, ServiceOptions } from "./service.ts";

/** Welcomes a client and answers each of its messages, until it leaves or has had its share. */
export async function answerEach(
  client: ServiceClient,
  framing: Framing,
  options: ServiceOptions,
  answer: (message: string | Uint8Array) => Uint8Array,
): Promise<void> {
  await welcome(client, framing, options);
  let left = options.messagesMax ?? Infinity;
  await withLastWord(client, framing, async () => {
    for await (const message of client) {
      await client.write(answer(message));
      if (--left === 0) return;
    }
  });
}

/** Sends the welcome, if there is one. */
export async function welcome(
  client: ServiceClient,
  framing: Framing,
  options: ServiceOptions,
): Promise<void> {
  if (options.welcome) await say(client, framing, options.welcome);
}

/** A client whose message is too long is told so before its connection is closed. */
export async function withLastWord(
  client: ServiceClient,
  framing: Framing,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof NetError && error.code === "ERR_MESSAGE_TOO_LONG") {
      // Whether the client still hears it changes nothing: the reason of the end is the long message.
      await say(client, framing, `Too long: ${(error.cause as Error).message}. Goodbye.`).catch(
        () => undefined,
      );
    }
    throw error;
  }
}

/**
 * How the framing sends a message. Where a mark ends messages, what the message
 * holds is not looked at: a reply may be of several lines, and no peer can send
 * what its echo would fail on.
 *
 * The function throws a TypeError for a message whose length the framing cannot carry.
 */
export function framer(framing: Framing): (message: string | Uint8Array) => Uint8Array {
  if (countsBytes(framing)) return (message) => framing.encode(message);
  const mark = framing.encode("");
  return mark.length === 0 ? toBytes : (message) => concatBytes([toBytes(message), mark]);
}

/** Whether messages are told apart by their length, and not by a mark at their end, or not at all. */
export function countsBytes({ name }: Framing): boolean {
  return name === "length-prefixed" || name === "fixed";
}

/** Says something of our own: as a message, which is a line where the framing puts nothing behind it. */
async function say(client: ServiceClient, framing: Framing, text: string): Promise<void> {
  const unmarked = !countsBytes(framing) && framing.encode("").length === 0;
  await client.write(unmarked ? `${text}\n` : framer(framing)(text));
}
