/**
 * Options of the sockets that an engine makes, as they are given across the seam.
 */

/** Options of every stream socket; those that may be left out are then as the system has them. */
export interface WireOptions {
  /** Small writes go at once (TCP_NODELAY). */
  readonly noDelay: boolean;
  /** Idle time before the kernel asks whether the peer lives, in whole seconds, rounded up; 0 turns it off. */
  readonly keepAliveMs: number;
  /** Between two of these questions (TCP_KEEPINTVL); a second unless given. */
  readonly keepAliveIntervalMs?: number | undefined;
  /** How many of them go without an answer before it is over (TCP_KEEPCNT); 10 unless given. */
  readonly keepAliveProbes?: number | undefined;
  /** How long what was sent may go unacknowledged (TCP_USER_TIMEOUT). */
  readonly userTimeoutMs?: number | undefined;
  /** What the kernel holds of what has come, and was not read (SO_RCVBUF); it doubles the number. */
  readonly receiveBufferBytes?: number | undefined;
  /** What the kernel holds of what was sent, and is not acknowledged (SO_SNDBUF); it doubles the number. */
  readonly sendBufferBytes?: number | undefined;
}

/** Options of one attempt to connect. */
export interface WireConnectOptions extends WireOptions {
  /** The local address to connect from, if it matters. */
  readonly from: { readonly host: string | undefined; readonly port: number | undefined } | undefined;
}

/** Options of a listener; those that sockets have are its clients'. */
export interface WireListenOptions extends WireOptions {
  readonly backlog: number;
  /** On an IPv6 address: do not take IPv4 clients too. */
  readonly ipv6Only: boolean;
  /** Lets others who ask for it too listen on the same address (SO_REUSEPORT). */
  readonly reusePort?: boolean | undefined;
  /** In a worker of node:cluster: do not share the address with the other workers. */
  readonly exclusive?: boolean | undefined;
}

/** The options that not every engine has. */
export type EngineOption =
  | "keepAliveIntervalMs"
  | "keepAliveProbes"
  | "userTimeoutMs"
  | "receiveBufferBytes"
  | "sendBufferBytes"
  | "reusePort"
  | "fd";

/** Those of every stream socket, which TCP alone has. */
export const tcpOptions: readonly EngineOption[] = [
  "keepAliveIntervalMs",
  "keepAliveProbes",
  "userTimeoutMs",
  "receiveBufferBytes",
  "sendBufferBytes",
];

/** The kernel counts keep-alive in seconds, 32767 at most; less than one is rounded up, because 0 would mean its default of two hours. */
export function wholeSeconds(ms: number): number {
  return Math.ceil(Math.min(ms, 32_767_000) / 1000);
}
