/** Names of several targets are looked up once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveOnce } from "../../../src/cli/session/resolve-once.ts";

const { signal } = new AbortController();

test("queries each name and family once for all callers", async () => {
  const asked: string[] = [];
  const resolve = resolveOnce((name, family) => {
    asked.push(`${name} ${family}`);
    return Promise.resolve(["127.0.0.1"]);
  }, signal);
  const names = ["a", "a", "b", "a"];
  await Promise.all(names.map((name) => resolve(name, undefined, signal)));
  assert.deepEqual(await resolve("a", 4, signal), ["127.0.0.1"]);
  await resolve("a", undefined, signal);
  assert.deepEqual(asked, ["a undefined", "b undefined", "a 4"]);
});

test("queries again after a failure, and an aborted caller does not affect the others", async () => {
  let asked = 0;
  const resolve = resolveOnce((_, __, given) => {
    assert.equal(given, signal);
    asked++;
    return asked === 1 ? Promise.reject(new Error("silent")) : Promise.resolve(["::1"]);
  }, signal);
  const both = [resolve("a", 6, AbortSignal.abort()), resolve("a", 6, signal)];
  for (const one of both) await assert.rejects(one, /silent/);
  assert.deepEqual(await resolve("a", 6, signal), ["::1"]);
  assert.equal(asked, 2);
});
