/** S8: every codec, on short streams, under every cut there is. */
import { codecRows } from "../codecs/rows.ts";
import { checkOnAllProcessors } from "../codecs/threads.ts";
import type { Check } from "../check.ts";

export const everyCut: Check = {
  name: "S8",
  title: "codecs under every cut of up to 12 bytes",
  how:
    `For each of ${codecRows.length} codecs, telnet among them, and each length from 1 to 12 bytes: 100 streams (in the quick form 5), made as for S7, each cut ` +
    "in all of its 2^(n-1) ways. What is wrong is the same as there.",
  async measure(run) {
    const seed = run.prng.bits();
    const streams = run.size(100, 5);
    const found = await checkOnAllProcessors((part, of) => ({
      kind: "every cut",
      seed,
      streams,
      part,
      of,
    }));
    run.log({ ...found });
    // The cuts of all lengths: 1 + 2 + 4 + …
    const wanted = codecRows.length * streams * (2 ** 12 - 1);
    return [
      { what: "cuts", value: found.casesTotal, target: { atLeast: wanted } },
      { what: "cuts wrong", value: found.faultsTotal, target: { atMost: 0 } },
    ];
  },
};
