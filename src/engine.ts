/// <reference types="node" preserve="true" />
/**
 * `portcall/engine`: engines, wires, clocks and byte queues, for programs that choose an engine or write one.
 */
export { ByteQueue } from "./base/byte-queue.ts";
export type { Clock, Timer } from "./base/clock.ts";
export {
  chooseEngine,
  createEpollEngine,
  createMemoryEngine,
  createPortableEngine,
  createUringEngine,
  datagramBytesMax,
  engineChoices,
  WireError,
  whyNoEpoll,
  whyNoUring,
} from "./wire/index.ts";
export type {
  DatagramWire,
  DatagramWireEvents,
  DatagramWireOptions,
  Descriptors,
  Engine,
  EngineName,
  Listener,
  ListenerEvents,
  MemoryDatagram,
  MemoryEngineOptions,
  MemoryRoute,
  Wire,
  WireConnectOptions,
  WireEvents,
  WireListenOptions,
  WireOptions,
} from "./wire/index.ts";
