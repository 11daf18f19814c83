/** Admission: the server's own limit, and the process's descriptors. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { limits } from "../../../src/index.ts";
import { tcpAddress } from "../../../src/base/address/address.ts";
import { parseAddressBlock } from "../../../src/base/address/address-block.ts";
import { Admission } from "../../../src/net/server/admission.ts";
import type { AdmissionRules } from "../../../src/net/options/server-settings.ts";

interface Process {
  readonly limit: number;
  open: number;
  nowMs: number;
  counts: number;
}

/** Refuses no client by address. */
const everybody: AdmissionRules = {
  connectionsMax: Infinity,
  connectionsPerSourceMax: Infinity,
  connectionsPerSourceRate: undefined,
  descriptorReserve: 10,
  allow: undefined,
  deny: [],
};
const client = { remote: tcpAddress("192.0.2.1", 1) };
/** A client that disconnected before its address was known. */
const gone = { remote: undefined };

/** Admission for a process with a number of descriptors. */
function admissionFor(process: Process, connectionsMax = Infinity, descriptorReserve = 10): Admission {
  return new Admission(
    { ...everybody, connectionsMax, descriptorReserve },
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

/** Admits clients until one is refused; each has its descriptor when the decision is made. */
function fill(admission: Admission, process: Process): { held: number; refusal: unknown } {
  for (let held = 0; ; held++) {
    process.open++;
    const refusal = admission.refuses(client, held);
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
      [0, 1, 2].map((held) => admission.refuses(client, held)),
      [undefined, undefined, undefined],
    );
    assert.deepEqual(admission.refuses(client, 3), { reason: "connections", limit: 3 });
    assert.equal(admission.refuses(client, 2), undefined);
  });

  test("is 10 000 unless set", () => {
    const admission = admissionFor(processOf(100_000, 0), limits.connectionsMax.value);
    assert.equal(admission.refuses(client, 9_999), undefined);
    assert.equal(admission.refuses(client, 10_000)?.reason, "connections");
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
    for (let refused = 0; refused < 1000; refused++)
      assert.equal(admission.refuses(client, held)?.reason, "descriptors");
    assert.equal(process.counts, counts);
  });

  test("F1: accepts again as soon as one of its own connections has closed", () => {
    const process = processOf(64, 20);
    const admission = admissionFor(process);
    const { held } = fill(admission, process);
    assert.equal(admission.refuses(client, held)?.reason, "descriptors");
    // The new client has its descriptor, and the closed one has none.
    assert.equal(admission.refuses(client, held - 1), undefined);
  });

  test("F1: accepts again some time after other parts of the process have closed descriptors", () => {
    const process = processOf(64, 20);
    const admission = admissionFor(process);
    const { held } = fill(admission, process);
    process.open -= 10;
    process.nowMs += 49;
    assert.equal(admission.refuses(client, held)?.reason, "descriptors");
    process.nowMs += 1;
    assert.equal(admission.refuses(client, held), undefined);
  });

  test("does not matter where the engine cannot tell", () => {
    let counts = 0;
    const admission = new Admission(
      everybody,
      () => void counts++,
      () => 0,
    );
    for (let held = 0; held < 1000; held++) assert.equal(admission.refuses(client, held), undefined);
    assert.equal(counts, 1);
  });
});

describe("rules of addresses", () => {
  const rules: AdmissionRules = { ...everybody, deny: [parseAddressBlock("192.0.2.0/25")] };
  const admission = new Admission(
    rules,
    () => undefined,
    () => 0,
  );

  test("are checked first, so that a rejected client does not learn that the server is full", () => {
    const full = new Admission(
      { ...rules, connectionsMax: 1 },
      () => undefined,
      () => 0,
    );
    assert.deepEqual(full.refuses(client, 1), { reason: "address", limit: undefined });
    assert.equal(full.refuses({ remote: tcpAddress("192.0.2.128", 1) }, 1)?.reason, "connections");
  });

  test("refuse a client that disconnected before its address was known", () => {
    assert.equal(admission.refuses(gone, 0)?.reason, "address");
    assert.equal(admissionFor(processOf(1000, 0)).refuses(gone, 0), undefined);
  });
});

describe("connectionsPerSourceRate", () => {
  test("is not used up by clients that are refused for another reason", () => {
    const connectionsPerSourceRate = { connections: 1, perMs: 1_000 };
    const admission = new Admission(
      { ...everybody, connectionsMax: 1, connectionsPerSourceRate },
      () => undefined,
      () => 0,
    );
    assert.equal(admission.refuses(client, 1)?.reason, "connections");
    assert.equal(admission.refuses(client, 0), undefined);
    assert.deepEqual(admission.refuses(client, 0), { reason: "rate", limit: 1 });
  });
});
