/**
 * Discard (RFC 863): takes everything and says nothing.
 */
import { raw } from "../codec/index.ts";
import { welcome, withLastWord } from "./conversation.ts";
import type { Service, ServiceEntry, ServiceOptions } from "./service.ts";

export const discard: ServiceEntry = {
  name: "discard",
  brief: "takes everything and throws it away (RFC 863)",
  create(options: ServiceOptions): Service {
    return {
      framing: options.framing ?? raw(),
      options: {},
      async handle(client) {
        await welcome(client, options);
        let left = options.messagesMax ?? Infinity;
        await withLastWord(client, async () => {
          for await (const _ of client) if (--left === 0) return;
        });
      },
    };
  },
};
