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
  /** Folders whose exports belong here if no page lists them. */
  readonly sources?: readonly string[];
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
    sources: ["src/net/client/", "src/net/starttls/"],
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
    sources: ["src/net/server/"],
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
    sources: ["src/net/connection/", "src/net/options/", "src/net/timing/"],
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
    page: "node-streams",
    title: "Node streams",
    see: [["from node:net", "from-node-net.md"]],
    exports: ["NodeStream", "NodeStreamOptions", "connectNodeStream", "ConnectNodeStreamOptions"],
  },
  {
    page: "datagrams",
    title: "Datagrams (UDP)",
    see: [
      ["options", "reference/options.md"],
      ["how to use datagrams", "how-to/datagrams.md"],
    ],
    sources: ["src/net/udp/"],
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
    sources: ["src/net/dns/", "src/base/address/"],
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
    sources: ["src/base/"],
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
    sources: ["src/codec/"],
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
    sources: ["src/codec/telnet/"],
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
    page: "proxy-protocol",
    title: "PROXY protocol",
    see: [["proxies", "how-to/proxies.md"]],
    sources: ["src/codec/proxy-protocol/"],
    exports: [
      "SentProxyHeader",
      "ReceivedProxyOptions",
      "ReceivedProxyHeader",
      "ProxyHeader",
      "ProxyTls",
      "ProxyTlv",
      "proxyHeaderDecoder",
      "ProxyHeaderOptions",
      "encodeProxyHeader",
      "ProxyHeaderToSend",
    ],
  },
  {
    page: "standard-sockets",
    title: "Standard sockets (WinterTC)",
    see: [["standard sockets", "how-to/standard-sockets.md"]],
    sources: ["src/sockets/"],
    exports: [
      "sockets.connect",
      "SocketConnect",
      "SocketConnectOptions",
      "SecureTransport",
      "AnySocketAddress",
      "SocketAddress",
      "Socket",
      "SocketInfo",
      "SocketStartTlsOptions",
      "SocketError",
      "createConnect",
      "CreateConnectOptions",
    ],
  },
  {
    page: "direct-sockets",
    title: "Direct sockets (WICG)",
    see: [["standard sockets", "how-to/standard-sockets.md"]],
    sources: ["src/sockets/direct/"],
    exports: [
      "TCPSocket",
      "TCPSocketOptions",
      "TCPSocketOpenInfo",
      "TCPServerSocket",
      "TCPServerSocketOptions",
      "TCPServerSocketOpenInfo",
      "UDPSocket",
      "UDPSocketOptions",
      "UDPSocketOpenInfo",
      "UDPMessage",
      "SocketDnsQueryType",
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
    sources: ["src/wire/"],
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
    sources: ["src/testing/"],
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

/**
 * The pages with all exports: one that no page lists is the last of the page for the folder of its source.
 *
 * @throws {Error} for an export that is on no page, and for a page's name that is no export.
 */
export function topicsWith(all: readonly { readonly name: string; readonly source: string }[]): Topic[] {
  const listed = new Set(topics.flatMap(({ exports }) => exports));
  const strays = [...listed].filter((name) => !all.some((one) => one.name === name));
  if (strays.length > 0)
    throw new Error(`scripts/docs/api/topics.ts lists what is no export: ${strays.join(", ")}`);
  const further = new Map<Topic, string[]>();
  for (const { name, source } of all) {
    if (listed.has(name)) continue;
    const depthOf = ({ sources = [] }: Topic): number =>
      Math.max(0, ...sources.map((folder) => (source.startsWith(folder) ? folder.length : 0)));
    const [topic] = topics.filter(depthOf).toSorted((one, other) => depthOf(other) - depthOf(one));
    if (topic === undefined) throw new Error(`${name} is on no page: see scripts/docs/api/topics.ts`);
    further.set(topic, [...(further.get(topic) ?? []), name]);
  }
  return topics.map((topic) => ({ ...topic, exports: [...topic.exports, ...(further.get(topic) ?? [])] }));
}

/** Where an export is documented, from the folder of the pages; `undefined` if it is no export. */
export type LinkOf = (name: string) => string | undefined;

export function linksTo(pages: readonly Topic[]): LinkOf {
  const links = new Map(
    pages.flatMap(({ page, exports }) =>
      exports.map((name) => [name, `${page}.md#${anchorOf(name)}`] as const),
    ),
  );
  return (name) => links.get(name);
}

/** The anchor that GitHub and the site make of a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}
