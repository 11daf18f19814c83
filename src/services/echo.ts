/** Echo (RFC 862): sends back what it receives. */
import type { RawHandler } from "../net/index.ts";
import { answerEach, framer, framingOrDefault, needsNoMessages, welcomeRaw } from "./answering.ts";
import type { Service, ServiceEntry, ServiceOptions } from "./service.ts";

export const echo: ServiceEntry = {
  name: "echo",
  brief: "sends back what it receives (RFC 862)",
  takes: ["welcome", "frame", "messages"],
  create(options: ServiceOptions): Service {
    const framing = framingOrDefault(options);
    return {
      framing,
      options: {},
      raw: needsNoMessages(options) ? rawEcho(options) : undefined,
      handle: (client) => answerEach(client, framing, options, framer(framing)),
    };
  },
  createAnswer: () => (question) => question,
};

/** Pauses reading while an answer is queued, so that a client that does not read delays only itself. */
const rawEcho = (options: ServiceOptions): RawHandler => ({
  opened(connection) {
    welcomeRaw(connection, options);
  },
  bytes(connection, view) {
    if (!connection.write(view)) connection.pause();
  },
  drained(connection) {
    connection.resume();
  },
});
