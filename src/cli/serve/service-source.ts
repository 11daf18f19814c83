/**
 * An offer that comes with Portcall: a service of the table.
 */
import type { Codec } from "../../codec/index.ts";
import { serve, type ServeOptions } from "../../net/index.ts";
import type { ServiceEntry } from "../../services/index.ts";
import { UnfittingOption } from "../usage.ts";
import { afterMeeting, type Offer } from "./handler-source.ts";

/** What the command line can say about a service. */
export interface ServiceWishes {
  readonly welcome?: string;
  readonly reply?: string;
  readonly frame?: Codec<string | Uint8Array>;
  readonly messages?: number;
}

/** The names of all that. */
export const serviceWishes = ["welcome", "reply", "frame", "messages"] as const;

/** @throws {UsageError} for an option that the service has no use for. */
export function serviceOffer(entry: ServiceEntry, wishes: ServiceWishes): Offer {
  const notTaken = serviceWishes.find((name) => wishes[name] !== undefined && !entry.takes.includes(name));
  if (notTaken !== undefined) {
    throw new UnfittingOption(notTaken, `the service ${entry.name} takes no --${notTaken}`);
  }
  const { framing, options, handle, raw } = entry.create({
    welcome: wishes.welcome,
    reply: wishes.reply,
    framing: wishes.frame,
    messagesMax: wishes.messages,
  });
  return {
    name: entry.name,
    options,
    // Only a connection of messages can have a layer, such as telnet.
    begin: (settings, meet) =>
      raw !== undefined && meet === undefined
        ? serve(settings as ServeOptions<Uint8Array, Uint8Array>, raw)
        : serve({ ...settings, codec: framing }, afterMeeting(meet, handle)),
  };
}
