/**
 * What services that answer message for message have in common: the welcome, the
 * count of messages, and a last word for a client that sends too much at once.
 */
import { NetError } from "../base/errors.ts";
import type { ServiceClient, ServiceOptions } from "./service.ts";

/** Welcomes a client and answers each of its messages, until it leaves or has had its share. */
export async function converse(
  client: ServiceClient,
  options: ServiceOptions,
  answer: (message: string | Uint8Array) => string | Uint8Array,
): Promise<void> {
  await welcome(client, options);
  let left = options.messagesMax ?? Infinity;
  await withLastWord(client, async () => {
    for await (const message of client) {
      await client.send(answer(message));
      if (--left === 0) return;
    }
  });
}

/** Sends the welcome, if there is one. */
export async function welcome(client: ServiceClient, options: ServiceOptions): Promise<void> {
  if (options.welcome) await client.write(`${options.welcome}\n`);
}

/** A client whose message is too long is told so before its connection is closed. */
export async function withLastWord(client: ServiceClient, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof NetError && error.code === "ERR_MESSAGE_TOO_LONG") {
      await client.write(`Too long: ${(error.cause as Error).message}. Goodbye.\n`);
    }
    throw error;
  }
}
