/**
 * The how-to page about ports lists every word that the table of `connect -z` can have, because scripts compare them.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { errorCodes, NetError, type KnownErrorCode, type Stage } from "../../src/base/errors.ts";
import { exitCodes, exitOfError } from "../../src/cli/exit.ts";
import { isShortage, probedTarget } from "../../src/cli/session/probe.ts";

/** The stages of a client before it has a connection. */
const connecting: readonly Stage[] = ["create", "resolve", "bind", "connect", "handshake"];

const page = readFileSync("docs/how-to/ports.md", "utf8");
const rows = [...page.matchAll(/^\| `([\w-]+)` \| .* \| (\d+) \|$/gm)].map(
  ([, word, code]) => `${word} ${code}`,
);

test("the page about ports lists each word of the table with its exit code, and no other", () => {
  const target = { scheme: "tcp", host: "127.0.0.1", port: 80 } as const;
  const words = new Set([`${probedTarget(target, 0).outcome} ${exitCodes.ok.code}`]);
  for (const code of Object.keys(errorCodes) as KnownErrorCode[]) {
    for (const stage of errorCodes[code].stages.filter((one) => connecting.includes(one))) {
      const error = new NetError({ code, stage, happened: "" });
      // A shortage stops the scan, and an aborted attempt is not in the table.
      if (isShortage(error) || code === "ERR_ABORTED") continue;
      const exit = exitOfError(error);
      words.add(`${probedTarget(target, 0, error, exit).outcome} ${exitCodes[exit].code}`);
    }
  }
  assert.deepEqual(rows.toSorted(), [...words].toSorted());
});
