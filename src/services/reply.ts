/**
 * The tutorial's server: a welcome, then an answer to each line.
 */
import { concatBytes, encodeText, noBytes, toBytes } from "../base/bytes.ts";
import { lines } from "../codec/index.ts";
import { answerEach, framer, isForPrograms } from "./answering.ts";
import type { Service, ServiceEntry, ServiceOptions } from "./service.ts";

const defaultWelcome = "Welcome to the server. Type something and hit enter";
const defaultReply = "OK... {line}";
const LF = 0x0a;
const CR = 0x0d;
const jsonReply = '{"ok":{line}}';

/**
 * Answers each line with `OK... ` and that line; the line's own ending is kept. Lines are
 * text: what is not UTF-8 comes back as U+FFFD, unless a framing of bytes is chosen. With
 * the framing `json`, the value comes back as `{"ok":value}`.
 */
export const reply: ServiceEntry = {
  name: "reply",
  brief: "welcomes each client, answers each line with `OK... ` and the line",
  takes: ["welcome", "reply", "frame", "messages"],
  create(options: ServiceOptions): Service {
    const framing = options.framing ?? lines({ keepEnds: true });
    const fill = template(options.reply ?? (framing.name === "json-lines" ? jsonReply : defaultReply));
    // A program takes a greeting for an answer.
    const welcome = options.welcome ?? (isForPrograms(framing) ? "" : defaultWelcome);
    const framed = framer(framing);
    const answer =
      options.framing === undefined
        ? (message: string | Uint8Array): Uint8Array => withOwnEnding(message as string, fill)
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

/** How many bytes the line ending of a datagram has, if it has one. */
function endingLength(bytes: Uint8Array): number {
  if (bytes.at(-1) !== LF) return 0;
  return bytes.at(-2) === CR ? 2 : 1;
}

type Fill = (message: Uint8Array) => Uint8Array;

/** Answers a line with its own ending; the last line, if it had none, with LF. */
function withOwnEnding(text: string, fill: Fill): Uint8Array {
  const ending = /\r?\n$/.exec(text)?.[0] ?? "";
  const line = encodeText(text.slice(0, text.length - ending.length));
  return concatBytes([fill(line), encodeText(ending || "\n")]);
}

/** The answer with every `{line}` filled in; as bytes, for framings whose messages are no text. */
function template(text: string): Fill {
  const [head = noBytes, ...tails] = text.split("{line}").map((part) => encodeText(part));
  return (line) => concatBytes([head, ...tails.flatMap((tail) => [line, tail])]);
}
