/**
 * The engines of Portcall that the bench can choose between: a row for each makes it
 * a peer of its own; one that is named in bench/peers/portcall.ts and has no row is
 * reported as absent.
 */
import {
  createEpollEngine,
  createPortableEngine,
  createUringEngine,
  type Engine,
} from "../../src/wire/index.ts";

export const engines: Readonly<Record<string, () => Engine>> = {
  portable: createPortableEngine,
  epoll: createEpollEngine,
  io_uring: createUringEngine,
};

/** What every Portcall server of the bench is made with: the engine that its first argument names. */
export function benchOptions(): { host: string; port: number; connectionsMax: number; engine: Engine } {
  const name = process.argv[2] ?? "";
  const create = engines[name];
  if (create === undefined) throw new TypeError(`no engine is called "${name}"`);
  return { host: "127.0.0.1", port: 0, connectionsMax: 15_000, engine: create() };
}
