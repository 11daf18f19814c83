/**
 * The events on `node:diagnostics_channel`, for whoever watches a process from outside:
 * each on a channel of its own, named `portcall:` and its type.
 *
 * What `onEvent` is told goes out here as well, with the number of its server, since
 * connections are numbered by server. No bytes do. Where nobody has subscribed, an event
 * costs one look.
 */
import { channel, type Channel } from "node:diagnostics_channel";
import { tell, type SocketEvent } from "../base/events.ts";

/** The message on a channel. */
export type DiagnosticEvent = SocketEvent & {
  /** The server's number in this process; `undefined` for what `connect` and datagram sockets do. */
  readonly server: number | undefined;
};

const prefix = "portcall:";

/** Kept here, since Node forgets a channel that nobody holds. */
const channels = new Map<SocketEvent["type"], Channel>();

let lastServer = 0;

/** An observer that publishes what it is told, and tells `onEvent`. */
export function publishing(
  onEvent: ((event: SocketEvent) => void) | undefined,
  role: "client" | "server",
): (event: SocketEvent) => void {
  const server = role === "server" ? ++lastServer : undefined;
  return (event) => {
    const published = channelOf(event.type);
    if (published.hasSubscribers) published.publish({ ...event, server } satisfies DiagnosticEvent);
    tell(onEvent, event);
  };
}

function channelOf(type: SocketEvent["type"]): Channel {
  let found = channels.get(type);
  if (found === undefined) {
    found = channel(prefix + type);
    channels.set(type, found);
  }
  return found;
}
