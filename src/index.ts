/**
 * Portcall: sockets for TypeScript. The library's face.
 */
export type { Address, Target, TcpAddress, UnixAddress } from "./base/address.ts";
export { formatAddress, parseTarget } from "./base/address.ts";
export type { Clock, Timer } from "./base/clock.ts";
export { NetError, type Attempt, type ErrorCode, type Stage } from "./base/errors.ts";
export type { BytesEvent, ConnectionId, Ending, Observers, SocketEvent } from "./base/events.ts";
export { limits, type LimitName } from "./base/limits.ts";
export * from "./codec/index.ts";
export * from "./net/index.ts";
export { createMemoryEngine, createPortableEngine } from "./wire/index.ts";
export type { Engine, MemoryEngineOptions } from "./wire/index.ts";
