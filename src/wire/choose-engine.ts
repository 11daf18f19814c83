/**
 * Finds the engine for a name, and decides what `auto` means here.
 */
import { shown, withFunctions } from "../base/arguments.ts";
import { isClusterWorker } from "./shared/cluster-worker.ts";
import { createEpollEngine, createUringEngine, whyNoEpoll, whyNoUring } from "./native/native-engines.ts";
import { createPortableEngine } from "./portable/portable-engine.ts";
import type { Engine } from "./wire.ts";

/**
 * The name of an engine. `auto` is the fastest that works here. In a worker of node:cluster that is `portable`, whose
 * servers share their address with the other workers.
 */
export type EngineChoice = "auto" | "epoll" | "io_uring" | "portable";

/** The names that `engine` accepts. */
export const engineChoices: readonly EngineChoice[] = ["auto", "epoll", "io_uring", "portable"];

/** Engines have no state, so one of each serves all callers. */
const portable = createPortableEngine();
let epoll: Engine | undefined;
let uring: Engine | undefined;

/**
 * The engine for an option that takes an engine or its name. Default: the engine named in the environment variable
 * `PORTCALL_ENGINE`, or else `auto`.
 *
 * @throws {TypeError} for an unknown name, an engine that does not work here, or a value that is not an engine.
 */
export function engineOf(option: string, engine: unknown): Engine {
  if (engine === undefined) return engineOfEnvironment();
  if (typeof engine === "string") return chooseEngine(engine as EngineChoice);
  const what = `an Engine, nor one of ${engineChoices.join(", ")}`;
  return withFunctions(option, engine, what, ["connect", "listen", "openDatagrams"]) as Engine;
}

/** An empty variable counts as unset. */
function engineOfEnvironment(): Engine {
  const { process } = globalThis as { readonly process?: { readonly env?: NodeJS.ProcessEnv } };
  const choice = process?.env?.["PORTCALL_ENGINE"] ?? "";
  if (choice === "") return chooseEngine("auto");
  try {
    return chooseEngine(choice as EngineChoice);
  } catch (error) {
    throw new TypeError(`PORTCALL_ENGINE: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * The engine of that name.
 *
 * @throws {TypeError} if the name is unknown, or the engine does not work here.
 */
export function chooseEngine(choice: EngineChoice): Engine {
  if (choice === "portable" || (choice === "auto" && isClusterWorker())) return portable;
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
