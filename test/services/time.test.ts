import assert from "node:assert/strict";
import { test } from "node:test";
import { timeBytes } from "../../src/services/time.ts";
import { bothModes, run } from "./service-under-test.ts";

function seconds(date: string): number {
  return Buffer.from(timeBytes(Date.parse(date))).readUInt32BE();
}

test("counts the seconds since 1900 as RFC 868 does", () => {
  assert.equal(seconds("1970-01-01T00:00:00Z"), 2_208_988_800);
  assert.equal(seconds("1976-01-01T00:00:00Z"), 2_398_291_200);
  assert.equal(seconds("1980-01-01T00:00:00Z"), 2_524_521_600);
  assert.equal(seconds("1983-05-01T00:00:00Z"), 2_629_584_000);
  // The last of the RFC's examples is before its epoch.
  assert.equal(seconds("1858-11-17T00:00:00Z") | 0, -1_297_728_000);
});

test("leaves out parts of a second, and begins again at 0 in 2036", () => {
  assert.equal(seconds("1900-01-01T00:00:01.999Z"), 1);
  assert.equal(seconds("2036-02-07T06:28:15.999Z"), 0xffff_ffff);
  assert.equal(seconds("2036-02-07T06:28:16Z"), 0);
});

for (const [words, mode] of bothModes)
  test(`sends four bytes, and closes, ${words}`, async (t) => {
    const { dial } = await run(t, "time", mode);
    const earliest = Buffer.from(timeBytes(Date.now())).readUInt32BE();
    const client = await dial();
    const answer = Buffer.from((await client.readExactly(4)) ?? []).readUInt32BE();
    assert.equal(await client.read(), null);
    const latest = Buffer.from(timeBytes(Date.now())).readUInt32BE();
    assert.ok(earliest <= answer && answer <= latest, `${earliest} <= ${answer} <= ${latest}`);
  });
