/**
 * The pages of docs/reference/api, and the exports on each, in the order in which they read best.
 */
export interface Topic {
  /** The page's name, without its ending. */
  readonly page: string;
  readonly title: string;
  /** Pages about the same thing: what they are, and where, in docs. */
  readonly see: readonly (readonly [text: string, path: string])[];
  readonly exports: readonly string[];
}

export const topics: readonly Topic[] = [
  {
    page: "clients",
    title: "Clients",
    see: [
      ["options", "reference/options.md"],
      ["trying again", "how-to/trying-again.md"],
      ["proxies", "how-to/proxies.md"],
    ],
    exports: [
      "connect",
      "ConnectOptions",
      "backoff",
      "BackoffOptions",
      "RetrySchedule",
      "FailedAttempt",
      "isRetryable",
    ],
  },
  {
    page: "servers",
    title: "Servers",
    see: [
      ["options", "reference/options.md"],
      ["how to run servers", "how-to/servers.md"],
    ],
    exports: [
      "serve",
      "ServeOptions",
      "Handler",
      "Server",
      "IterableServer",
      "ServerStats",
      "ConnectionRate",
    ],
  },
  {
    page: "connections",
    title: "Connections",
    see: [
      ["options", "reference/options.md"],
      ["pipes", "how-to/pipes.md"],
    ],
    exports: [
      "Connection",
      "ConnectionOptions",
      "SocketOptions",
      "CloseInfo",
      "ReadOptions",
      "ReadLineOptions",
      "ReadByteLineOptions",
      "TrySendOptions",
      "PipeOptions",
      "PipeDestination",
      "ConnectionSink",
      "WebSink",
      "RateLimits",
      "ConnectionId",
      "TcpInfo",
      "TcpState",
    ],
  },
  {
    page: "raw-mode",
    title: "Raw mode",
    see: [["how to write raw handlers", "how-to/raw-handlers.md"]],
    exports: ["RawHandler", "RawConnection", "RawServer"],
  },
  {
    page: "datagrams",
    title: "Datagrams (UDP)",
    see: [
      ["options", "reference/options.md"],
      ["how to use datagrams", "how-to/datagrams.md"],
    ],
    exports: [
      "bindUdp",
      "BindUdpOptions",
      "BoundUdpSocket",
      "connectUdp",
      "ConnectUdpOptions",
      "ConnectedUdpSocket",
      "DatagramSocket",
      "DatagramOptions",
      "Datagram",
      "DatagramStats",
      "DatagramCloseInfo",
    ],
  },
  {
    page: "addresses",
    title: "Addresses and names",
    see: [["how addresses are written", "reference/commands.md"]],
    exports: [
      "Destination",
      "Target",
      "parseTarget",
      "TargetOptions",
      "formatAddress",
      "Address",
      "TcpAddress",
      "UdpAddress",
      "UnixAddress",
      "Family",
      "Resolver",
      "SystemResolver",
      "createSystemResolver",
      "createDnsResolver",
    ],
  },
  {
    page: "errors",
    title: "Errors as objects",
    see: [["the table of error codes", "reference/errors.md"]],
    exports: [
      "NetError",
      "NetErrorParts",
      "Attempt",
      "Stage",
      "ErrorCode",
      "KnownErrorCode",
      "errorCodes",
      "CodeEntry",
      "CodecError",
    ],
  },
  {
    page: "events",
    title: "Observers and events",
    see: [
      ["the table of events", "reference/events.md"],
      ["diagnostics channels", "reference/diagnostics.md"],
    ],
    exports: [
      "Observers",
      "SocketEvent",
      "BytesEvent",
      "ConnectionEvent",
      "TimedEvent",
      "DatagramObservers",
      "DatagramBytesEvent",
      "DatagramEvent",
      "DiagnosticEvent",
    ],
  },
  {
    page: "limits",
    title: "Defaults and limits",
    see: [["the table of limits", "reference/limits.md"]],
    exports: ["limits", "Limit", "LimitName"],
  },
  {
    page: "codecs",
    title: "Codecs",
    see: [["how to write a codec", "how-to/codec.md"]],
    exports: [
      "Codec",
      "Decoder",
      "Layer",
      "lines",
      "LinesOptions",
      "ByteLinesOptions",
      "LineEncoding",
      "jsonLines",
      "JsonLinesOptions",
      "lengthPrefixed",
      "LengthPrefixedOptions",
      "netstring",
      "NetstringOptions",
      "delimited",
      "DelimitedOptions",
      "fixed",
      "raw",
      "mapCodec",
      "CodecMapping",
      "codecByName",
      "codecNames",
      "codecBriefs",
    ],
  },
  {
    page: "telnet",
    title: "Telnet",
    see: [["how to speak telnet", "how-to/telnet.md"]],
    exports: [
      "createTelnetSession",
      "TelnetSession",
      "TelnetSessionOptions",
      "TelnetEvent",
      "TelnetWindow",
      "telnet",
      "TelnetOptions",
      "TelnetMessage",
      "TelnetVerb",
      "TelnetOption",
      "TelnetSide",
      "TelnetAllowed",
      "telnetCommands",
      "telnetOptions",
    ],
  },
  {
    page: "engines",
    title: "Engines",
    see: [["what differs between engines", "engines.md"]],
    exports: [
      "EngineChoice",
      "EngineName",
      "EngineOption",
      "chooseEngine",
      "engineChoices",
      "createEpollEngine",
      "createUringEngine",
      "createPortableEngine",
      "createMemoryEngine",
      "MemoryEngineOptions",
      "MemoryRoute",
      "MemoryDatagram",
      "whyNoEpoll",
      "whyNoUring",
      "Engine",
      "Descriptors",
      "Clock",
      "Timer",
      "ByteQueue",
    ],
  },
  {
    page: "wires",
    title: "Wires: the engine's side of a socket",
    see: [["what differs between engines", "engines.md"]],
    exports: [
      "Wire",
      "WireEvents",
      "WireOptions",
      "WireConnectOptions",
      "WireListenOptions",
      "WireError",
      "Listener",
      "ListenerEvents",
      "DatagramWire",
      "DatagramWireEvents",
      "DatagramWireOptions",
      "datagramBytesMax",
    ],
  },
  {
    page: "testing",
    title: "Test tools",
    see: [["how to test", "how-to/testing.md"]],
    exports: [
      "openPair",
      "ConnectionPair",
      "PairOptions",
      "FakeClock",
      "simulateNetwork",
      "SimulatedNetwork",
      "ScriptedPeer",
      "connectPeer",
      "listenPeer",
      "ListeningPeer",
      "PeerOptions",
      "testCodec",
      "CodecContract",
      "DeclareTest",
      "ExpectationError",
      "watchLeaks",
      "LeakWatch",
    ],
  },
];

const pages = new Map(topics.flatMap(({ page, exports }) => exports.map((name) => [name, page] as const)));

/** Where an export is documented, from the folder of the pages; `undefined` if it is no export. */
export function linkOf(name: string): string | undefined {
  const page = pages.get(name);
  return page && `${page}.md#${anchorOf(name)}`;
}

/** The anchor that GitHub and the site make of a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}
