/**
 * F2: how a failure to accept is distinguished from an idle loop, a busy loop and a burst of clients.
 *
 * The test simulates the event loop, the kernel's queue and the clock.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { WireError } from "../../src/wire/index.ts";
import { AcceptWatch } from "../../src/wire/portable/accept-watch.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";

/** A listener under watch, and its state. */
class Scene {
  readonly clock = new FakeClock();
  readonly watch: AcceptWatch;
  readonly told: WireError[] = [];
  /** How long it was shut, each time. */
  readonly shutMs: number[] = [];
  loopUse = 0;
  /** Clients in the kernel's queue. */
  queue = 0;
  /** How many of them a poll accepts. */
  acceptable = Infinity;
  looks = 0;
  queueOpen = true;
  #shutAtMs: number | undefined;

  constructor(canShut = true) {
    this.watch = new AcceptWatch({
      clock: this.clock,
      queue: {
        waiting: () => {
          this.looks++;
          return this.queue;
        },
        close: () => {
          this.queueOpen = false;
        },
      },
      loopUse: () => this.loopUse,
      afterPoll: (then) => {
        this.poll();
        then();
      },
      door: canShut
        ? {
            shut: () => {
              this.#shutAtMs = this.clock.now();
            },
            open: () => {
              this.shutMs.push(this.clock.now() - (this.#shutAtMs ?? Number.NaN));
              this.#shutAtMs = undefined;
            },
          }
        : undefined,
      failed: (error) => {
        this.told.push(error);
      },
    });
  }

  get isShut(): boolean {
    return this.#shutAtMs !== undefined;
  }

  poll(): void {
    assert.ok(!this.isShut, "no client is accepted while it is shut");
    const accepted = Math.min(this.queue, this.acceptable);
    this.queue -= accepted;
    for (let i = 0; i < accepted; i++) this.watch.accepted();
  }
}

test("F2: an event loop that sleeps is left in peace", () => {
  const scene = new Scene();
  scene.loopUse = 0.4;
  scene.clock.advance(60_000);
  assert.equal(scene.looks, 0);
});

test("F2: a busy event loop without waiting clients costs one check per second", () => {
  const scene = new Scene();
  scene.loopUse = 1;
  scene.clock.advance(60_000);
  assert.equal(scene.looks, 60);
  assert.deepEqual(scene.told, []);
});

test("F2: a crowd that is let in is no failure, however long it goes on coming", () => {
  const scene = new Scene();
  scene.loopUse = 1;
  scene.acceptable = 100;
  for (let second = 0; second < 60; second++) {
    scene.queue = 1_000;
    scene.clock.advance(1_000);
  }
  assert.deepEqual(scene.told, []);
  assert.deepEqual(scene.shutMs, []);
});

test("F2: clients that are not let in: told once; shut for 5 ms, twice as long each time, a second at most", () => {
  const scene = new Scene();
  scene.loopUse = 1;
  scene.queue = 3;
  scene.acceptable = 0;
  scene.clock.advance(10_000);
  assert.equal(scene.told.length, 1);
  assert.deepEqual([scene.told[0]?.code, scene.told[0]?.during], ["ERR_ACCEPT_STALLED", "accept"]);
  assert.deepEqual(scene.shutMs.slice(0, 10), [5, 10, 20, 40, 80, 160, 320, 640, 1_000, 1_000]);

  scene.acceptable = Infinity;
  scene.clock.advance(1_000);
  assert.equal(scene.queue, 0, "the shortage is over, and they are let in");
  assert.ok(!scene.isShut);

  scene.acceptable = 0;
  scene.queue = 1;
  scene.clock.advance(2_000);
  assert.equal(scene.told.length, 2, "the next shortage is another one");
});

test("F2: it is over when those who waited have given up", () => {
  const scene = new Scene();
  scene.loopUse = 1;
  scene.queue = 1;
  scene.acceptable = 0;
  scene.clock.advance(2_000);
  assert.ok(scene.isShut);
  scene.queue = 0;
  scene.clock.advance(1_000);
  assert.ok(!scene.isShut);
});

test("F2: a failure that lasts is reported once if the listener cannot be shut", () => {
  const scene = new Scene(false);
  scene.loopUse = 1;
  scene.queue = 1;
  scene.acceptable = 0;
  scene.clock.advance(60_000);
  assert.equal(scene.told.length, 1);
});

test("F2: a listener that is closed is not watched, whatever it was doing", () => {
  // While it watches, and while it is shut.
  for (const afterMs of [500, 1_001]) {
    const scene = new Scene();
    scene.loopUse = 1;
    scene.queue = 1;
    scene.acceptable = 0;
    scene.clock.advance(afterMs);
    scene.watch.close();
    assert.ok(!scene.queueOpen);
    assert.equal(scene.clock.timers, 0);
  }
});
