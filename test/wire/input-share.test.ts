/** How much the sockets of node:net read in one turn. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turnOver } from "node:timers/promises";
import { FakeClock } from "../../src/testing/index.ts";
import { InputShare, type Source } from "../../src/wire/portable/input-share.ts";

class Socket implements Source {
  held = false;
  hold(): void {
    this.held = true;
  }
  goOn(): void {
    this.held = false;
  }
}

const chunkBytes = 65_536;

test("a socket that brings more than the turn has room for is held until the next", async () => {
  const [share, clock, greedy, other] = [new InputShare(), new FakeClock(), new Socket(), new Socket()];
  let bytes = 0;
  for (; !greedy.held && bytes < 100 * 1024 * 1024; bytes += chunkBytes)
    share.took(greedy, chunkBytes, clock);
  assert.ok(greedy.held && bytes <= 4 * 1024 * 1024, `${bytes} bytes`);
  assert.equal(other.held, false);
  share.took(other, 1, clock);
  assert.ok(other.held);
  await turnOver();
  assert.deepEqual([greedy.held, other.held], [false, false]);
  share.took(other, 1, clock);
  assert.equal(other.held, false);
});

test("time uses the turn up, too", async () => {
  const [share, clock, socket] = [new InputShare(), new FakeClock(), new Socket()];
  share.took(socket, 1024 * 1024, clock);
  share.took(socket, 1, clock);
  assert.equal(socket.held, false);
  clock.advance(4);
  share.took(socket, 1, clock);
  assert.ok(socket.held);
  await turnOver();
  assert.equal(socket.held, false);
});

test("little in each of many turns is never held", async () => {
  const [share, clock, socket] = [new InputShare(), new FakeClock(), new Socket()];
  for (let turn = 0; turn < 100; turn++) {
    share.took(socket, 2 * chunkBytes, clock);
    clock.advance(1);
    assert.equal(socket.held, false);
    await turnOver();
  }
});
