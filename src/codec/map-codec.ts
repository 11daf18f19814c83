/**
 * Codecs made of another one, by a function for each direction.
 */
import { callback, codec as checkCodec } from "../base/arguments.ts";
import { checkOptions } from "../base/option-checks.ts";
import { CodecError, type Codec, type Decoder } from "./codec.ts";

/** What becomes of the messages of a codec, in each direction. */
export interface CodecMapping<In, Out, NewIn, NewOut> {
  /**
   * Makes a message of what the codec has decoded. What it throws costs the connection: a `CodecError` as it is,
   * anything else as one of the kind `invalid`, with its message, and itself as the `cause`.
   */
  readonly decode: (message: In) => NewIn;
  /** Makes what the codec encodes of a message. What it throws is thrown by `send`, as a `TypeError`. */
  readonly encode: (message: NewOut) => Out;
}

/**
 * A codec that frames as `codec` does, with other messages: a protocol's own, made of lines or of frames.
 *
 * A message is never `null` or `undefined`, which stand for the end of messages: `decode` may not return them.
 *
 * @throws {TypeError} for what is no codec, and unless both are functions.
 * @example
 * const numbers = mapCodec(lines(), {
 *   decode: (line) => Number.parseFloat(line),
 *   encode: (value: number) => value.toString(),
 * });
 */
export function mapCodec<In, Out, NewIn, NewOut = NewIn>(
  codec: Codec<In, Out>,
  mapping: CodecMapping<In, Out, NewIn, NewOut>,
): Codec<NewIn, NewOut> {
  checkCodec("mapCodec: codec", codec);
  checkOptions("mapCodec", mapping, { decode: callback, encode: callback });
  callback("mapCodec: decode", mapping.decode);
  callback("mapCodec: encode", mapping.encode);
  const { decode, encode } = mapping;
  return {
    name: codec.name,
    decoder: () => mappedDecoder(codec.decoder(), decode),
    encode: (message) => codec.encode(encoded(encode, message)),
  };
}

function mappedDecoder<In, NewIn>(decoder: Decoder<In>, decode: (message: In) => NewIn): Decoder<NewIn> {
  /** The codec has taken the message, so only this knows that the stream makes no sense any more. */
  let failure: { readonly error: unknown } | undefined;

  function mapped(message: In | undefined): NewIn | undefined {
    if (message === undefined) return undefined;
    try {
      return messageOf(decode(message));
    } catch (thrown) {
      const error = thrown instanceof CodecError ? thrown : invalid(thrown);
      failure = { error };
      throw error;
    }
  }

  function check(): void {
    if (failure !== undefined) throw failure.error;
  }

  return {
    decode(bytes) {
      check();
      return mapped(decoder.decode(bytes));
    },
    end(bytes) {
      check();
      return mapped(decoder.end(bytes));
    },
  };
}

function messageOf<Message>(message: Message): Message {
  if (message !== undefined && message !== null) return message;
  throw new TypeError(`decode returned ${message === null ? "null" : "undefined"}, which is no message`);
}

function invalid(thrown: unknown): CodecError {
  const error = new CodecError("invalid", thrown instanceof Error ? thrown.message : String(thrown));
  error.cause = thrown;
  return error;
}

function encoded<Out, NewOut>(encode: (message: NewOut) => Out, message: NewOut): Out {
  try {
    return encode(message);
  } catch (thrown) {
    if (thrown instanceof TypeError) throw thrown;
    throw new TypeError(thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
  }
}
