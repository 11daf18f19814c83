/** The contract of a service: a ready-made handler and the options it needs. */
import type { Clock } from "../base/clock.ts";
import type { Codec } from "../codec/index.ts";
import type { Connection, ConnectionOptions, RawHandler, Server } from "../net/index.ts";

/** The codec of a service: messages as text or bytes. */
export type Framing = Codec<string | Uint8Array>;

/** Options of services; each service uses those that apply to it. */
export interface ServiceOptions {
  /** Sent to each client first, as a line of its own, unless empty. */
  readonly welcome?: string | undefined;
  /** The answer of `reply`; `{line}` stands for the received line. */
  readonly reply?: string | undefined;
  /** The framing; each service has its own default. */
  readonly framing?: Framing | undefined;
  /** Number of messages after which the connection closes. */
  readonly messagesMax?: number | undefined;
  /** The source of time. */
  readonly clock?: Clock | undefined;
}

export interface Service {
  readonly framing: Framing;
  /** Connection options with other defaults than usual. */
  readonly options: ConnectionOptions;
  /**
   * The same service in raw mode, which costs a fraction per chunk. Set unless the options require messages: a framing
   * to check or convert, or a count.
   */
  readonly raw?: RawHandler | undefined;
  readonly handle: (client: ServiceClient, server: Pick<Server, "drainSignal">) => Promise<void>;
}

/** A client's connection, with messages as text or bytes, depending on the framing. */
export type ServiceClient = Connection<string | Uint8Array>;

/**
 * Returns the answer to a datagram, or `undefined` for none. An answer longer than `bytesMax` is not
 * sent.
 */
export type DatagramAnswer = (question: Uint8Array, bytesMax: number) => Uint8Array | undefined;

/** One row of the table of services. */
export interface ServiceEntry {
  readonly name: string;
  readonly brief: string;
  readonly takes: readonly ("welcome" | "reply" | "frame" | "messages")[];
  readonly create: (options: ServiceOptions) => Service;
  /** The same service for datagrams, if it exists; only the option `reply` applies to it. */
  readonly createAnswer?: (options: Pick<ServiceOptions, "reply">) => DatagramAnswer;
}
