/**
 * The options of sockets that not every engine has, checked at the door: one that the engine
 * has not is refused by its name, never left out in silence.
 */
import { shown } from "../../base/arguments.ts";
import { limits } from "../../base/limits.ts";
import type { Engine, EngineOption } from "../../wire/index.ts";

/** Options of every TCP socket that the epoll engine has beyond `noDelay` and `keepAliveMs`. */
export interface SocketOptions {
  /**
   * Between two questions of the kernel whether the peer lives, once it has been idle for
   * `keepAliveMs` (TCP_KEEPINTVL); whole seconds, upward. A second unless given.
   */
  readonly keepAliveIntervalMs?: number | undefined;
  /**
   * How many of these questions go without an answer before the connection ends with
   * ETIMEDOUT (TCP_KEEPCNT), 1 to 127; 10 unless given.
   */
  readonly keepAliveProbes?: number | undefined;
  /**
   * How long the peer's machine may acknowledge nothing of what was sent, or of the questions
   * of keep-alive, which are not counted then: after that the connection ends with ETIMEDOUT
   * (TCP_USER_TIMEOUT). Unless given, the kernel tries for a quarter of an hour or so. A peer that is there
   * and does not read is `writeStallTimeoutMs`' to end, if sooner.
   */
  readonly userTimeoutMs?: number | undefined;
  /**
   * Bytes that the kernel holds of what has come and was not read (SO_RCVBUF), which bounds what the peer
   * may send ahead. The kernel doubles it for its own needs, and takes no more than `net.core.rmem_max`.
   * Unless given, it finds the size itself, and mostly finds it well.
   */
  readonly receiveBufferBytes?: number | undefined;
  /** The same for what was sent and is not acknowledged (SO_SNDBUF, `net.core.wmem_max`). */
  readonly sendBufferBytes?: number | undefined;
}

/** The largest that the kernel takes. */
const largest: Readonly<Record<keyof SocketOptions, number>> = {
  keepAliveIntervalMs: 32_767_000,
  keepAliveProbes: 127,
  userTimeoutMs: 0x7fffffff,
  receiveBufferBytes: 0x3fffffff,
  sendBufferBytes: 0x3fffffff,
};

const names = Object.keys(largest) as (keyof SocketOptions)[];

/** @throws {TypeError} for what the kernel does not take. */
export function keepAliveOf(value: number = limits.keepAliveMs.value): number {
  if (value === Infinity) return 0;
  const most = largest.keepAliveIntervalMs;
  if (Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
  throw new TypeError(`keepAliveMs: ${shown(value)} is not a whole number from 0 to ${most}, or Infinity`);
}

/** @throws {TypeError} naming the option, its value and what it should be, or the engine that does not have it. */
export function socketSettings(
  options: SocketOptions & { readonly keepAliveMs?: number | undefined },
  engine: Engine,
): SocketOptions {
  const given = names.filter((name) => options[name] !== undefined);
  for (const name of given) {
    const value = options[name] as number;
    if (!(Number.isSafeInteger(value) && value >= 1 && value <= largest[name])) {
      throw new TypeError(`${name}: ${shown(value)} is not a whole number from 1 to ${largest[name]}`);
    }
    requireOption(engine, name);
  }
  const question = given.find((name) => name === "keepAliveIntervalMs" || name === "keepAliveProbes");
  const isOff = options.keepAliveMs === 0 || options.keepAliveMs === Infinity;
  if (isOff && question !== undefined) {
    throw new TypeError(
      `${question}: keep-alive is off (keepAliveMs: ${String(options.keepAliveMs)}); leave it out`,
    );
  }
  return Object.fromEntries(given.map((name) => [name, options[name]]));
}

/** @throws {TypeError} if the engine does not have the option. */
export function requireOption(engine: Engine, name: EngineOption): void {
  if (engine.options.includes(name)) return;
  throw new TypeError(
    `${name}: the ${engine.name} engine has no such option; the epoll engine has, on Linux`,
  );
}

/** @throws {TypeError} for an option that is TCP's alone; `where` is a Unix socket. */
export function refuseTcpOptions(options: SocketOptions, where: string): void {
  const name = names.find((one) => options[one] !== undefined);
  if (name !== undefined)
    throw new TypeError(`${name}: ${where} is a Unix socket, and this is for TCP; leave it out`);
}
