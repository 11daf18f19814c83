/// <reference types="node" preserve="true" />
/**
 * Portcall: sockets for TypeScript. The library's face.
 */
export type {
  Address,
  Destination,
  Target,
  TargetOptions,
  TcpAddress,
  UdpAddress,
  UnixAddress,
} from "./base/address/address.ts";
export { formatAddress, parseTarget } from "./base/address/address.ts";
export { errorCodes, NetError } from "./base/errors.ts";
export type { Attempt, CodeEntry, ErrorCode, KnownErrorCode, NetErrorParts, Stage } from "./base/errors.ts";
export type {
  BytesEvent,
  ConnectionEvent,
  ConnectionId,
  DatagramBytesEvent,
  DatagramCloseInfo,
  DatagramEvent,
  DatagramObservers,
  CloseInfo,
  Observers,
  SocketEvent,
  TimedEvent,
} from "./base/events.ts";
export type { Limit } from "./base/limits.ts";
export * from "./codec/index.ts";
export {
  backoff,
  bindUdp,
  connect,
  connectNodeStream,
  createDnsResolver,
  createSystemResolver,
  connectUdp,
  limits,
  serve,
  isRetryable,
} from "./net/index.ts";
export type {
  BackoffOptions,
  BindUdpOptions,
  BoundUdpSocket,
  Connection,
  ConnectionOptions,
  ConnectionRate,
  ConnectionSink,
  ConnectNodeStreamOptions,
  ConnectOptions,
  TlsClientOptions,
  Datagram,
  DatagramOptions,
  DatagramSocket,
  DatagramStats,
  DiagnosticEvent,
  ConnectedUdpSocket,
  ConnectUdpOptions,
  FailedAttempt,
  Family,
  Handler,
  IterableServer,
  LimitName,
  NodeStream,
  NodeStreamOptions,
  PipeDestination,
  PipeOptions,
  RateLimits,
  RawConnection,
  RawHandler,
  RawServer,
  ReadByteLineOptions,
  ReadLineOptions,
  ReadOptions,
  ReceivedProxyHeader,
  ReceivedProxyOptions,
  Resolver,
  RetrySchedule,
  SentProxyHeader,
  ServeOptions,
  Server,
  ServerStats,
  SocketOptions,
  SystemResolver,
  TrySendOptions,
  WebChunk,
  WebSink,
} from "./net/index.ts";
export type { EngineChoice, EngineOption, TcpInfo, TcpState, TlsCertificate, TlsInfo } from "./wire/index.ts";
