/** Connections, servers and datagram sockets. */
export { bindUdp } from "./udp/bind-udp.ts";
export type { RawConnection, ReceivedProxyHeader } from "./connection/raw-connection.ts";
export { connect, connector } from "./client/connect.ts";
export { connectNodeStream, type ConnectNodeStreamOptions } from "./client/connect-node-stream.ts";
export { startTlsNames, type StartTlsProtocol } from "./starttls/protocols.ts";
export type {
  ChosenCertificate,
  HandshakeOptions,
  StartTlsOptions,
  StartTlsServerOptions,
  TlsClientOptions,
  TlsServerOptions,
} from "./connection/start-tls.ts";
export type { ConnectOptions } from "./options/connect-settings.ts";
export type { ReceivedProxyOptions, SentProxyHeader } from "./options/proxy-protocol.ts";
export type {
  Connection,
  ReadByteLineOptions,
  ReadLineOptions,
  TrySendOptions,
} from "./connection/connection.ts";
export type { DiagnosticEvent } from "./diagnostics.ts";
export type { Datagram } from "./udp/datagram-inbox.ts";
export type { BindUdpOptions, DatagramOptions, ConnectUdpOptions } from "./options/udp-settings.ts";
export type { BoundUdpSocket, DatagramSocket, ConnectedUdpSocket } from "./udp/datagram-socket.ts";
export type { DatagramStats } from "./udp/datagram-traffic.ts";
export type { Call as OptionCall } from "./options/option-row.ts";
export {
  defaultOf as defaultOfOption,
  optionNames,
  rowOf as optionRow,
  type OptionName,
} from "./options/table.ts";
export { allLimits as limits, type LimitName } from "./options/all-limits.ts";
export { connectUdp } from "./udp/connect-udp.ts";
export type { ReadOptions } from "./connection/message-reader.ts";
export type { RateLimits } from "./timing/throttle.ts";
export type { NodeStream, NodeStreamOptions } from "./connection/node-stream.ts";
export type { PipeOptions } from "./connection/pipe.ts";
export type { RawHandler, RawServer } from "./connection/raw-handler.ts";
export { createDnsResolver } from "./dns/dns-resolver.ts";
export type { Family, Resolver } from "./dns/resolver.ts";
export { createSystemResolver, type SystemResolver } from "./dns/system-resolver.ts";
export {
  backoff,
  isRetryable,
  type BackoffOptions,
  type FailedAttempt,
  type RetrySchedule,
} from "./options/retry.ts";
export type { IterableServer } from "./server/iterable-server.ts";
export { serve, type Handler } from "./server/serve.ts";
export type { Server, ServerStats } from "./server/server.ts";
export type { ConnectionRate, ServeOptions } from "./options/server-settings.ts";
export type { ConnectionOptions, SocketOptions } from "./connection/settings.ts";
export { bytesOf, deliver, finish, sizeOf, type WebChunk } from "./connection/web-chunks.ts";
export type { ConnectionSink, PipeDestination, WebSink } from "./connection/sinks.ts";
