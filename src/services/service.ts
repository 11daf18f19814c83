/**
 * The contract of a service: a ready-made handler, and what it needs around it.
 */
import type { Clock } from "../base/clock.ts";
import type { Codec } from "../codec/index.ts";
import type { Connection, ConnectionOptions, RawHandler, Server } from "../net/index.ts";

/** How messages are cut out of the stream: as text or as bytes. */
export type Framing = Codec<string | Uint8Array>;

/** What a user may set on a service; each takes what it can use. */
export interface ServiceOptions {
  /** Sent to each client first; a line of its own, unless empty. */
  readonly welcome?: string | undefined;
  /** What `reply` answers; `{line}` stands for what came. */
  readonly reply?: string | undefined;
  /** How messages are cut; each service has its own default. */
  readonly framing?: Framing | undefined;
  /** Messages after which a client is closed. */
  readonly messagesMax?: number | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/** A service, ready to be handed to `serve`. */
export interface Service {
  /** How it reads and writes. */
  readonly framing: Framing;
  /** Connection options that it needs other than the usual. */
  readonly options: ConnectionOptions;
  /**
   * The same service in raw mode, at a fraction of the cost for each chunk. Set unless the options need messages: a
   * framing to check or to convert, or a count.
   */
  readonly raw?: RawHandler | undefined;
  readonly handle: (client: ServiceClient, server: Pick<Server, "drainSignal">) => Promise<void>;
}

/** A client as a service sees it: text or bytes, as its framing says. */
export type ServiceClient = Connection<string | Uint8Array>;

/**
 * How a service answers a datagram; `undefined` for not at all. An answer longer than
 * `bytesMax` will not be sent.
 */
export type DatagramAnswer = (question: Uint8Array, bytesMax: number) => Uint8Array | undefined;

/** One row of the table of services. */
export interface ServiceEntry {
  readonly name: string;
  /** What it does, in one line. */
  readonly brief: string;
  /** The options that mean something to it. */
  readonly takes: readonly ("welcome" | "reply" | "frame" | "messages")[];
  readonly create: (options: ServiceOptions) => Service;
  /** The same for datagrams, where there is such a thing; of the options, `reply` alone means something to it. */
  readonly createAnswer?: (options: Pick<ServiceOptions, "reply">) => DatagramAnswer;
}
