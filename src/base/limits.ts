/**
 * The limits that are no options of `connect`, `serve`, `bindUdp` or `connectUdp`, each with its reason.
 *
 * The defaults of those options are limits too, and are rows of net/options/table.ts. A test reaches each limit. Counts
 * and bytes are whole numbers, time-outs are milliseconds.
 */

export interface Limit {
  readonly value: number;
  /** Why it is there, and why this much. */
  readonly reason: string;
}

/** The name of a limit that is no option of those functions. */
export type FixedLimitName =
  | "sourcesMax"
  | "addressesMax"
  | "proxyAnswerBytesMax"
  | "drainMs"
  | "lineBytesMax"
  | "messageBytesMax"
  | "nestingMax"
  | "subnegotiationBytesMax"
  | "telnetAnswersMax"
  | "queueBytesMax"
  | "writeAheadBytes"
  | "lastWordsMs";

export const limits: Readonly<Record<FixedLimitName, Limit>> = {
  sourcesMax: {
    value: 16_384,
    reason:
      "sources whose rate a server remembers (`connectionsPerSourceRate`, answers to datagrams); whoever comes from more of them must not fill the memory",
  },
  addressesMax: {
    value: 64,
    reason:
      "addresses of one name that one connect tries, with the families in turn; DNS answers may hold hundreds",
  },
  proxyAnswerBytesMax: {
    value: 16_384,
    reason: "the header of a proxy's answer to CONNECT; what never ends is no answer",
  },
  drainMs: {
    value: 15_000,
    reason: "a closing server lets its clients finish for that long",
  },
  lineBytesMax: {
    value: 16_384,
    reason: "a longer line is nearly always something that is no line",
  },
  messageBytesMax: {
    value: 8_388_608,
    reason: "larger is nearly always a wrong length prefix",
  },
  nestingMax: {
    value: 100,
    reason: "JSON that nests deeper is made to exhaust the stack of whoever walks through it",
  },
  subnegotiationBytesMax: {
    value: 8_192,
    reason: "what telnet programs tell each other about an option is a few bytes to a few hundred",
  },
  telnetAnswersMax: {
    value: 100,
    reason:
      "answers to one telnet request that comes again and again; a peer that asks more often is in a loop",
  },
  queueBytesMax: {
    value: 1_048_576,
    reason:
      "bytes that wait for one receiver of `trySend`, or for a peer that a layer answers; one that does not read must not hold back the others",
  },
  writeAheadBytes: {
    value: 65_536,
    reason: "an awaited write resolves while no more than this waits to be sent, as a copy",
  },
  lastWordsMs: {
    value: 250,
    reason: "after a failed send, how long to go on receiving what the peer said before it went",
  },
};
