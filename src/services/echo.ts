/**
 * Echo (RFC 862): sends back what comes.
 */
import type { RawHandler } from "../net/index.ts";
import { answerEach, framer, framingOrDefault, needsNoMessages, welcomeRaw } from "./answering.ts";
import type { Service, ServiceEntry, ServiceOptions } from "./service.ts";

export const echo: ServiceEntry = {
  name: "echo",
  brief: "sends back whatever comes (RFC 862)",
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

/** Reads no more while some of an answer waits, so a client that does not read holds back nobody but itself. */
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
