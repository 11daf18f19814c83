/**
 * The contract of engines, and the engines.
 */
export {
  datagramBytesMax,
  type DatagramWire,
  type DatagramWireEvents,
  type DatagramWireOptions,
} from "./datagram.ts";
export { hasAddressOf } from "./shared/local-addresses.ts";
export { WireError } from "./wire.ts";
export type {
  Descriptors,
  Engine,
  EngineName,
  EngineOption,
  Listener,
  ListenerEvents,
  TcpInfo,
  Wire,
  WireConnectOptions,
  WireEvents,
  WireListenOptions,
  WireOptions,
} from "./wire.ts";
export type { TcpState } from "./tcp-info.ts";
export type { MemoryDatagram } from "./memory/memory-datagrams.ts";
export { createMemoryEngine, type MemoryEngineOptions, type MemoryRoute } from "./memory/memory-engine.ts";
export { createPortableEngine } from "./portable/portable-engine.ts";
export { isClusterWorker, onWorkerDisconnect } from "./shared/cluster-worker.ts";
export { chooseEngine, engineChoices, engineOf, type EngineChoice } from "./choose-engine.ts";
export { createEpollEngine, createUringEngine, whyNoEpoll, whyNoUring } from "./native/native-engines.ts";
export { checkTlsParameters, secureClient, type TlsClientParameters } from "./tls/secure-client.ts";
export {
  secureServer,
  tlsIdentity,
  type TlsIdentity,
  type TlsKeyPair,
  type TlsServerParameters,
  type TlsServerRules,
} from "./tls/secure-server.ts";
export { TlsError } from "./tls/tls-error.ts";
export type { TlsCertificate, TlsInfo } from "./tls-info.ts";
export { systemLookup, type SystemAnswer } from "./addon/system-lookup.ts";
