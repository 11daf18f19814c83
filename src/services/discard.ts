/** Discard (RFC 863): reads everything and sends nothing. */
import type { RawHandler } from "../net/index.ts";
import { framingOrDefault, needsNoMessages, welcome, welcomeRaw, withFinalReply } from "./answering.ts";
import type { Service, ServiceEntry, ServiceOptions } from "./service.ts";

export const discard: ServiceEntry = {
  name: "discard",
  brief: "reads everything and discards it (RFC 863)",
  takes: ["welcome", "frame", "messages"],
  create(options: ServiceOptions): Service {
    const framing = framingOrDefault(options);
    return {
      framing,
      options: {},
      raw: needsNoMessages(options) ? rawDiscard(options) : undefined,
      async handle(client) {
        await welcome(client, framing, options);
        let left = options.messagesMax ?? Infinity;
        await withFinalReply(client, framing, async () => {
          for await (const _ of client) if (--left === 0) return;
        });
      },
    };
  },
  createAnswer: () => () => undefined,
};

const rawDiscard = (options: ServiceOptions): RawHandler => ({
  opened(connection) {
    welcomeRaw(connection, options);
  },
  bytes() {},
});
