/** A program's stderr, as lines of our own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sayLines } from "../../../../src/cli/serve/exec/stderr-lines.ts";

async function linesOf(...chunks: readonly string[]): Promise<string[]> {
  const said: string[] = [];
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield Promise.resolve(Buffer.from(chunk));
  }
  await sayLines(stream(), (line) => said.push(line));
  return said;
}

test("a line is put together from its chunks, and the last needs no ending", async () => {
  assert.deepEqual(await linesOf("on", "e\r\ntw", "o\n\nthree"), ["one", "two", "", "three"]);
});

test("a line without end is cut at a thousand characters, before more of it is here", async () => {
  const said = await linesOf(...Array.from({ length: 50 }, () => "x".repeat(100)), "\n");
  assert.ok(said.length >= 5);
  assert.ok(Math.max(...said.map(({ length }) => length)) <= 1_000);
  assert.equal(said.join("").length, 5_000);
});
