/**
 * The events on `node:diagnostics_channel`, for whoever watches a process from outside:
 * each on a channel of its own, named `portcall:` and its type.
 *
 * What `onEvent` is told goes out here as well, with the number of its server, since
 * connections are numbered by server. No bytes do. Where nobody has subscribed, an event
 * costs one look.
 */
import { channel, type Channel } from "node:diagnostics_channel";
import { emit, type SocketEvent } from "../base/events.ts";

/** The message on a channel. */
export type DiagnosticEvent = SocketEvent & {
  /** The server's number in this process; `undefined` for what `connect` and datagram sockets do. */
  readonly server: number | undefined;
};

const prefix = "portcall:";

/** Kept here, since Node forgets a channel that nobody holds. */
const channels = new Map<SocketEvent["type"], Channel>();

let lastServer = 0;

/** Who is told of events, and whether there is anybody. */
export interface Watch {
  /** Publishes what it is told, and tells the observer that was given. */
  readonly onEvent: (event: SocketEvent) => void;
  /** Whether anybody wants to know: if not, an event need not even be made. */
  readonly isWatched: (type: SocketEvent["type"]) => boolean;
}

export function watch(onEvent: ((event: SocketEvent) => void) | undefined, role: "client" | "server"): Watch {
  const server = role === "server" ? ++lastServer : undefined;
  return {
    onEvent: (event) => {
      const published = channelOf(event.type);
      if (published.hasSubscribers) published.publish({ ...event, server } satisfies DiagnosticEvent);
      emit(onEvent, event);
    },
    isWatched: (type) => onEvent !== undefined || channelOf(type).hasSubscribers,
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
