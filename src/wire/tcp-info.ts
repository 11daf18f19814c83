/**
 * What the kernel knows of a TCP connection (TCP_INFO).
 */

/** Where a TCP connection stands, by RFC 9293. */
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

/** What the kernel knows of a connection now. A field is `undefined` where this kernel does not tell, or not yet. */
export interface TcpInfo {
  /** Where it stands. */
  readonly state: TcpState | undefined;
  /** How long an answer takes to come, smoothed; milliseconds with fractions. */
  readonly rttMs: number | undefined;
  /** By how much that varies. */
  readonly rttVarMs: number | undefined;
  /** The shortest there was of late. */
  readonly minRttMs: number | undefined;
  /** After which silence what was sent is sent again. */
  readonly retransmitTimeoutMs: number | undefined;
  /** How often what waits for an acknowledgement has been sent again; 0 when one comes. */
  readonly retransmitsPending: number | undefined;
  /** Segments ever sent again. */
  readonly retransmitsTotal: number | undefined;
  /** Questions whether the peer lives, or has room, that it has not answered. */
  readonly probesPending: number | undefined;
  /** How much may be under way, by what the network has borne so far. */
  readonly congestionWindowSegments: number | undefined;
  /** Up to where that grows fast; `undefined` while nothing was ever lost. */
  readonly slowStartThresholdSegments: number | undefined;
  /** Sent and not acknowledged. */
  readonly unackedSegments: number | undefined;
  /** Of these, taken for lost. */
  readonly lostSegments: number | undefined;
  /** The largest segment that is sent. */
  readonly sendMssBytes: number | undefined;
  /** The largest packet that the way there takes, as far as is known. */
  readonly pathMtuBytes: number | undefined;
  /** How fast the peer got it of late. */
  readonly deliveryRateBytesPerSecond: number | undefined;
  /** What the peer has acknowledged; SYN and FIN may count as one each. */
  readonly bytesAcked: number | undefined;
  /** What has come, read or not. */
  readonly bytesReceived: number | undefined;
  /** What was sent again. */
  readonly bytesRetransmitted: number | undefined;
  /** What the kernel has taken, and not sent for the first time yet. */
  readonly bytesNotSent: number | undefined;
  /** Since we last sent any bytes. */
  readonly sinceSentMs: number | undefined;
  /** Since the peer's last bytes came. */
  readonly sinceReceivedMs: number | undefined;
}
