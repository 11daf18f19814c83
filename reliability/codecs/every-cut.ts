/** Short streams, each cut in all of its 2^(n-1) ways. */
import { createPrng, seedFor } from "../prng.ts";
import { decodeWhole, judge, uncut } from "./decoding.ts";
import type { Findings, Task } from "./findings.ts";
import { codecRows } from "./rows.ts";
import { fillStream } from "./streams.ts";

const streamBytesMax = 12;

export function checkEveryCut(
  { seed, streams, part, of }: Extract<Task, { kind: "every cut" }>,
  findings: Findings,
): void {
  const memory = new Uint8Array(streamBytesMax);
  for (const row of codecRows.filter((_, index) => index % of === part)) {
    // One for each codec, so that the streams do not depend on the number of processors.
    const prng = createPrng(seedFor(seed, row.name));
    for (let length = 1; length <= streamBytesMax; length++) {
      const stream = memory.subarray(0, length);
      const masks = 2 ** (length - 1);
      for (let turn = 0; turn < streams; turn++) {
        fillStream(stream, row, prng);
        const whole = decodeWhole(row, stream);
        if (typeof whole === "string") {
          findings.fault(row, stream, uncut, whole);
          continue;
        }
        for (let mask = 0; mask < masks; mask++) {
          const wrong = judge(row, stream, mask, whole);
          if (wrong !== undefined) findings.fault(row, stream, mask, wrong);
        }
        findings.counts(row, masks);
      }
    }
  }
}
