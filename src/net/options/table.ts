/**
 * The options of `connect`, `serve`, `bindUdp` and `connectUdp`, one row each.
 *
 * The checks of names and values, the defaults, the limits, the reference pages and the values of the command's flags
 * are made from these rows. The interfaces beside this file document what an option does; the compiler compares them
 * with the rows in test/net/options/table.test.ts.
 */
import type { Call, OptionRow } from "./option-row.ts";

export const optionTable = {
  host: { kind: "text", calls: ["serve", "bindUdp"], default: "127.0.0.1" },
  port: { kind: "port", calls: ["serve", "bindUdp"], default: 0 },
  path: { kind: "text", calls: ["serve"] },
  fd: {
    kind: "integer",
    calls: ["serve"],
    least: 0,
    engines: ["epoll", "io_uring", "portable"],
    flag: "--fd",
  },
  codec: { kind: "codec", calls: ["connect", "serve"], otherwise: "bytes" },
  signal: { kind: "signal", calls: ["connect", "serve", "connectUdp"] },
  family: { kind: "family", calls: ["connect", "connectUdp"], otherwise: "both" },
  localAddress: {
    kind: "text",
    calls: ["connect", "connectUdp"],
    otherwise: "the system chooses",
    flag: "-s",
  },
  localPort: { kind: "port", calls: ["connect", "connectUdp"], otherwise: "the system chooses", flag: "-p" },
  backlog: {
    kind: "limit",
    calls: ["serve"],
    least: 0,
    default: 1_024,
    why: "clients that the kernel queues until `accept`; the kernel caps it at its somaxconn",
    flag: "--backlog",
  },
  ipv6Only: { kind: "switch", calls: ["serve", "bindUdp"], default: false },
  reusePort: {
    kind: "switch",
    calls: ["serve"],
    default: false,
    engines: ["epoll", "io_uring"],
    notUnix: "and has no port",
    flag: "--reuse-port",
  },
  reuseAddress: { kind: "switch", calls: ["bindUdp"], default: false },
  exclusive: { kind: "switch", calls: ["serve"], default: false },

  concurrency: { kind: "limit", calls: ["serve"], default: "unlimited", flag: "--concurrency" },
  connectionsMax: {
    kind: "limit",
    calls: ["serve"],
    default: 10_000,
    why: "connections that one server holds at once; always kept below the descriptor limit as well",
  },
  connectionsPerSourceMax: {
    kind: "limit",
    calls: ["serve"],
    default: "unlimited",
    notUnix: "whose clients have no address",
    flag: "--per-source",
  },
  connectionsPerSourceRate: {
    kind: "object",
    calls: ["serve"],
    otherwise: "unlimited",
    notUnix: "whose clients have no address",
  },
  allow: {
    kind: "addressBlocks",
    calls: ["serve"],
    otherwise: "all",
    notUnix: "whose clients have no address",
    flag: "--allow",
  },
  deny: {
    kind: "addressBlocks",
    calls: ["serve"],
    otherwise: "none",
    notUnix: "whose clients have no address",
    flag: "--deny",
  },
  acceptMax: { kind: "limit", calls: ["serve"], default: "unlimited", flag: "--connections" },
  descriptorReserve: {
    kind: "limit",
    calls: ["serve"],
    least: 0,
    default: 32,
    why: "descriptors that a server leaves free for files, pipes and look-ups of the same process",
  },
  refusal: { kind: "message", calls: ["serve"], default: "" },
  farewell: { kind: "message", calls: ["serve"] },

  resolver: {
    kind: "function",
    calls: ["connect", "serve", "bindUdp", "connectUdp"],
    otherwise: "the system's",
  },
  resolveTimeoutMs: {
    kind: "timeout",
    calls: ["connect", "serve", "bindUdp", "connectUdp"],
    default: 15_000,
    why: "the system asks the second name server after 5 s and the third after 10 s; less would fail while one of them is down",
    flag: "-w",
  },
  connectTimeoutMs: {
    kind: "timeout",
    calls: ["connect"],
    default: 10_000,
    why: "covers three lost SYN packets; a route slower than that is broken",
    flag: "-w",
  },
  attemptDelayMs: {
    kind: "timeout",
    calls: ["connect"],
    default: 250,
    why: "head start of one address over the next (RFC 8305, section 5)",
  },
  proxy: { kind: "text", calls: ["connect"], otherwise: "none", flag: "-x" },
  proxyProtocol: { kind: "object", calls: ["connect", "serve"], otherwise: "none", flag: "--proxy-protocol" },
  proxyTimeoutMs: {
    kind: "timeout",
    calls: ["connect"],
    default: 15_000,
    why: "a proxy connects to the target before it answers: the time for that, and a little more",
    flag: "-w",
  },
  tls: { kind: "object", calls: ["connect", "serve"], otherwise: "none", flag: "--tls" },
  startTls: {
    kind: "protocol",
    calls: ["connect"],
    otherwise: "TLS from the first byte",
    flag: "--starttls",
  },
  startTlsTimeoutMs: {
    kind: "timeout",
    calls: ["connect"],
    default: 30_000,
    why: "mail servers delay their greeting, some by twenty seconds, because few senders of spam wait for it",
    flag: "-w",
  },
  tlsHandshakeTimeoutMs: {
    kind: "timeout",
    calls: ["connect", "serve"],
    default: 5_000,
    why: "a handshake takes two round trips and a few milliseconds; a peer that needs longer does not speak TLS",
    flag: "-w",
  },
  retry: {
    kind: "function",
    calls: ["connect"],
    otherwise: "one attempt",
    madeBy: "backoff()",
    flag: "--retry",
  },
  establishTimeoutMs: { kind: "timeout", calls: ["connect"], default: "unlimited", flag: "--wait" },

  firstByteTimeoutMs: {
    kind: "timeout",
    calls: ["connect", "serve"],
    default: { connect: 300_000, serve: 60_000 },
    why: "a client that connects and sends nothing must not hold a connection for ever",
    flag: "-w",
  },
  idleTimeoutMs: {
    kind: "timeout",
    calls: ["connect", "serve", "bindUdp", "connectUdp"],
    default: { connect: 300_000, serve: 60_000, bindUdp: "unlimited", connectUdp: 300_000 },
    why: "on servers: the longest wait for a silent peer; only bytes from the peer count",
    flag: "-w",
  },
  inactivityTimeoutMs: {
    kind: "timeout",
    calls: ["connect", "serve", "bindUdp", "connectUdp"],
    default: "unlimited",
    flag: "-w",
  },
  messageTimeoutMs: {
    kind: "timeout",
    calls: ["connect", "serve"],
    default: 30_000,
    why: "from the first byte of a message to its last, so that a slow drip cannot hold a connection",
  },
  writeStallTimeoutMs: {
    kind: "timeout",
    calls: ["connect", "serve"],
    default: 30_000,
    why: "a peer that accepts no bytes for that long does not read",
  },
  halfCloseTimeoutMs: {
    kind: "timeout",
    calls: ["connect", "serve"],
    default: 60_000,
    why: "one direction has ended and nothing moves in the other",
  },
  lingerTimeoutMs: {
    kind: "timeout",
    calls: ["connect", "serve"],
    default: 2_000,
    why: "after our FIN, how long late bytes from the peer are received and discarded, so that no RST destroys what we sent last",
  },
  readBufferBytesMax: {
    kind: "limit",
    calls: ["connect", "serve"],
    default: 65_536,
    why: "bytes received before a reader asks; beyond it, receiving pauses",
  },
  receiveQueueBytesMax: {
    kind: "limit",
    calls: ["bindUdp", "connectUdp"],
    default: 1_048_576,
    why: "datagrams that wait for a reader, with 256 bytes of overhead each; those beyond are dropped and counted",
  },
  writeQueueBytesMax: {
    kind: "limit",
    calls: ["connect", "serve", "bindUdp", "connectUdp"],
    default: 67_108_864,
    why: "bytes queued on one connection by writers that do not await each other, with 256 bytes of overhead for each write; a loop that awaits nothing must not fill the memory",
  },
  totalWriteQueueBytesMax: {
    kind: "limit",
    calls: ["serve"],
    default: 1_073_741_824,
    why: "the same on all connections of a server together; beyond it, the connection with the longest queue is closed",
  },

  noDelay: { kind: "switch", calls: ["connect", "serve"], default: true },
  keepAliveMs: {
    kind: "integer",
    calls: ["connect", "serve"],
    least: 0,
    most: 32_767_000,
    orInfinity: true,
    default: 15_000,
    why: "idle time before the kernel probes whether the peer still answers (TCP keep-alive)",
  },
  keepAliveIntervalMs: {
    kind: "integer",
    calls: ["connect", "serve"],
    most: 32_767_000,
    otherwise: "1 s",
    engines: ["epoll", "io_uring"],
    notUnix: "and this is for TCP",
  },
  keepAliveProbes: {
    kind: "integer",
    calls: ["connect", "serve"],
    most: 127,
    otherwise: "10",
    engines: ["epoll", "io_uring"],
    notUnix: "and this is for TCP",
  },
  userTimeoutMs: {
    kind: "integer",
    calls: ["connect", "serve"],
    most: 2_147_483_647,
    otherwise: "the kernel's",
    engines: ["epoll", "io_uring"],
    notUnix: "and this is for TCP",
  },
  receiveBufferBytes: {
    kind: "integer",
    calls: ["connect", "serve"],
    most: 1_073_741_823,
    otherwise: "the kernel's",
    engines: ["epoll", "io_uring"],
    notUnix: "and this is for TCP",
  },
  sendBufferBytes: {
    kind: "integer",
    calls: ["connect", "serve"],
    most: 1_073_741_823,
    otherwise: "the kernel's",
    engines: ["epoll", "io_uring"],
    notUnix: "and this is for TCP",
  },

  ttl: { kind: "integer", calls: ["bindUdp", "connectUdp"], most: 255, otherwise: "the system's" },
  broadcast: { kind: "switch", calls: ["bindUdp", "connectUdp"], default: false, flag: "--broadcast" },
  multicast: { kind: "object", calls: ["bindUdp", "connectUdp"], flag: "--interface" },

  engine: {
    kind: "engine",
    calls: ["connect", "serve", "bindUdp", "connectUdp"],
    otherwise: "`PORTCALL_ENGINE`, else auto",
    flag: "--engine",
  },
  clock: { kind: "clock", calls: ["connect", "serve", "bindUdp", "connectUdp"], otherwise: "the system's" },
  onEvent: { kind: "function", calls: ["connect", "serve", "bindUdp", "connectUdp"] },
  onBytes: { kind: "function", calls: ["connect", "serve"] },
  onDatagram: { kind: "function", calls: ["bindUdp", "connectUdp"] },
  onError: { kind: "function", calls: ["serve"] },
} as const;

type Table = typeof optionTable;

/** The name of an option. */
export type OptionName = keyof Table;

/** The names of the options that a function takes. */
export type OptionsOf<Of extends Call> = {
  [Name in OptionName]: Of extends Table[Name]["calls"][number] ? Name : never;
}[OptionName];

/** Those of them that have a default. */
export type Defaulted<Of extends Call> = {
  [Name in OptionsOf<Of>]: Table[Name] extends { readonly default: unknown } ? Name : never;
}[OptionsOf<Of>];

/** Those of all functions whose default has a reason: the limits. */
export type LimitOption = {
  [Name in OptionName]: Table[Name] extends { readonly why: string } ? Name : never;
}[OptionName];

const rows: Readonly<Record<OptionName, OptionRow>> = optionTable;

export function rowOf(name: OptionName): OptionRow {
  return rows[name];
}

/** All names, in the order of the table. */
export const optionNames: readonly OptionName[] = Object.keys(optionTable) as OptionName[];

/** The names of the options that a function takes. */
export function optionsOf(call: Call): readonly OptionName[] {
  return optionNames.filter((name) => rows[name].calls.includes(call));
}

/** The default of an option for one function; `undefined` if it has none. */
export function defaultOf(name: OptionName, call: Call): number | string | boolean | undefined {
  const stated = rows[name].default;
  const value = typeof stated === "object" ? stated[call] : stated;
  return value === "unlimited" ? Infinity : value;
}
