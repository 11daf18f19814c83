/**
 * What a client and a server say in plain text before TLS, as a generator without I/O: see proxy-client/handshake.ts.
 *
 * A server says only so much in all. What it says in a refusal is shown as it is.
 */
import { decodeText, encodeText } from "../../base/bytes.ts";
import { limits } from "../../base/limits.ts";
import { quote } from "../../base/text/quote.ts";
import { exactly, until } from "../connection/read-decoders.ts";
import { HandshakeError, type Step } from "../proxy-client/handshake.ts";

/** A dialogue, or a part of it with a result. It has ended when the next byte of the server belongs to TLS. */
export type Dialogue<Result = void> = Generator<Step, Result, Uint8Array>;

/** What a dialogue needs to know. */
export interface DialogueFacts {
  /** The name of the server. */
  readonly host: string;
  /** The name of this client, as an address literal of SMTP: `[192.0.2.1]`. */
  readonly client: string;
}

/** Reads what a server says, up to the limit. */
export class Reader {
  #bytesLeft = limits.startTlsAnswerBytesMax.value;

  /** The next line, without its end. */
  *line(): Dialogue<string> {
    return decodeText(yield* this.#until("\n")).replace(/\r?\n$/, "");
  }

  /** Text up to and including a delimiter. */
  *text(delimiter: string): Dialogue<string> {
    return decodeText(yield* this.#until(delimiter));
  }

  *bytes(count: number): Dialogue<Uint8Array> {
    if (count > this.#bytesLeft) throw tooLong();
    this.#bytesLeft -= count;
    return yield { read: exactly(count) };
  }

  *#until(delimiter: string): Dialogue<Uint8Array> {
    if (this.#bytesLeft <= 0) throw tooLong();
    const bytes = yield { read: until(delimiter, this.#bytesLeft) };
    this.#bytesLeft -= bytes.length;
    return bytes;
  }
}

export function* say(text: string): Dialogue {
  yield { send: encodeText(text) };
}

/** The server does not start TLS, and says why. */
export function refused(words: string): HandshakeError {
  return new HandshakeError(
    "ERR_STARTTLS_REFUSED",
    `the server refused to start TLS: ${quote(words.trim())}`,
  );
}

/** The server has no TLS. */
export function notOffered(): HandshakeError {
  return new HandshakeError("ERR_STARTTLS_REFUSED", "the server does not offer to start TLS");
}

/** The answer does not follow the protocol. */
export function notSpoken(protocol: string, answer: string): HandshakeError {
  const words = quote(answer.slice(0, 100));
  return new HandshakeError(
    "ERR_STARTTLS_INVALID",
    `the server does not speak ${protocol}: it sent ${words}`,
  );
}

export function tooLong(): HandshakeError {
  const max = limits.startTlsAnswerBytesMax.value;
  return new HandshakeError("ERR_STARTTLS_INVALID", `the server sent more than ${max} bytes before TLS`);
}

export function endedEarly(): HandshakeError {
  return new HandshakeError("ERR_STARTTLS_REFUSED", "the server closed the connection before TLS");
}

export function injected(): HandshakeError {
  return new HandshakeError(
    "ERR_TLS_PLAIN_TEXT_INJECTED",
    "the server sent bytes ahead of the handshake, which an attacker may have inserted",
  );
}
