/**
 * The seam and the engines behind it.
 */
export { WireError } from "./wire.ts";
export type {
  Descriptors,
  Engine,
  Listener,
  ListenerEvents,
  Wire,
  WireConnectOptions,
  WireEvents,
  WireListenOptions,
} from "./wire.ts";
export { createMemoryEngine, type MemoryEngineOptions } from "./memory/memory-engine.ts";
export { createPortableEngine } from "./portable/portable-engine.ts";
