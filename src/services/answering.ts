/**
 * Shared parts of the services that answer message for message: the welcome, the message count, and a
 * final reply to a client whose message is too long or invalid.
 */
import { concatBytes, toBytes } from "../base/bytes.ts";
import { NetError } from "../base/errors.ts";
import { delimited, raw } from "../codec/index.ts";
import type { RawConnection } from "../net/index.ts";
import type { Framing, ServiceClient, ServiceOptions } from "./service.ts";

/** Whether a service can run without messages: it neither frames nor counts them. */
export function needsNoMessages({ framing, messagesMax }: ServiceOptions): boolean {
  return messagesMax === undefined && (framing === undefined || framing.name === "raw");
}

/**
 * The framing of a service without one of its own. Chunks carry no meaning, so a message count counts lines; their
 * endings are kept.
 */
export function framingOrDefault({ framing, messagesMax }: ServiceOptions): Framing {
  return framing ?? (messagesMax === undefined ? raw() : delimited("\n", { keepDelimiter: true }));
}

/** Welcomes a client and answers each of its messages, until it leaves or reaches `messagesMax`. */
export async function answerEach(
  client: ServiceClient,
  framing: Framing,
  options: ServiceOptions,
  answer: (message: string | Uint8Array) => Uint8Array,
): Promise<void> {
  await welcome(client, framing, options);
  let left = options.messagesMax ?? Infinity;
  await withFinalReply(client, framing, async () => {
    for await (const message of client) {
      await client.write(answer(message));
      if (--left === 0) return;
    }
  });
}

export async function welcome(
  client: ServiceClient,
  framing: Framing,
  options: ServiceOptions,
): Promise<void> {
  if (options.welcome) await sendText(client, framing, options.welcome);
}

/** Sends the welcome in raw mode, if any. */
export function welcomeRaw(connection: RawConnection, options: ServiceOptions): void {
  if (options.welcome) sendRaw(connection, `${options.welcome}\n`);
}

/** Sends in raw mode, unless the connection has closed already: its close info then has the reason. */
export function sendRaw(connection: RawConnection, data: Uint8Array | string): void {
  if (connection.writable) connection.write(data);
}

/** Sends a final reply to a client whose message is too long or invalid, before its connection closes. */
export async function withFinalReply(
  client: ServiceClient,
  framing: Framing,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const fault = error instanceof NetError ? faults[error.code] : undefined;
    if (fault !== undefined) {
      // A failure to send it is ignored: the connection closes because of the message, not of the reply.
      const { message } = (error as NetError).cause as Error;
      await sendText(client, framing, `${fault}: ${message}. Goodbye.`).catch(() => undefined);
    }
    throw error;
  }
}

const faults: Readonly<Partial<Record<string, string>>> = {
  ERR_MESSAGE_TOO_LONG: "Too long",
  ERR_MESSAGE_INVALID: "Invalid",
};

/**
 * Encodes messages for sending. If a delimiter ends messages, the content is not checked: a reply may
 * have several lines, and no peer can send a message that its echo rejects.
 *
 * The returned function throws a TypeError for a message that the framing cannot carry, because of its
 * length or because it is not JSON.
 */
export function framer(framing: Framing): (message: string | Uint8Array) => Uint8Array {
  if (isForPrograms(framing)) return (message) => framing.encode(message);
  const mark = framing.encode("");
  return mark.length === 0 ? toBytes : (message) => concatBytes([toBytes(message), mark]);
}

/** Whether messages are not delimited text: they have a length, or are JSON. */
export function isForPrograms({ name }: Framing): boolean {
  return ["length-prefixed", "fixed", "netstring", json].includes(name);
}

const json = "json-lines";

/** Sends a message of the service's own: as one message, or as a line if the framing adds no delimiter. */
async function sendText(client: ServiceClient, framing: Framing, text: string): Promise<void> {
  if (framing.name === json) return client.write(framing.encode(JSON.stringify(text)));
  const unmarked = !isForPrograms(framing) && framing.encode("").length === 0;
  await client.write(unmarked ? `${text}\n` : framer(framing)(text));
}
