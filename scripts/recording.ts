/**
 * `npm run recording`: plays the script of recording/script.ts on real terminals, and draws what they show as
 * docs/recording.svg.
 *
 * A picture that differs from the present one by times and by the system's own ports only is not written.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { drawing } from "./recording/drawing.ts";
import { play } from "./recording/play.ts";
import { unvarying } from "../test/docs/transcript.ts";

const path = "docs/recording.svg";
const endings: (() => unknown)[] = [];
try {
  const svg = drawing(await play({ after: (end: () => unknown) => endings.push(end) }));
  const present = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (!isDeepStrictEqual(unvarying(svg), unvarying(present))) writeFileSync(path, svg);
} finally {
  for (const end of endings) await end();
}
