/**
 * Options of the sockets that an engine makes.
 */

/** Options of every stream socket. Optional ones keep the system's default. */
export interface WireOptions {
  /** Send small writes at once (TCP_NODELAY). */
  readonly noDelay: boolean;
  /** Idle time before the kernel probes the peer, in whole seconds, rounded up; 0 turns probes off. */
  readonly keepAliveMs: number;
  /** Time between two probes (TCP_KEEPINTVL). Default: a second. */
  readonly keepAliveIntervalMs?: number | undefined;
  /** Unanswered probes before the connection fails (TCP_KEEPCNT). Default: 10. */
  readonly keepAliveProbes?: number | undefined;
  /** How long sent data may stay unacknowledged (TCP_USER_TIMEOUT). */
  readonly userTimeoutMs?: number | undefined;
  /** Size of the kernel's receive buffer (SO_RCVBUF). The kernel doubles the number. */
  readonly receiveBufferBytes?: number | undefined;
  /** Size of the kernel's send buffer (SO_SNDBUF). The kernel doubles the number. */
  readonly sendBufferBytes?: number | undefined;
}

/** Options of one attempt to connect. */
export interface WireConnectOptions extends WireOptions {
  /** IP address of this machine to connect from. Default: the system chooses. */
  readonly localAddress?: string | undefined;
  /** Port to connect from. Default: the system chooses. */
  readonly localPort?: number | undefined;
}

/** Options of a listener. The socket options apply to its clients. */
export interface WireListenOptions extends WireOptions {
  /** Clients that the kernel queues until they are accepted. */
  readonly backlog: number;
  /** On an IPv6 address: do not accept IPv4 clients. */
  readonly ipv6Only: boolean;
  /** Lets other sockets that set this listen on the same address (SO_REUSEPORT). */
  readonly reusePort?: boolean | undefined;
  /** In a worker of node:cluster: do not share the address with the other workers. */
  readonly exclusive?: boolean | undefined;
}

/** Options that only some engines support. */
export type EngineOption =
  | "keepAliveIntervalMs"
  | "keepAliveProbes"
  | "userTimeoutMs"
  | "receiveBufferBytes"
  | "sendBufferBytes"
  | "reusePort"
  | "fd";

/** Those of every stream socket, for TCP only. */
export const tcpOptions: readonly EngineOption[] = [
  "keepAliveIntervalMs",
  "keepAliveProbes",
  "userTimeoutMs",
  "receiveBufferBytes",
  "sendBufferBytes",
];

/**
 * The kernel counts keep-alive in seconds, up to 32767. Less than a second is rounded up, because 0 would mean the
 * default of two hours.
 */
export function wholeSeconds(ms: number): number {
  return Math.ceil(Math.min(ms, 32_767_000) / 1000);
}
