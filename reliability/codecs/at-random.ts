/** Random streams, each under some random cuts, one codec after the other until the time is over. */
import { createPrng } from "../prng.ts";
import { decodeWhole, judge, uncut } from "./decoding.ts";
import type { Findings, Task } from "./findings.ts";
import { codecRows } from "./rows.ts";
import { fillStream } from "./streams.ts";

const streamBytesMax = 40;
/** The uncut result of a stream is compared with this number of cuts; each is a case. */
const cutsPerStream = 8;
const streamsPerTurn = 500;

export function checkAtRandom(
  { seed, seconds, casesMax }: Extract<Task, { kind: "at random" }>,
  findings: Findings,
): void {
  const prng = createPrng(seed);
  const memory = new Uint8Array(streamBytesMax);
  const endsAtMs = performance.now() + seconds * 1_000;
  let cases = 0;
  while (cases < casesMax && performance.now() < endsAtMs) {
    for (const row of codecRows) {
      for (let turn = 0; turn < streamsPerTurn; turn++) {
        const stream = memory.subarray(0, 1 + prng.below(streamBytesMax));
        fillStream(stream, row, prng);
        const whole = decodeWhole(row, stream);
        if (typeof whole === "string") {
          findings.fault(row, stream, uncut, whole);
          continue;
        }
        for (let cut = 0; cut < cutsPerStream; cut++) {
          // Every second byte ends a chunk, or every fourth.
          const mask = (cut & 1) === 0 ? prng.bits() : prng.bits() & prng.bits();
          const wrong = judge(row, stream, mask, whole);
          if (wrong !== undefined) findings.fault(row, stream, mask, wrong);
        }
      }
      findings.counts(row, streamsPerTurn * cutsPerStream);
      cases += streamsPerTurn * cutsPerStream;
    }
  }
}
