/**
 * The engines of the addon, for the tests that ask the same of each.
 */
import { chooseEngine, engineChoices, type EngineChoice } from "../../src/wire/index.ts";

export interface NativeEngine {
  readonly name: EngineChoice;
  /** Why it does not work here, if so. */
  readonly whyNot: string | undefined;
}

export const nativeEngines: readonly NativeEngine[] = engineChoices
  .filter((name) => name !== "auto" && name !== "portable")
  .map((name) => ({ name, whyNot: whyNot(name) }));

function whyNot(name: EngineChoice): string | undefined {
  try {
    chooseEngine(name);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** These, and the portable one: every engine with sockets of the system. */
export const socketEngines: readonly NativeEngine[] = [
  { name: "portable", whyNot: undefined },
  ...nativeEngines,
];
