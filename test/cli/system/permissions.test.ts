/**
 * The command under Node's permission model: a denial is reported in a sentence, never with a stack trace.
 */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { describe, test } from "node:test";
import { commandPath, start } from "../../support/command.ts";

const flags = process.allowedNodeEnvironmentFlags;
const model = ["--permission", "--experimental-permission"].find((flag) => flags.has(flag));
const network = flags.has("--allow-net") ? ["--allow-net"] : [];

describe("under Node's permission model", { skip: model === undefined && "this Node has none" }, () => {
  const node = (...args: string[]): [string, string[]] => [process.execPath, [model ?? "", ...args]];
  const readAll = ["--allow-fs-read=*", ...network];

  test("reports that it may not read its own files", async (t) => {
    const child = start(t, ...node(`--allow-fs-read=${resolve("bin")}/*`, commandPath, "--version"));
    assert.equal(await child.code(), 20);
    assert.match(child.stderr, /^portcall: .* start Node with --allow-fs-read=\/.*\/\*$/m);
    assert.doesNotMatch(child.stderr, /^ +at /m);
  });

  test("runs on the portable engine where addons are denied, and `doctor` names what is denied", async (t) => {
    const child = start(t, ...node(...readAll, commandPath, "doctor"));
    assert.equal(await child.code(), 0, child.stdout);
    assert.match(child.stdout, /^note +permissions +.*child processes \(--allow-child-process\).*addons/m);
    assert.match(child.stdout, /^(note|ok) +engine +portable\b/m);
  });

  test("refuses --exec at the start", async (t) => {
    const child = start(t, ...node(...readAll, commandPath, "serve", "--exec", "cat", ":0"));
    assert.equal(await child.code(), 2);
    assert.match(child.stderr, /--exec .*denies; start Node with --allow-child-process$/m);
    assert.doesNotMatch(child.stderr, /listening/);
  });
});
