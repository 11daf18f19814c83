/** JSON, one value per line (NDJSON, JSON Lines). */
import { bytesToSend, limit, wholeNumber } from "../base/arguments.ts";
import type { ByteQueue } from "../base/byte-queue.ts";
import { encodeText } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import { checkOptions } from "../base/option-checks.ts";
import { CodecError, type Codec, type Decoder } from "./codec.ts";
import { delimited } from "./delimited.ts";
import { readJson, writeJson, type ReadJson } from "./json.ts";

/** Options of `jsonLines`. */
export interface JsonLinesOptions {
  /** Maximum length of a received line in bytes, without its LF. Default: 8 MiB. `Infinity` disables it. */
  readonly messageBytesMax?: number | undefined;
  /** Maximum nesting depth of received arrays and objects. Default: 100. */
  readonly nestingMax?: number | undefined;
}

const lineEnd = encodeText("\n");

/**
 * A codec for JSON values, one per line. Lines end in LF; a CR before it and other white space around a
 * value are ignored. The limits apply to received messages only.
 *
 * Decoding fails with `too-long` as soon as a line cannot end within the limit. It fails with `invalid`
 * for a line that is empty, not JSON, not UTF-8, nests deeper than `nestingMax`, or has an object with
 * the key `__proto__`. A line that a JavaScript value cannot represent without loss is `invalid` too:
 * an object with a duplicate key, an integer that would be rounded (9007199254740993), a number that
 * would become infinite (1e400) or zero (1e-400). A number with a fraction or an exponent is rounded to
 * the nearest double (RFC 7493, section 2.2). At the end of the stream, any bytes after the last LF are
 * a line too. The codec does not check that a value is a `Value`. A line `null` is `invalid`, and `null`
 * cannot be sent: `receive` returns `null` at the end of the stream.
 *
 * Encoding throws a TypeError for a value that would not arrive. These are `undefined`, functions,
 * symbols, bigints, `NaN` and infinities at any depth, circular values and the key `__proto__`. They
 * also include bytes, and objects whose content is not in their properties (maps, sets, errors, regular
 * expressions, promises). Only a property that is `undefined` is omitted silently. `toJSON` is honoured,
 * as of dates and Buffers. Every received value can be sent, and arrives as an equal value, including
 * -0 and lone surrogates.
 *
 * @throws {TypeError} for an invalid limit.
 * @example
 * const codec = jsonLines<{ readonly id: number }>();
 * codec.encode({ id: 7 }); // the bytes of '{"id":7}\n'
 */
export function jsonLines<Value = unknown>(options: JsonLinesOptions = {}): Codec<Value> {
  checkOptions("jsonLines", options, { messageBytesMax: true, nestingMax: true });
  return {
    name: "json-lines",
    decoder: decoderOf(options, true, ({ value }) => {
      if (value === null)
        throw new CodecError("invalid", "a line is null, which stands for the end of the stream");
      return value as Value;
    }),
    encode(value) {
      if (value === null)
        throw new TypeError("jsonLines: null stands for the end of the stream and cannot be sent");
      return encodeText(writeJson(value), lineEnd);
    },
  };
}

/**
 * The same for JSON as text: a message is the text of one value. It is sent as written, except for its
 * line breaks.
 */
export function jsonText(): Codec<string, string | Uint8Array> {
  return {
    name: "json-lines",
    decoder: decoderOf({}, false, ({ text }) => text.trim()),
    encode(message) {
      let text: string;
      try {
        ({ text } = readJson(bytesToSend("json: message", message), Infinity, false));
      } catch (error) {
        throw new TypeError(`json: ${(error as Error).message}`, { cause: error });
      }
      // Line breaks in JSON are white space between tokens, so a space replaces them.
      return encodeText(text.trim().replaceAll(/[\r\n]/g, " "), lineEnd);
    },
  };
}

function decoderOf<Message>(
  options: JsonLinesOptions,
  keeps: boolean,
  pick: (line: ReadJson) => Message,
): () => Decoder<Message> {
  const messageBytesMax = limit(
    "jsonLines: messageBytesMax",
    options.messageBytesMax ?? limits.messageBytesMax.value,
  );
  const nestingMax = wholeNumber("jsonLines: nestingMax", options.nestingMax ?? limits.nestingMax.value, 1);
  const lines = delimited("\n", { messageBytesMax });

  return () => {
    const cutter = lines.decoder();
    /** The failed line is no longer in the queue, so the failure is kept. */
    let failure: Error | undefined;

    function next(step: "decode" | "end", bytes: ByteQueue): Message | undefined {
      if (failure !== undefined) throw failure;
      const line = cutter[step](bytes);
      if (line === undefined) return undefined;
      try {
        return pick(readJson(line, nestingMax, keeps));
      } catch (error) {
        failure = error as Error;
        throw error;
      }
    }
    return {
      ownsMessages: true,
      decode: (bytes) => next("decode", bytes),
      end: (bytes) => next("end", bytes),
    };
  };
}
