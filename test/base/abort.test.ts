import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { onAbort } from "../../src/base/abort.ts";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

test("many callbacks of one signal share one listener, which is removed with the last callback", () => {
  const { signal } = new AbortController();
  const stops = Array.from({ length: 1000 }, () => onAbort(signal, () => assert.fail("it did not fire")));
  assert.equal(listeners(signal), 1);
  for (const stop of stops) {
    assert.equal(listeners(signal), 1);
    stop();
    stop();
  }
  assert.equal(listeners(signal), 0);
});

test("each callback is called once, in order, even the same function added twice; removed ones are not", () => {
  const controller = new AbortController();
  const called: string[] = [];
  const same = (): number => called.push("same");
  onAbort(controller.signal, same);
  const stop = onAbort(controller.signal, () => called.push("stopped before"));
  onAbort(controller.signal, same);
  onAbort(controller.signal, () => {
    called.push("stops the next");
    stopNext();
  });
  const stopNext = onAbort(controller.signal, () => called.push("stopped by the one before"));
  stop();
  controller.abort();
  controller.abort();
  assert.deepEqual(called, ["same", "same", "stops the next"]);
  assert.equal(listeners(controller.signal), 0);
});

test("a signal that has fired calls no callback, and keeps no listener once all are removed", () => {
  const controller = new AbortController();
  controller.abort();
  const stop = onAbort(controller.signal, () => assert.fail("it fires only once"));
  controller.signal.dispatchEvent(new Event("other"));
  stop();
  assert.equal(listeners(controller.signal), 0);
});

test("a callback that is removed and added again in one turn is called", () => {
  const controller = new AbortController();
  let calls = 0;
  onAbort(controller.signal, () => calls++)();
  onAbort(controller.signal, () => calls++);
  controller.abort();
  assert.equal(calls, 1);
});

test("a callback that throws is reported as uncaught, and the others are still called", () => {
  const program = `
    import { onAbort } from ${JSON.stringify(new URL("../../src/base/abort.js", import.meta.url))};
    process.on("uncaughtException", (error) => console.log(error.message));
    const controller = new AbortController();
    onAbort(controller.signal, () => { throw new Error("on purpose"); });
    onAbort(controller.signal, () => console.log("called"));
    controller.abort();
  `;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
  });
  assert.equal(stdout, "called\non purpose\n");
});
