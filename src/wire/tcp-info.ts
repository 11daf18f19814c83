/**
 * The kernel's figures about a TCP connection (TCP_INFO).
 */

/** The state of a TCP connection, as in RFC 9293. */
export type TcpState =
  | "established"
  | "syn-sent"
  | "syn-received"
  | "fin-wait-1"
  | "fin-wait-2"
  | "time-wait"
  | "closed"
  | "close-wait"
  | "last-ack"
  | "listen"
  | "closing";

/**
 * The kernel's current figures about a connection. A field is `undefined` if this kernel does not report it, or not
 * yet.
 */
export interface TcpInfo {
  /** The state of the connection. */
  readonly state: TcpState | undefined;
  /** Smoothed round-trip time, in milliseconds with fractions. */
  readonly rttMs: number | undefined;
  /** Variation of the round-trip time. */
  readonly rttVarMs: number | undefined;
  /** The lowest recent round-trip time. */
  readonly minRttMs: number | undefined;
  /** Retransmission timeout. */
  readonly retransmitTimeoutMs: number | undefined;
  /** How often the oldest unacknowledged segment has been retransmitted; 0 after an acknowledgement. */
  readonly retransmitsPending: number | undefined;
  /** Segments ever retransmitted. */
  readonly retransmitsTotal: number | undefined;
  /** Unanswered keep-alive and window probes. */
  readonly probesPending: number | undefined;
  /** Congestion window: segments that may be in flight. */
  readonly congestionWindowSegments: number | undefined;
  /** Slow-start threshold; `undefined` while no segment was lost. */
  readonly slowStartThresholdSegments: number | undefined;
  /** Segments sent and not acknowledged. */
  readonly unackedSegments: number | undefined;
  /** Of these, segments considered lost. */
  readonly lostSegments: number | undefined;
  /** The largest segment that is sent. */
  readonly sendMssBytes: number | undefined;
  /** The path MTU, as far as it is known. */
  readonly pathMtuBytes: number | undefined;
  /** The most recent delivery rate. */
  readonly deliveryRateBytesPerSecond: number | undefined;
  /** Bytes that the peer has acknowledged; SYN and FIN may count as one each. */
  readonly bytesAcked: number | undefined;
  /** Bytes received, read or not. */
  readonly bytesReceived: number | undefined;
  /** Bytes retransmitted. */
  readonly bytesRetransmitted: number | undefined;
  /** Bytes that the kernel has taken and not sent for the first time yet. */
  readonly bytesNotSent: number | undefined;
  /** Since this side last sent data. */
  readonly sinceSentMs: number | undefined;
  /** Since data last arrived. */
  readonly sinceReceivedMs: number | undefined;
}
