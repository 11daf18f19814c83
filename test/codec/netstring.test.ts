import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { netstring } from "../../src/index.ts";
import { bytesOf, decodeAll } from "../../src/testing/cuts.ts";
import { WatchedQueue } from "./watched-queue.ts";

describe("netstring", () => {
  test("frames as the specification's examples do", () => {
    assert.equal(Buffer.from(netstring().encode("hello world!")).toString(), "12:hello world!,");
    assert.equal(Buffer.from(netstring().encode("")).toString(), "0:,");
    assert.equal(Buffer.from(netstring().encode("é")).toString(), "2:é,");
  });

  test("F67: fails on the length alone, before its colon has arrived", () => {
    const codec = netstring({ messageBytesMax: 1000 });
    assert.deepEqual(decodeAll(codec, [bytesOf("1001")]).error, {
      kind: "too-long",
      message: "a netstring longer than 1000 bytes is announced",
      missingBytes: undefined,
      option: "messageBytesMax",
    });
  });

  test("F67: takes no length that a number cannot hold, not without a limit either", () => {
    const codec = netstring({ messageBytesMax: Infinity });
    assert.equal(decodeAll(codec, [bytesOf("9".repeat(400))]).error?.kind, "too-long");
    assert.equal(decodeAll(codec, [bytesOf("4503599627370496:a")]).error?.missingBytes, 2 ** 52);
  });

  test("F36: counts what is missing, once the length is known", () => {
    assert.equal(decodeAll(netstring(), [bytesOf("5")]).error?.missingBytes, undefined);
    assert.equal(decodeAll(netstring(), [bytesOf("5:")]).error?.missingBytes, 6);
    assert.equal(decodeAll(netstring(), [bytesOf("5:hello")]).error?.missingBytes, 1);
  });

  test("F66: looks at no byte of a message that comes in single bytes", () => {
    const queue = new WatchedQueue();
    const decoder = netstring().decoder();
    queue.push(bytesOf("5000:"));
    for (let count = 0; count < 4999; count++) {
      queue.push(Uint8Array.of(0x61));
      assert.equal(decoder.decode(queue), undefined);
    }
    assert.ok(queue.bytesLookedAt <= 5 * 5000, `${queue.bytesLookedAt} bytes are looked at`);
  });

  test("refuses a message that is neither text nor bytes, and a limit that is none", () => {
    assert.throws(() => netstring().encode(7 as unknown as string), /^TypeError: netstring: message: 7 is/);
    assert.throws(() => netstring({ messageBytesMax: 0 }), /^TypeError: netstring: messageBytesMax: 0 is/);
  });
});
