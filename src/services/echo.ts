/**
 * Echo (RFC 862): sends back what comes.
 */
import { delimited, raw } from "../codec/index.ts";
import { converse } from "./conversation.ts";
import type { Service, ServiceEntry, ServiceOptions } from "./service.ts";

export const echo: ServiceEntry = {
  name: "echo",
  brief: "sends back whatever comes (RFC 862)",
  create(options: ServiceOptions): Service {
    // Chunks have no meaning, so what is to be counted is cut at line ends.
    const counted = options.messagesMax !== undefined;
    return {
      framing: options.framing ?? (counted ? delimited("\n", { keepDelimiter: true }) : raw()),
      options: {},
      handle: (client) => converse(client, options, (message) => message),
    };
  },
};
