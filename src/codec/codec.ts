/**
 * The contract of a codec: bytes into messages and back, as arithmetic.
 *
 * A codec does no I/O and knows no connection. Its decoder reads from the front
 * of a queue that somebody else fills, and takes nothing from it until a message
 * is whole; so the bytes behind a message are still there when the codec is
 * changed in mid-stream.
 */
import { checkOptions } from "../base/option-checks.ts";
import { oneOf, text, wholeNumber } from "../base/arguments.ts";
import type { ByteQueue } from "../base/byte-queue.ts";

/** Turns messages into bytes and back. `In` is what arrives, `Out` what may be sent. */
export interface Codec<In, Out = In> {
  /** What it is called in messages and reference pages. */
  readonly name: string;
  /** A decoder of its own for one connection. */
  decoder(): Decoder<In>;
  /**
   * One message, framed.
   *
   * @throws {TypeError} for a message that this framing cannot carry.
   */
  encode(message: Out): Uint8Array;
}

/** The receiving half of a codec, with what it must remember between chunks. */
export interface Decoder<Message> {
  /**
   * Set this if no message is a view of `bytes` or holds one, as text and numbers are not. Then what comes may be decoded
   * in the memory that an engine uses again, instead of in a copy.
   */
  readonly ownsMessages?: boolean | undefined;
  /**
   * Takes the next whole message from the front of `bytes`, or returns
   * `undefined`, taking nothing, when it is not all there yet. Bytes in a message
   * may be a view of what came.
   *
   * @throws {CodecError} `too-long` before more than the limit is held, or
   *   `invalid`; the stream is of no use after that.
   */
  decode(bytes: ByteQueue): Message | undefined;
  /**
   * Called when the peer has ended and `decode` finds no more: takes what may
   * stand as a last message (a line without its ending), or returns `undefined`
   * if nothing is left. Called again until it does.
   *
   * @throws {CodecError} `truncated` if the stream stops inside a message; `too-long`
   *   if what is left could only have been allowed with an ending behind it.
   */
  end(bytes: ByteQueue): Message | undefined;
}

/** Why bytes are not a message. */
export class CodecError extends Error {
  static {
    this.prototype.name = "CodecError";
  }
  readonly kind: "too-long" | "invalid" | "truncated";
  /** How many bytes are missing, for `truncated`, where the framing tells. */
  readonly missingBytes: number | undefined;
  /** The option that sets the limit which was passed, if it was one. */
  readonly option: string | undefined;

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
