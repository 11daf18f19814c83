/**
 * Connections and servers.
 */
export { bind } from "./bind.ts";
export type { RawConnection } from "./raw-connection.ts";
export { connect, connector } from "./connect.ts";
export type { ConnectOptions } from "./connect-settings.ts";
export type { Connection, ReadByteLineOptions, ReadLineOptions, TrySendOptions } from "./connection.ts";
export type { DiagnosticEvent } from "./diagnostics.ts";
export type { Datagram } from "./datagram-inbox.ts";
export type { BindOptions, DatagramOptions, DialOptions } from "./datagram-settings.ts";
export type { BoundSocket, DatagramSocket, DialedSocket } from "./datagram-socket.ts";
export type { DatagramStats } from "./datagram-traffic.ts";
export { dial } from "./dial.ts";
export type { ReadOptions } from "./message-reader.ts";
export type { RateLimits } from "./pace.ts";
export type { PipeOptions } from "./pipe.ts";
export type { RawHandler, RawServer } from "./raw-handler.ts";
export { createDnsResolver } from "./dns/dns-resolver.ts";
export type { Family, Resolver } from "./dns/resolver.ts";
export { createSystemResolver, type SystemResolver } from "./dns/system-resolver.ts";
export { backoff, worthRetrying, type BackoffOptions, type FailedTry, type RetrySchedule } from "./retry.ts";
export { serve, type Handler, type Server, type ServerStats } from "./server.ts";
export type { ServeOptions } from "./server-settings.ts";
export type { ConnectionOptions } from "./settings.ts";
export type { SocketOptions } from "./socket-settings.ts";
export type { ConnectionSink, PipeDestination, WebSink } from "./sinks.ts";
export type { ConnectionRate } from "./sources.ts";
