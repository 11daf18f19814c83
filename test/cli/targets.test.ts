/** Several targets in one line: ranges and lists, in the order in which they stand there. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatTarget } from "../../src/base/address.ts";
import { areSeveral, readTargets } from "../../src/cli/targets.ts";
import { UsageError } from "../../src/cli/usage.ts";

const rows: readonly (readonly [line: string, targets: string])[] = [
  ["h 80", "h:80"],
  ["h:80", "h:80"],
  ["h 20-22 80 443", "h:20 h:21 h:22 h:80 h:443"],
  ["h 22,80-81", "h:22 h:80 h:81"],
  ["h 443 20-21", "h:443 h:20 h:21"],
  ["h 80-80", "h:80"],
  ["h 80 79-81 80", "h:80 h:79 h:81"],
  ["a:80 b:443", "a:80 b:443"],
  ["a:80-81 b:443,444", "a:80 a:81 b:443 b:444"],
  ["::1 80 81", "[::1]:80 [::1]:81"],
  ["[::1] 80-81", "[::1]:80 [::1]:81"],
  ["[::1]:80-81 127.0.0.1:7", "[::1]:80 [::1]:81 127.0.0.1:7"],
  ["tcp://h:80,81 unix:/run/a.sock", "h:80 h:81 unix:/run/a.sock"],
  ["unix:/run/a:1-2", "unix:/run/a:1-2"],
];

describe("the targets of a line", () => {
  for (const [line, targets] of rows) {
    test(line, () => {
      const read = readTargets(line.split(" "), {}).map(formatTarget);
      assert.equal(read.join(" "), targets);
      assert.equal(areSeveral(line.split(" "), {}), read.length > 1);
    });
  }

  test("are paths with -U", () => {
    const read = readTargets(["/run/a:1-2", "b"], { unix: true }).map(formatTarget);
    assert.deepEqual(read, ["unix:/run/a:1-2", "unix:b"]);
  });

  test("are all ports there are, if asked for", () => {
    assert.equal(readTargets(["h", "1-65535"], {}).length, 65_535);
  });

  test("that cannot be read are refused, and are not several", () => {
    for (const line of ["h 80 x", "h", "h:1 h", "h 2-1"]) {
      assert.throws(() => readTargets(line.split(" "), {}), UsageError);
      assert.equal(areSeveral(line.split(" "), {}), false);
    }
  });
});
