/**
 * The tutorial's server: a welcome, then an answer to each line.
 */
import { decodeText, encodeText } from "../base/bytes.ts";
import { lines } from "../codec/index.ts";
import { converse } from "./conversation.ts";
import type { Service, ServiceEntry, ServiceOptions } from "./service.ts";

const defaultWelcome = "Welcome to the server. Type something and hit enter";
const defaultReply = "OK... {line}";

/** Answers each line with `OK... ` and that line; the line's own ending is kept. */
export const reply: ServiceEntry = {
  name: "reply",
  brief: "welcomes each client, answers each line with `OK... ` and the line",
  create(options: ServiceOptions): Service {
    const template = options.reply ?? defaultReply;
    const settings = { ...options, welcome: options.welcome ?? defaultWelcome };
    return {
      framing: options.framing ?? lines({ keepEnds: true }),
      options: {},
      handle: (client) =>
        converse(client, settings, (message) => {
          const text = typeof message === "string" ? message : decodeText(message);
          const [, line = "", ending = ""] = /^([^]*?)(\r?\n)?$/.exec(text) ?? [];
          const answer = template.replaceAll("{line}", () => line) + ending;
          return typeof message === "string" ? answer : encodeText(answer);
        }),
    };
  },
};
