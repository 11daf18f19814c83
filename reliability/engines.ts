/** The engines that work here, the one that `auto` stands for first. */
import { chooseEngine } from "../src/engine.ts";
import type { EngineChoice } from "../src/index.ts";
import { socketEngines } from "../test/support/native-engines.ts";
import type { Figure, Run } from "./check.ts";

export function enginesHere(): readonly EngineChoice[] {
  const { name: automatic } = chooseEngine("auto");
  const working = socketEngines.filter(({ whyNot }) => whyNot === undefined).map(({ name }) => name);
  return [automatic as EngineChoice, ...working.filter((name) => name !== automatic)];
}

/**
 * Measures on each engine that works here, in the quick form on the first alone. Each figure gets the engine's name in
 * front.
 *
 * @throws {Error} (rejects) what `measure` rejects with.
 */
export async function onEachEngine(
  run: Run,
  measure: (engine: EngineChoice) => Promise<readonly Figure[]>,
): Promise<readonly Figure[]> {
  const engines = enginesHere();
  const figures: Figure[] = [];
  for (const engine of run.size(engines, engines.slice(0, 1))) {
    for (const figure of await measure(engine))
      figures.push({ ...figure, what: `${engine}: ${figure.what}` });
  }
  return figures;
}
