/** A layer processes its input in slices, so that one peer's commands do not block the event loop. */
import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, test } from "node:test";
import type { Clock } from "../../../src/engine.ts";
import type { Layer } from "../../../src/index.ts";
import { LayerInput } from "../../../src/net/connection/layer-input.ts";
import { Turn } from "../../../src/net/timing/turn.ts";

/** A layer that takes a millisecond per call, on a clock of its own. */
function slowLayer() {
  let nowMs = 0;
  const clock: Clock = { now: () => nowMs, after: () => assert.fail("no timer is needed") };
  const layer: Layer = {
    open() {},
    receive(chunk, deliver) {
      nowMs++;
      deliver(chunk);
    },
    send: (data) => data,
    end: () => new Uint8Array(0),
  };
  return { clock, layer };
}

function createInput(layer: Layer, turn: Turn) {
  const delivered: Uint8Array[] = [];
  const failures: unknown[] = [];
  let inputProcessed = 0;
  const input = new LayerInput(layer, turn, {
    deliver: (data) => void delivered.push(data),
    inputProcessed: () => void inputProcessed++,
    layerFailed: (thrown) => void failures.push(thrown),
  });
  return {
    input,
    failures,
    passed: () => Buffer.concat(delivered),
    inputProcessed: () => inputProcessed,
  };
}

const chunk = Uint8Array.from({ length: 65_536 }, (_, index) => index % 251);

describe("a layer's input", () => {
  test("of ordinary size goes through at once", () => {
    const { clock, layer } = slowLayer();
    const { input, passed } = createInput(layer, new Turn(clock));
    for (let times = 0; times < 100; times++) input.receive(chunk.subarray(0, 100));
    assert.equal(passed().length, 10_000);
    assert.equal(input.waitingBytes, 0);
  });

  test("that takes longer than a turn may waits for the next turns, and keeps its order", async () => {
    const { clock, layer } = slowLayer();
    const { input, passed, inputProcessed } = createInput(layer, new Turn(clock));
    input.receive(chunk);
    const atOnce = passed().length;
    assert.ok(atOnce >= 4_096 && atOnce <= 32_768, `${atOnce} bytes went through in one turn`);
    assert.equal(input.waitingBytes, chunk.length - atOnce);
    input.receive(Uint8Array.of(255));
    assert.equal(passed().length, atOnce, "later input must not overtake");
    for (let turns = 0; turns < 64 && input.waitingBytes > 0; turns++) await nextTurn();
    assert.deepEqual(passed(), Buffer.concat([chunk, Uint8Array.of(255)]));
    assert.ok(inputProcessed() > 1, "it went on in several turns");
  });

  test("of many peers goes on in turn", async () => {
    const { clock, layer } = slowLayer();
    const turn = new Turn(clock);
    const inputs = Array.from({ length: 8 }, () => createInput(layer, turn));
    for (const { input } of inputs) input.receive(chunk);
    for (let turns = 0; turns < 4; turns++) await nextTurn();
    const passed = inputs.map((one) => one.passed().length);
    assert.ok(Math.max(...passed) - Math.min(...passed) <= 32_768, passed.join(" "));
    assert.ok(Math.max(...passed) < chunk.length, passed.join(" "));
  });

  test("of a hundred peers is no more work in one turn than that of one", () => {
    const { clock, layer } = slowLayer();
    const turn = new Turn(clock);
    const inputs = Array.from({ length: 100 }, () => createInput(layer, turn));
    for (const { input } of inputs) input.receive(chunk);
    assert.ok(clock.now() <= 25, `the layers of all took ${clock.now()} ms in one turn`);
  });

  test("goes through at once when nothing more will come", async () => {
    const { clock, layer } = slowLayer();
    const { input, passed } = createInput(layer, new Turn(clock));
    input.receive(chunk);
    input.flush();
    assert.deepEqual(passed(), Buffer.from(chunk));
    await nextTurn();
    await nextTurn();
    assert.equal(passed().length, chunk.length);
  });

  test("is dropped when the layer throws", () => {
    const { clock, layer } = slowLayer();
    const fault = new Error("not for me");
    const throwing: Layer = {
      ...layer,
      receive() {
        throw fault;
      },
    };
    const { input, failures } = createInput(throwing, new Turn(clock));
    input.receive(chunk);
    assert.deepEqual(failures, [fault]);
    assert.equal(input.waitingBytes, 0);
  });
});
