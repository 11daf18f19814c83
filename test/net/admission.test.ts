/** Who may come in: the server's own limit, and what the process has left. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { limits } from "../../src/base/limits.ts";
import { Admission } from "../../src/net/admission.ts";

interface Process {
  readonly limit: number;
  open: number;
  nowMs: number;
  counts: number;
}

/** An admission for a process with so many descriptors. */
function admissionFor(process: Process, connectionsMax = Infinity, reserve = 10): Admission {
  return new Admission(
    connectionsMax,
    reserve,
    () => {
      process.counts++;
      return { limit: process.limit, open: process.open };
    },
    () => process.nowMs,
  );
}

function processOf(limit: number, open: number): Process {
  return { limit, open, nowMs: 0, counts: 0 };
}

/** Lets clients in until one is refused; each has taken its descriptor when it is asked for. */
function fill(admission: Admission, process: Process): { held: number; refusal: unknown } {
  for (let held = 0; ; held++) {
    process.open++;
    const refusal = admission.refuses(held);
    if (refusal !== undefined) {
      process.open--;
      return { held, refusal };
    }
  }
}

describe("connectionsMax", () => {
  test("admits as many, and refuses the next", () => {
    const admission = admissionFor(processOf(1000, 0), 3);
    assert.deepEqual(
      [0, 1, 2].map((held) => admission.refuses(held)),
      [undefined, undefined, undefined],
    );
    assert.deepEqual(admission.refuses(3), { reason: "connections", limit: 3 });
    assert.equal(admission.refuses(2), undefined);
  });

  test("is 10 000 unless set", () => {
    const admission = admissionFor(processOf(100_000, 0), limits.connectionsMax.value);
    assert.equal(admission.refuses(9_999), undefined);
    assert.equal(admission.refuses(10_000)?.reason, "connections");
  });
});

describe("descriptorReserve", () => {
  test("F1: is left free, to the last one", () => {
    for (const limit of [20, 64, 1024, 20_000]) {
      for (const open of [5, 6]) {
        const process = processOf(limit, open);
        const { held, refusal } = fill(admissionFor(process), process);
        assert.deepEqual(refusal, { reason: "descriptors", limit: limit - 10 });
        assert.equal(held, limit - 10 - open);
      }
    }
  });

  test("is 32 unless set", () => {
    const process = processOf(1024, 0);
    const { held } = fill(admissionFor(process, Infinity, limits.descriptorReserve.value), process);
    assert.equal(held, 1024 - 32);
  });

  test("F1: is counted seldom while there is room: a count may mean to read a directory", () => {
    const process = processOf(20_000, 10);
    fill(admissionFor(process), process);
    assert.ok(process.counts < 30, String(process.counts));
  });

  test("F1: is not counted anew for each of those who are refused", () => {
    const process = processOf(64, 20);
    const admission = admissionFor(process);
    const { held } = fill(admission, process);
    const { counts } = process;
    for (let client = 0; client < 1000; client++)
      assert.equal(admission.refuses(held)?.reason, "descriptors");
    assert.equal(process.counts, counts);
  });

  test("F1: lets in again as soon as one of its own has gone", () => {
    const process = processOf(64, 20);
    const admission = admissionFor(process);
    const { held } = fill(admission, process);
    assert.equal(admission.refuses(held)?.reason, "descriptors");
    // The client who is asked for has its descriptor, and the one who left does not.
    assert.equal(admission.refuses(held - 1), undefined);
  });

  test("F1: lets in again some time after others in the process have given descriptors back", () => {
    const process = processOf(64, 20);
    const admission = admissionFor(process);
    const { held } = fill(admission, process);
    process.open -= 10;
    process.nowMs += 49;
    assert.equal(admission.refuses(held)?.reason, "descriptors");
    process.nowMs += 1;
    assert.equal(admission.refuses(held), undefined);
  });

  test("does not matter where the engine cannot tell", () => {
    let counts = 0;
    const admission = new Admission(
      Infinity,
      10,
      () => void counts++,
      () => 0,
    );
    for (let held = 0; held < 1000; held++) assert.equal(admission.refuses(held), undefined);
    assert.equal(counts, 1);
  });
});
