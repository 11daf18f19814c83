/**
 * A handler source that is a built-in service.
 */
import type { Codec } from "../../codec/index.ts";
import { serve, type ServeOptions } from "../../net/index.ts";
import type { ServiceEntry } from "../../services/index.ts";
import { afterSetup, type HandlerSource } from "./handler-source.ts";

export interface ServiceFlags {
  readonly welcome?: string;
  readonly reply?: string;
  readonly frame?: Codec<string | Uint8Array>;
  readonly messages?: number;
}

export const serviceFlags = ["welcome", "reply", "frame", "messages"] as const;

/** A service, with what the command line says about it. */
export function serviceSource(entry: ServiceEntry, flags: ServiceFlags): HandlerSource {
  const { framing, options, handle, raw } = entry.create({
    welcome: flags.welcome,
    reply: flags.reply,
    framing: flags.frame,
    messagesMax: flags.messages,
  });
  return {
    name: entry.name,
    options,
    // Only a connection with messages can have a layer, such as telnet.
    begin: (settings, meet) =>
      raw !== undefined && meet === undefined
        ? serve(settings as ServeOptions<Uint8Array, Uint8Array>, raw)
        : serve({ ...settings, codec: framing }, afterSetup(meet, handle)),
  };
}
