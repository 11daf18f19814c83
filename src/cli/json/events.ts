/**
 * Events in JSON: every event of the library, by its type, with the shape of each of its
 * fields. The compiler refuses this table when an event or a field is missing.
 */
import type { BytesEvent, DatagramBytesEvent, SocketEvent } from "../../base/events.ts";
import {
  address,
  attempt,
  bytes,
  count,
  countOrNone,
  datagramCloseInfo,
  durationMs,
  closeInfo,
  list,
  netError,
  object,
  oneOf,
  orNull,
  text,
  type Fields,
  type Schema,
  type Shape,
} from "./shapes.ts";

export type AnyEvent = SocketEvent | BytesEvent | DatagramBytesEvent;
type Own<Event> = Omit<Event, "type" | "atMs">;

type EventFields = {
  readonly [Type in AnyEvent["type"]]: Fields<Own<Extract<AnyEvent, { type: Type }>>>;
};

const bytesFields: EventFields["bytesReceived"] = { connection: count, bytes };

const datagramFields: EventFields["datagramBytesReceived"] = { socket: count, peer: address, bytes };

const eventFields: EventFields = {
  resolveStarted: { host: text },
  resolved: { host: text, addresses: list(text), durationMs },
  resolveFailed: { host: text, error: netError, durationMs },
  attemptStarted: { address: text },
  attemptEnded: { attempt },
  handshakeStarted: { proxy: text, target: text },
  handshakeEnded: { proxy: text, target: text, durationMs, error: orNull(netError) },
  startTlsSent: { protocol: text, text },
  startTlsReceived: { protocol: text, text },
  retryScheduled: { tries: count, delayMs: durationMs, error: netError },
  connectFailed: { error: netError },
  opened: {
    connection: count,
    role: oneOf("client", "server"),
    local: address,
    remote: orNull(address),
    durationMs,
  },
  finReceived: { connection: count },
  finSent: { connection: count },
  handlerFailed: { connection: count, error: netError },
  closed: { connection: count, closeInfo },
  listening: { address, backlog: countOrNone },
  acceptFailed: { error: netError },
  refused: {
    remote: orNull(address),
    reason: oneOf("address", "connections", "source", "rate", "descriptors"),
    connections: count,
    limit: countOrNone,
  },
  proxyHeaderFailed: { remote: orNull(address), error: netError },
  tlsHandshakeFailed: { remote: orNull(address), error: netError },
  acceptingPaused: { reason: oneOf("concurrency", "requested") },
  acceptingResumed: {},
  draining: { connections: count, drainMs: durationMs },
  serverClosed: { connectionsTotal: count },
  bytesReceived: bytesFields,
  bytesSent: bytesFields,
  datagramsOpened: { socket: count, addresses: list(address), remote: orNull(address) },
  datagramReceived: { socket: count, from: address, local: address, length: count },
  datagramSent: { socket: count, to: address, length: count },
  datagramsDropped: { socket: count, count, limit: countOrNone },
  datagramRefused: { socket: count, error: netError },
  datagramsClosed: { socket: count, closeInfo: datagramCloseInfo },
  datagramBytesReceived: datagramFields,
  datagramBytesSent: datagramFields,
};

/** An event as it is printed: `atMs` is counted from the start of the command. */
type TimedEvent = AnyEvent & { readonly time: string };

const shapes = new Map<string, Shape<TimedEvent>>(
  Object.entries(eventFields).map(([type, fields]) => [
    type,
    object({ type: oneOf(type), time: text, atMs: durationMs, ...fields }),
  ]),
);

export function eventJson(event: TimedEvent): unknown {
  return shapes.get(event.type)?.write(event);
}

export function eventSchemas(): ReadonlyMap<string, Schema> {
  return new Map([...shapes].map(([type, { schema }]) => [type, schema]));
}
