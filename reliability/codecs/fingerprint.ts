/**
 * A decoder's results as one number: two decodings are equal if their numbers are.
 *
 * Millions are compared, so no objects are made. Thirty-two
 * bits miss one difference in four thousand million.
 */
import type { TelnetMessage } from "../../src/index.ts";

/** Adds a message. */
export type AddMessage<Message> = (fingerprint: number, message: Message) => number;

export const emptyFingerprint = 0x811c9dc5;

/** Adds a small integer (FNV-1a). */
export function addValue(fingerprint: number, value: number): number {
  return Math.imul(fingerprint ^ value, 0x01000193);
}

export function addText(fingerprint: number, text: string): number {
  let mixed = fingerprint;
  for (let index = 0; index < text.length; index++) mixed = addValue(mixed, text.charCodeAt(index));
  return mixed;
}

/** Adds bytes; chunk borders do not count. */
export function addBytes(fingerprint: number, bytes: Uint8Array): number {
  let mixed = fingerprint;
  for (let index = 0; index < bytes.length; index++) mixed = addValue(mixed, bytes[index] as number);
  return mixed;
}

/** A border: larger than any byte or character. */
const border = 0x10000;

export const addBytesMessage: AddMessage<Uint8Array> = (fingerprint, bytes) =>
  addValue(addBytes(fingerprint, bytes), border);

export const addTextMessage: AddMessage<string> = (fingerprint, text) =>
  addValue(addText(fingerprint, text), border);

/** Any JSON value; the order of keys is a part of it. */
export const addJsonMessage: AddMessage<unknown> = (fingerprint, value) =>
  addTextMessage(fingerprint, JSON.stringify(value));

/** Where data is cut means nothing; where it stands among the other messages does. */
export const addTelnetMessage: AddMessage<TelnetMessage> = (fingerprint, message) => {
  switch (message.type) {
    case "data":
      break;
    case "command":
      return addValue(addValue(fingerprint, border + 1), message.command);
    case "negotiation":
      return addValue(addText(addValue(fingerprint, border + 2), message.verb), message.option);
    case "subnegotiation":
      return addBytesMessage(addValue(addValue(fingerprint, border + 3), message.option), message.bytes);
  }
  return addBytes(fingerprint, message.bytes);
};
