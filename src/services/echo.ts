/**
 * Echo (RFC 862): sends back what comes.
 */
import { delimited, raw } from "../codec/index.ts";
import { answerEach, framer } from "./answering.ts";
import type { Framing, Service, ServiceEntry, ServiceOptions } from "./service.ts";

export const echo: ServiceEntry = {
  name: "echo",
  brief: "sends back whatever comes (RFC 862)",
  takes: ["welcome", "frame", "messages"],
  create(options: ServiceOptions): Service {
    // Chunks have no meaning, so what is to be counted is cut at line ends.
    const counted = options.messagesMax !== undefined;
    const framing: Framing = options.framing ?? (counted ? delimited("\n", { keepDelimiter: true }) : raw());
    return {
      framing,
      options: {},
      handle: (client) => answerEach(client, framing, options, framer(framing)),
    };
  },
  createAnswer: () => (question) => question,
};
