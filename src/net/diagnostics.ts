/**
 * Events on `node:diagnostics_channel`, for observers outside the program's own code. Each type has its
 * own channel, `portcall:` and the type.
 *
 * Everything passed to `onEvent` is published here too, with the number of its server, because connection
 * numbers are unique only within one server. Bytes are not published. Without subscribers, an event costs
 * one check.
 */
import { channel, type Channel } from "node:diagnostics_channel";
import { emit, type SocketEvent } from "../base/events.ts";

/** The message on a diagnostics channel: an event, and the server that it belongs to. */
export type DiagnosticEvent = SocketEvent & {
  /** The server's number in this process; `undefined` for `connect` and datagram sockets. */
  readonly server: number | undefined;
};

const prefix = "portcall:";

/** Keeps references, because Node drops channels without any. */
const channels = new Map<SocketEvent["type"], Channel>();

let lastServer = 0;

/** The observers of events. */
export interface Watch {
  /** Publishes the event and passes it to the observer. */
  readonly onEvent: (event: SocketEvent) => void;
  /** Whether an event of this type has an observer; otherwise it need not be created. */
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
