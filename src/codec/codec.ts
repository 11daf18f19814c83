/**
 * The contract of a codec: bytes to messages and back.
 *
 * A codec does no I/O and does not know the connection. Its decoder reads from the front of a queue that
 * the connection fills. It takes nothing until a message is complete, so the bytes after a message
 * remain when you change the codec mid-stream.
 */
import { checkOptions } from "../base/option-checks.ts";
import { oneOf, text, wholeNumber } from "../base/arguments.ts";
import type { ByteQueue } from "../base/byte-queue.ts";

/** Turns messages into bytes and back. `In` is the received type, `Out` the sent type. */
export interface Codec<In, Out = In> {
  /** The name in messages and reference pages. */
  readonly name: string;
  /** Creates the decoder of one connection. */
  decoder(): Decoder<In>;
  /**
   * Encodes one message with its framing.
   *
   * @throws {TypeError} for a message that the format cannot carry.
   */
  encode(message: Out): Uint8Array;
}

/** The receiving half of a codec, with its state between chunks. */
export interface Decoder<Message> {
  /**
   * Set this if no message is, or contains, a view of `bytes`; text and numbers do not. The engine can then reuse its
   * receive buffer instead of copying it.
   */
  readonly ownsMessages?: boolean | undefined;
  /**
   * Takes the next complete message from the front of `bytes`. If it is not complete, takes nothing and
   * returns `undefined`. Bytes in a message may be a view of the received bytes.
   *
   * @throws {CodecError} `too-long` before more than the limit is buffered, or `invalid`. The stream is
   *   unusable afterwards.
   */
  decode(bytes: ByteQueue): Message | undefined;
  /**
   * Called when the peer's stream has ended and `decode` finds no more messages. Takes the rest if it
   * counts as a message (a line without its ending), or returns `undefined` if nothing is left. Called
   * again until it does.
   *
   * @throws {CodecError} `truncated` if the stream ends inside a message; `too-long` if the rest exceeds
   *   the limit.
   */
  end(bytes: ByteQueue): Message | undefined;
}

/** The reason why bytes are not a message. */
export class CodecError extends Error {
  static {
    this.prototype.name = "CodecError";
  }
  /** `too-long` beyond a limit, `invalid` for malformed bytes, `truncated` if the stream ends inside a message. */
  readonly kind: "too-long" | "invalid" | "truncated";
  /** Number of missing bytes for `truncated`, if the format tells. */
  readonly missingBytes: number | undefined;
  /** The option with the exceeded limit, if any. */
  readonly option: string | undefined;

  /**
   * For codecs of your own.
   *
   * @throws {TypeError} for an invalid argument.
   */
  constructor(
    kind: CodecError["kind"],
    message: string,
    details: { readonly missingBytes?: number | undefined; readonly option?: string | undefined } = {},
  ) {
    super(text("CodecError: message", message));
    this.kind = oneOf("CodecError: kind", kind, ["too-long", "invalid", "truncated"]);
    checkOptions("CodecError: details", details, {
      missingBytes: (name, value) => wholeNumber(name, value, 0),
      option: text,
    });
    this.missingBytes = details.missingBytes;
    this.option = details.option;
  }
}
