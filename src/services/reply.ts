/** The tutorial's server: a welcome, then an answer to each line. */
import { concatBytes, encodeText, noBytes, toBytes } from "../base/bytes.ts";
import { lines } from "../codec/index.ts";
import { answerEach, framer, isForPrograms } from "./answering.ts";
import type { Framing, Service, ServiceEntry, ServiceOptions } from "./service.ts";

const defaultWelcome = "Welcome to the server. Type something and hit enter";
const defaultReply = "OK... {line}";
const LF = 0x0a;
const CR = 0x0d;
const jsonReply = '{"ok":{line}}';

/**
 * Answers each line with `OK... ` and the line, byte for byte, with the line's own ending. With the
 * framing `json`, the value comes back as `{"ok":value}`.
 */
export const reply: ServiceEntry = {
  name: "reply",
  brief: "welcomes each client, answers each line with `OK... ` and the line",
  takes: ["welcome", "reply", "frame", "messages"],
  create(options: ServiceOptions): Service {
    const framing: Framing = options.framing ?? lines({ keepEnds: true, encoding: "bytes" });
    const fill = template(options.reply ?? (framing.name === "json-lines" ? jsonReply : defaultReply));
    // A program would take a welcome for an answer.
    const welcome = options.welcome ?? (isForPrograms(framing) ? "" : defaultWelcome);
    const framed = framer(framing);
    const answer =
      options.framing === undefined
        ? (message: string | Uint8Array): Uint8Array => withOwnEnding(toBytes(message), fill)
        : (message: string | Uint8Array): Uint8Array => framed(fill(toBytes(message)));
    return {
      framing,
      options: {},
      handle: (client) => answerEach(client, framing, { ...options, welcome }, answer),
    };
  },
  createAnswer(options) {
    const fill = template(options.reply ?? defaultReply);
    return (question) => {
      const end = question.length - endingLength(question);
      return concatBytes([fill(question.subarray(0, end)), question.subarray(end)]);
    };
  },
};

/** Length of the line ending in bytes, 0 if there is none. */
function endingLength(bytes: Uint8Array): number {
  if (bytes.at(-1) !== LF) return 0;
  return bytes.at(-2) === CR ? 2 : 1;
}

type Fill = (message: Uint8Array) => Uint8Array;

const lineEnd = encodeText("\n");

/** Answers a line with its own ending, or with LF if the last line has none. */
function withOwnEnding(line: Uint8Array, fill: Fill): Uint8Array {
  const end = line.length - endingLength(line);
  return concatBytes([fill(line.subarray(0, end)), end === line.length ? lineEnd : line.subarray(end)]);
}

/** Replaces every `{line}` in the answer; as bytes, because messages may not be text. */
function template(text: string): Fill {
  const [head = noBytes, ...tails] = text.split("{line}").map((part) => encodeText(part));
  return (line) => concatBytes([head, ...tails.flatMap((tail) => [line, tail])]);
}
