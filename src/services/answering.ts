/**
 * What services that answer message for message have in common: the welcome, the
 * count of messages, and a last word for a client that sends too much at once.
 */
import { concatBytes, toBytes } from "../base/bytes.ts";
import { NetError } from "../base/errors.ts";
import { delimited, raw } from "../codec/index.ts";
import type { RawConnection } from "../net/index.ts";
import type { Framing, ServiceClient, ServiceOptions } from "./service.ts";

/** Whether a service can do without messages: they are neither framed nor counted. */
export function needsNoMessages({ framing, messagesMax }: ServiceOptions): boolean {
  return messagesMax === undefined && (framing === undefined || framing.name === "raw");
}

/**
 * How a service without a framing of its own cuts messages. A chunk has no meaning, so what is counted is a line, with
 * its end left as it is.
 */
export function framingOrDefault({ framing, messagesMax }: ServiceOptions): Framing {
  return framing ?? (messagesMax === undefined ? raw() : delimited("\n", { keepDelimiter: true }));
}

/** Welcomes a client and answers each of its messages, until it leaves or has had its share. */
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

/** Sends the welcome, if there is one. */
export async function welcome(
  client: ServiceClient,
  framing: Framing,
  options: ServiceOptions,
): Promise<void> {
  if (options.welcome) await say(client, framing, options.welcome);
}

/** Sends the welcome in raw mode, if there is one. */
export function welcomeRaw(connection: RawConnection, options: ServiceOptions): void {
  if (options.welcome) sendRaw(connection, `${options.welcome}\n`);
}

/** Sends in raw mode, unless the client has left before it was served: its own ending then says why. */
export function sendRaw(connection: RawConnection, data: Uint8Array | string): void {
  if (connection.writable) connection.write(data);
}

/** A client whose message is too long, or is none, is told so before its connection is closed. */
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
      // Whether the client still hears it changes nothing: the reason of the end is its message.
      const { message } = (error as NetError).cause as Error;
      await say(client, framing, `${fault}: ${message}. Goodbye.`).catch(() => undefined);
    }
    throw error;
  }
}

const faults: Readonly<Partial<Record<string, string>>> = {
  ERR_MESSAGE_TOO_LONG: "Too long",
  ERR_MESSAGE_INVALID: "Invalid",
};

/**
 * How the framing sends a message. Where a mark ends messages, what the message
 * holds is not looked at: a reply may be of several lines, and no peer can send
 * what its echo would fail on.
 *
 * The function throws a TypeError for a message that the framing cannot carry: its
 * length, or what is no JSON.
 */
export function framer(framing: Framing): (message: string | Uint8Array) => Uint8Array {
  if (isForPrograms(framing)) return (message) => framing.encode(message);
  const mark = framing.encode("");
  return mark.length === 0 ? toBytes : (message) => concatBytes([toBytes(message), mark]);
}

/** Whether messages are not lines of text, with a mark at their end or none: their length is counted, or they are JSON. */
export function isForPrograms({ name }: Framing): boolean {
  return ["length-prefixed", "fixed", "netstring", json].includes(name);
}

const json = "json-lines";

/** Says something of our own: as a message, which is a line where the framing puts nothing behind it. */
async function say(client: ServiceClient, framing: Framing, text: string): Promise<void> {
  if (framing.name === json) return client.write(framing.encode(JSON.stringify(text)));
  const unmarked = !isForPrograms(framing) && framing.encode("").length === 0;
  await client.write(unmarked ? `${text}\n` : framer(framing)(text));
}
