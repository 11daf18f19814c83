/**
 * Every limit and deadline of the library, with its reason.
 *
 * A row here is the default of the option of the same name, where there is one;
 * each is reached by a test, and the reference page of limits is printed from this table. Counts and
 * bytes are whole numbers, deadlines are milliseconds; `Infinity` turns one off.
 */

export interface Limit {
  readonly value: number;
  /** Why it is there, and why this much. */
  readonly reason: string;
}

/** The name of a limit. */
export type LimitName =
  | "connectionsMax"
  | "descriptorReserve"
  | "sourcesMax"
  | "backlog"
  | "resolveTimeoutMs"
  | "connectTimeoutMs"
  | "attemptDelayMs"
  | "addressesMax"
  | "handshakeTimeoutMs"
  | "proxyAnswerBytesMax"
  | "firstByteTimeoutMs"
  | "idleTimeoutMs"
  | "clientIdleTimeoutMs"
  | "messageTimeoutMs"
  | "writeStallTimeoutMs"
  | "halfCloseTimeoutMs"
  | "lingerTimeoutMs"
  | "drainMs"
  | "lineBytesMax"
  | "messageBytesMax"
  | "nestingMax"
  | "subnegotiationBytesMax"
  | "telnetAnswersMax"
  | "readBufferBytesMax"
  | "receiveQueueBytesMax"
  | "writeQueueBytesMax"
  | "totalWriteQueueBytesMax"
  | "queueBytesMax"
  | "writeAheadBytes"
  | "keepAliveMs"
  | "lastWordsMs";

export const limits: Readonly<Record<LimitName, Limit>> = {
  connectionsMax: {
    value: 10_000,
    reason: "connections that one server holds at once; always kept below the descriptor limit as well",
  },
  descriptorReserve: {
    value: 32,
    reason: "descriptors that a server leaves free for files, pipes and look-ups of the same process",
  },
  sourcesMax: {
    value: 16_384,
    reason:
      "sources whose rate a server remembers (`connectionsPerSourceRate`, answers to datagrams); whoever comes from more of them must not fill the memory",
  },
  backlog: {
    value: 1024,
    reason: "clients that the kernel lets wait for `accept`; it caps the number at its somaxconn",
  },
  resolveTimeoutMs: {
    value: 15_000,
    reason:
      "the system asks the second name server after 5 s and the third after 10 s; less would fail while one of them is down",
  },
  connectTimeoutMs: {
    value: 10_000,
    reason: "covers three lost SYN packets; a route slower than that is broken",
  },
  attemptDelayMs: {
    value: 250,
    reason: "head start of one address over the next (RFC 8305, section 5)",
  },
  addressesMax: {
    value: 64,
    reason:
      "addresses of one name that one connect tries, with the families in turn; DNS answers may hold hundreds",
  },
  handshakeTimeoutMs: {
    value: 15_000,
    reason: "a proxy has to connect to the target before it can answer: the time for that, and a little more",
  },
  proxyAnswerBytesMax: {
    value: 16_384,
    reason: "the header of a proxy's answer to CONNECT; what never ends is no answer",
  },
  firstByteTimeoutMs: {
    value: 60_000,
    reason: "a client that connects and says nothing must not hold a place for ever",
  },
  idleTimeoutMs: {
    value: 60_000,
    reason: "on servers: the longest wait for a silent peer; only the peer's bytes count",
  },
  clientIdleTimeoutMs: {
    value: 300_000,
    reason: "`idleTimeoutMs` and `firstByteTimeoutMs` of a client: servers may be silent longer than clients",
  },
  messageTimeoutMs: {
    value: 30_000,
    reason: "from the first byte of a message to its last, so that a slow drip cannot hold a place",
  },
  writeStallTimeoutMs: {
    value: 30_000,
    reason: "a peer that takes nothing for that long does not read",
  },
  halfCloseTimeoutMs: {
    value: 60_000,
    reason: "one direction has ended and nothing moves in the other",
  },
  lingerTimeoutMs: {
    value: 2_000,
    reason:
      "after our FIN, how long the peer's late bytes are taken and thrown away, so that no RST destroys our last words",
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
  readBufferBytesMax: {
    value: 65_536,
    reason: "bytes taken in before a reader asks; past it the peer is made to wait",
  },
  receiveQueueBytesMax: {
    value: 1_048_576,
    reason:
      "datagrams that wait for a reader, each with 256 bytes for what it costs besides its own; those beyond are dropped and counted",
  },
  writeQueueBytesMax: {
    value: 67_108_864,
    reason:
      "bytes that wait on one connection for writers that do not wait for each other, each write with 256 bytes for what it costs besides its own; a loop that awaits nothing must not fill the memory",
  },
  totalWriteQueueBytesMax: {
    value: 1_073_741_824,
    reason:
      "the same on all connections of a server together; past it, the connection with the longest queue is closed",
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
  keepAliveMs: {
    value: 15_000,
    reason: "idle time before the kernel asks whether the peer still lives (TCP keep-alive)",
  },
  lastWordsMs: {
    value: 250,
    reason: "after a failed send, how long to go on receiving what the peer said before it went",
  },
};
