/**
 * The engine by its name, and which one `auto` is here.
 */
import { shown } from "../base/arguments.ts";
import { createEpollEngine, createUringEngine, whyNoEpoll, whyNoUring } from "./native/native-engines.ts";
import { createPortableEngine } from "./portable/portable-engine.ts";
import type { Engine } from "./wire.ts";

/** What may stand for an engine: `auto` is the fastest that works here. */
export type EngineChoice = "auto" | "epoll" | "io_uring" | "portable";

export const engineChoices: readonly EngineChoice[] = ["auto", "epoll", "io_uring", "portable"];

/** They keep no state of their own, so one of each serves everybody. */
const portable = createPortableEngine();
let epoll: Engine | undefined;
let uring: Engine | undefined;

/**
 * The engine of that name.
 *
 * @throws {TypeError} if there is none of that name, or it does not work here.
 */
export function chooseEngine(choice: EngineChoice): Engine {
  if (choice === "portable") return portable;
  if (choice === "io_uring") {
    const whyNot = whyNoUring();
    if (whyNot === undefined) return (uring ??= createUringEngine());
    throw new TypeError(`engine "io_uring" does not work here: ${whyNot}`);
  }
  if (choice !== "auto" && choice !== "epoll") {
    throw new TypeError(`engine ${shown(choice)} is none of ${engineChoices.join(", ")}`);
  }
  const whyNot = whyNoEpoll();
  if (whyNot === undefined) return (epoll ??= createEpollEngine());
  if (choice === "auto") return portable;
  throw new TypeError(`engine "epoll" does not work here: ${whyNot}`);
}
