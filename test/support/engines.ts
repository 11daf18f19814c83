/**
 * The engines that everything above them is tested on.
 */
import { describe } from "node:test";
import type { Engine } from "../../src/engine.ts";
import {
  createEpollEngine,
  createMemoryEngine,
  createPortableEngine,
  createUringEngine,
  whyNoEpoll,
  whyNoUring,
} from "../../src/wire/index.ts";

/** An engine, new each time: in memory that is a network of its own. */
export type CreateEngine = () => Engine;

const engines: readonly (readonly [name: string, create: CreateEngine, skip?: string | undefined])[] = [
  ["the portable engine", () => createPortableEngine()],
  ["the epoll engine", () => createEpollEngine(), whyNoEpoll()],
  ["the io_uring engine", () => createUringEngine(), whyNoUring()],
  ["the memory engine", () => createMemoryEngine({ chunkBytesMax: 1500 })],
];

/** Runs the same tests on every engine. */
export function forEachEngine(define: (createEngine: CreateEngine) => void): void {
  forEach(engines, define);
}

/** Runs the same tests on every engine with sockets of the system. */
export function forEachSocketEngine(define: (createEngine: CreateEngine) => void): void {
  forEach(
    engines.filter(([name]) => name !== "the memory engine"),
    define,
  );
}

function forEach(chosen: typeof engines, define: (createEngine: CreateEngine) => void): void {
  for (const [name, create, skip] of chosen) {
    describe(`on ${name}`, { skip, timeout: 30_000 }, () => {
      define(create);
    });
  }
}
