/**
 * The limits that are not options of `connect`, `serve`, `bindUdp` or `connectUdp`, each with its reason.
 *
 * The defaults of those options are limits too, and are rows of net/options/table.ts. A test reaches each limit. Counts
 * and bytes are whole numbers, timeouts are milliseconds.
 */

/** A limit with its reason. */
export interface Limit {
  /** Bytes and counts are whole numbers; times, whose names end in `Ms`, are milliseconds. */
  readonly value: number;
  /** Why the limit exists, and why it has this value. */
  readonly reason: string;
}

/** The name of a limit that is not an option of those functions. */
export type FixedLimitName =
  | "sourcesMax"
  | "addressesMax"
  | "proxyAnswerBytesMax"
  | "startTlsAnswerBytesMax"
  | "proxyHeaderBytesMax"
  | "proxyHeaderTimeoutMs"
  | "drainMs"
  | "lineBytesMax"
  | "messageBytesMax"
  | "nestingMax"
  | "subnegotiationBytesMax"
  | "telnetAnswersMax"
  | "queueBytesMax"
  | "writeAheadBytes"
  | "dataBeforeResetMs";

export const limits: Readonly<Record<FixedLimitName, Limit>> = {
  sourcesMax: {
    value: 16_384,
    reason:
      "sources whose rate a server remembers (`connectionsPerSourceRate`, replies to datagrams); bounds the memory that many sources can use",
  },
  addressesMax: {
    value: 64,
    reason: "addresses of one name that a connect attempts, families in turn; DNS answers may hold hundreds",
  },
  proxyAnswerBytesMax: {
    value: 16_384,
    reason: "header of a proxy's answer to CONNECT; guards against an answer without end",
  },
  startTlsAnswerBytesMax: {
    value: 65_536,
    reason: "all that a server says before TLS (`startTls`); guards against an answer without end",
  },
  proxyHeaderBytesMax: {
    value: 4_096,
    reason:
      "a PROXY protocol header of version 2; addresses take 216 bytes at most, and nginx has the same limit",
  },
  proxyHeaderTimeoutMs: {
    value: 5_000,
    reason: "time for a PROXY protocol header; a lost packet takes up to 3 s to be sent again",
  },
  drainMs: {
    value: 15_000,
    reason: "time that a closing server gives its clients to finish",
  },
  lineBytesMax: {
    value: 16_384,
    reason: "a longer line is nearly always not text",
  },
  messageBytesMax: {
    value: 8_388_608,
    reason: "larger is nearly always a wrong length prefix",
  },
  nestingMax: {
    value: 100,
    reason: "deeper JSON is usually meant to exhaust the stack of code that walks through it",
  },
  subnegotiationBytesMax: {
    value: 8_192,
    reason: "a telnet subnegotiation is a few bytes to a few hundred",
  },
  telnetAnswersMax: {
    value: 100,
    reason: "replies to one repeated telnet request; a peer that asks more often is in a loop",
  },
  queueBytesMax: {
    value: 1_048_576,
    reason:
      "unsent bytes of one `trySend` receiver, or of a layer's replies; a slow reader must not hold back the others",
  },
  writeAheadBytes: {
    value: 65_536,
    reason: "an awaited write resolves while at most this much is unsent; it is copied",
  },
  dataBeforeResetMs: {
    value: 250,
    reason: "after a failed send, how long to receive the data that the peer sent before its reset",
  },
};
