/**
 * Files arrive at the other end byte for byte: `portcall connect < file`, `portcall listen > file`.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { portcall } from "../support/command.ts";
import { folderFor, sha256 } from "./peers.ts";

/** Sends files with these contents both ways. Resolves to what arrived at the listener and at the client. */
async function exchange(
  t: TestContext,
  ...contents: readonly [Uint8Array, Uint8Array]
): Promise<readonly Buffer[]> {
  const folder = folderFor(t);
  const files = contents.map((bytes, side) => {
    writeFileSync(join(folder, `in${side}`), bytes);
    return {
      input: openSync(join(folder, `in${side}`), "r"),
      output: openSync(join(folder, `out${side}`), "w"),
    };
  }) as [Files, Files];
  const [theirs, ours] = files;
  const listener = portcall(t, ["listen"], { stdio: [ours.input, ours.output, "pipe"] });
  const [, port = ""] = await listener.printsOnStderr(/^listening on \S+:(\d+)\n/);
  const client = portcall(t, ["connect", "127.0.0.1", port], {
    stdio: [theirs.input, theirs.output, "pipe"],
  });
  assert.equal(await client.code(), 0);
  assert.equal(await listener.code(), 0);
  assert.equal(client.stderr, "");
  for (const { input, output } of files) {
    closeSync(input);
    closeSync(output);
  }
  return [readFileSync(join(folder, "out1")), readFileSync(join(folder, "out0"))];
}

interface Files {
  readonly input: number;
  readonly output: number;
}

test("every byte from 0 to 255 arrives as it was sent, both ways", async (t) => {
  const up = Uint8Array.from({ length: 256 }, (_, value) => value);
  const down = up.toReversed();
  const [atListener, atClient] = await exchange(t, up, down);
  assert.deepEqual(atListener, Buffer.from(up));
  assert.deepEqual(atClient, Buffer.from(down));
});

test("8 MiB arrive whole, both ways at the same time", async (t) => {
  const [up, down] = [randomBytes(8_388_608), randomBytes(8_388_608)];
  const [atListener, atClient] = await exchange(t, up, down);
  assert.equal(sha256(atListener as Buffer), sha256(up));
  assert.equal(sha256(atClient as Buffer), sha256(down));
});

test("nothing at all is nothing at the other end", async (t) => {
  const [atListener, atClient] = await exchange(t, new Uint8Array(), new Uint8Array());
  assert.equal(atListener?.length, 0);
  assert.equal(atClient?.length, 0);
});
