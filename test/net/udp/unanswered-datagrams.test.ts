/** Datagrams kept until an address has answered. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { UnansweredDatagrams } from "../../../src/net/udp/unanswered-datagrams.ts";
import type { DatagramWire } from "../../../src/wire/index.ts";

/** Sends `count` datagrams of a length; returns how many are sent again to the next address. */
function sentAgain(count: number, length: number): number {
  const [first, second] = [{} as DatagramWire, {} as DatagramWire];
  let again = 0;
  const unanswered = new UnansweredDatagrams([first, second], (wire) => {
    assert.equal(wire, second);
    again++;
  });
  for (let sent = 0; sent < count; sent++) unanswered.remember(new Uint8Array(length));
  assert.ok(unanswered.refused(first));
  return again;
}

test("all of a few are kept", () => {
  assert.equal(sentAgain(20, 100), 20);
});

test("of many the newest are kept, as many as 64 KiB hold", () => {
  assert.equal(sentAgain(1_000, 1_024 - 256), 64);
});

test("empty datagrams do not fill the memory either", () => {
  assert.equal(sentAgain(100_000, 0), 256);
});
