/** S7: every codec, on streams at random, under cuts at random. */
import { codecRows } from "../codecs/rows.ts";
import { checkOnAllProcessors } from "../codecs/threads.ts";
import type { Check } from "../check.ts";

const cases = 20_000_000;
const seconds = 60;

export const codecFuzz: Check = {
  name: "S7",
  title: "codecs on random streams under random cuts",
  how:
    `For ${seconds} seconds, on a thread for each processor: streams of up to 40 bytes, made of valid pieces, of bytes that mean ` +
    `something to the framing and of any bytes, for each of ${codecRows.length} codecs with a limit of 8 bytes. Each stream is decoded whole once, ` +
    "and under eight random cuts; each cut is a case. A case is wrong if its messages, its error and its end are not those of " +
    "the whole (as fingerprints of 32 bits), if anything but a CodecError is thrown, or if more bytes than the limit and " +
    "its framing wait for their rest.",
  async measure(run) {
    const seed = run.prng.bits();
    const wanted = run.size(cases, 1_000_000);
    const found = await checkOnAllProcessors((thread, threads) => ({
      kind: "at random",
      seed: (seed + thread) >>> 0,
      seconds: run.size(seconds, 20),
      casesMax: run.quick ? wanted / threads : Infinity,
    }));
    run.log({ ...found });
    return [
      {
        what: `cases in ${found.seconds.toFixed(1)} s`,
        value: found.casesTotal,
        target: { atLeast: wanted },
      },
      { what: "cases wrong", value: found.faultsTotal, target: { atMost: 0 } },
    ];
  },
};
