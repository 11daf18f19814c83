/**
 * What is typed while the peer keeps the echo to itself is neither shown nor kept.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import type { ReadStream, WriteStream } from "node:tty";
import { readAll } from "../../support/read-all.ts";
import { Interaction } from "../../../src/cli/tty/interaction.ts";
import { temporaryFolder } from "../../support/folder.ts";

test("hidden typed text is sent, and neither shown nor kept in the history", async (t) => {
  const folder = temporaryFolder(t);
  const stateHome = process.env["XDG_STATE_HOME"];
  process.env["XDG_STATE_HOME"] = folder;
  t.after(() => {
    if (stateHome === undefined) delete process.env["XDG_STATE_HOME"];
    else process.env["XDG_STATE_HOME"] = stateHome;
  });
  const modes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { setRawMode: (mode: boolean) => modes.push(mode) });
  const stdout = Object.assign(new PassThrough(), { columns: 40, rows: 10 });
  const interaction = new Interaction(
    { stdin: stdin as unknown as ReadStream, stdout: stdout as unknown as WriteStream },
    { history: true, interrupted: () => undefined },
  );
  const lines = interaction.typed[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value } = await lines.next();
    return Buffer.from(value ?? []).toString();
  };
  const file = join(folder, "portcall", "history");

  interaction.hide(true);
  stdin.write("hunter2\r");
  assert.equal(await next(), "hunter2\n");
  assert.equal(readAll(stdout), "\n");
  assert.equal(existsSync(file), false);

  interaction.hide(false);
  stdin.write("hello\r");
  assert.equal(await next(), "hello\n");
  assert.equal(readAll(stdout), "hello\n");
  assert.equal(readFileSync(file, "utf8"), "hello\n");

  stdin.write("\x04");
  assert.equal((await lines.next()).done, true);
  interaction.release();
  assert.deepEqual(modes, [true, false]);
});
