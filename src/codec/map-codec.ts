/** Codecs derived from another one by a function per direction. */
import { callback, codec as checkCodec } from "../base/arguments.ts";
import { checkOptions } from "../base/option-checks.ts";
import { CodecError, type Codec, type Decoder } from "./codec.ts";

/** The functions that convert the messages of a codec. */
export interface CodecMapping<In, Out, NewIn, NewOut> {
  /**
   * Converts a decoded message. An error closes the connection: a `CodecError` unchanged, any other error as a
   * `CodecError` of kind `invalid`, with the same message and the original as its `cause`.
   */
  readonly decode: (message: In) => NewIn;
  /** Converts a message for the codec to encode. `send` rejects with its error, as a `TypeError`. */
  readonly encode: (message: NewOut) => Out;
}

/**
 * A codec with the framing of `codec` and other messages: those of a protocol on lines or frames.
 *
 * `decode` must not return `null` or `undefined`, which stand for the end of the stream.
 *
 * @throws {TypeError} if `codec` is not a codec, or `decode` or `encode` is not a function.
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
  /** Kept because the inner codec has consumed the message and would continue with the next one. */
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
  throw new TypeError(`decode returned ${message === null ? "null" : "undefined"}, which is not a message`);
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
