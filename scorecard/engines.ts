/** The engines that work here, the one that `auto` stands for first. */
import { chooseEngine, engineChoices, type EngineChoice } from "../src/index.ts";

export function enginesHere(): readonly EngineChoice[] {
  const { name: automatic } = chooseEngine("auto");
  const others = engineChoices.filter((name) => name !== "auto" && name !== automatic && works(name));
  return [automatic as EngineChoice, ...others];
}

function works(name: EngineChoice): boolean {
  try {
    chooseEngine(name);
    return true;
  } catch {
    return false;
  }
}
