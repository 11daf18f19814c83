import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { isHere, nc, required } from "./peers.ts";

test(
  "where peers are required, none is missing",
  { skip: !required && "only with PORTCALL_PEERS=required" },
  () => {
    const missing = [
      "telnet",
      nc,
      "ncat",
      "socat",
      "curl",
      "python3",
      "microsocks",
      "danted",
      "tinyproxy",
      "ssh",
      "sshd",
    ].filter((program) => !isHere(program));
    assert.deepEqual(missing, []);
  },
);

test("tests name programs and no places of them: what PATH does not have, a bare machine does not have", () => {
  const found: string[] = [];
  let files = 0;
  for (const file of readdirSync("test", { recursive: true, encoding: "utf8" })) {
    if (!/\.(?:ts|py|sh)$/.test(file)) continue;
    files++;
    for (const [line] of readFileSync(`test/${file}`, "utf8").matchAll(
      /^.*["'`]\/(?:usr\/)?(?:local\/)?s?bin\/.*$/gm,
    ))
      found.push(`test/${file}: ${line.trim()}`);
  }
  assert.ok(files > 100, `saw ${files} files`);
  assert.deepEqual(found, []);
});
