/**
 * JSON, one value in each line (NDJSON, JSON Lines).
 */
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
  /** The longest line that may come, in bytes without its LF; 8 MiB unless given. `Infinity` turns it off. */
  readonly messageBytesMax?: number | undefined;
  /** How deep the arrays and objects that come may nest; 100 unless given. */
  readonly nestingMax?: number | undefined;
}

const lineEnd = encodeText("\n");

/**
 * A codec for JSON values, one in each line. Lines end in LF; a CR before it, and
 * other white space around a value, is no part of it. The limits are for what
 * comes, not for what is sent.
 *
 * Decoding fails with `too-long` as soon as a line cannot end within the limit,
 * and with `invalid` for a line that is no JSON (an empty one is none), that is not
 * UTF-8, nests deeper than `nestingMax`, or has an object with the key
 * `__proto__`. What a JavaScript value cannot hold is `invalid` too, so that nothing is lost:
 * an object with the same key twice, an integer that would be rounded
 * (9007199254740993), a number that would become infinite (1e400) or zero (1e-400). A number
 * with a fraction or an exponent is rounded to the nearest double (RFC 7493, section 2.2). At the end of the stream, what stands behind the last LF is a line
 * too, if there is anything. Nothing checks that a value is a `Value`: it is what
 * the peer sent. A line `null` is `invalid` too, and is not sent: whoever reads
 * messages takes `null` for the end of them.
 *
 * Encoding throws a TypeError for what would not arrive: `undefined`, functions,
 * symbols, bigints, `NaN` and infinities, wherever they stand, values that hold
 * themselves, the key `__proto__`, and objects whose content is not in their properties
 * (maps, sets, errors, regular expressions, promises) or is bytes. Only a property that is
 * `undefined` is left out in silence. What has a `toJSON`, as dates and Buffers have, is sent
 * as that says. Whatever was received can be sent, and is received as an equal value: -0 and
 * halves of surrogate pairs too.
 *
 * @throws {TypeError} for a limit that is none.
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
        throw new CodecError("invalid", "a line is null, which stands for the end of messages");
      return value as Value;
    }),
    encode(value) {
      if (value === null) throw new TypeError("jsonLines: null stands for the end of messages, and is none");
      return encodeText(writeJson(value), lineEnd);
    },
  };
}

/**
 * The same for whoever has JSON as text: a message is the text of one value, and is
 * sent as it was written, but for its line breaks.
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
      // They stand between tokens, where one white space is as good as another.
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
    /** A line that failed is gone from the queue, so that it failed is kept. */
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
