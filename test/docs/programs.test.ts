import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { blocksOf } from "./blocks.ts";
import { programsOf } from "./programs.ts";
import { commandsOf } from "./transcript.ts";

const cases: readonly (readonly [command: string, ...programs: string[]])[] = [
  ["portcall connect localhost 8888"],
  ["portcall nc -N 127.0.0.1 8888"],
  ["echo hello | portcall connect localhost 8888"],
  ["printf 'b\\na\\n' | nc -N 127.0.0.1 8888", "nc"],
  ["printf 'a | telnet' | od -An -tx1 -w16", "od"],
  [`echo hi | portcall connect h 1 --json | python3 -c 'import json; print(1)'`, "python3"],
  ["until grep -qs listening sort.log; do sleep 0.1; done", "grep", "sleep"],
  ["timeout --signal=INT 5 portcall serve :8888 --drain 5s", "timeout"],
  ["timeout 5 curl -s http://localhost", "timeout", "curl"],
  ["LC_ALL=C sort -n < file > other", "sort"],
  ["sed 's/1/2/' quiz.js > next.js && mv next.js live.js", "sed", "mv"],
  ["portcall serve --exec 'sort -n' :8888 2> sort.log &", "sort"],
  ["(sleep 1; echo secret) | portcall connect h 1", "sleep"],
  ["PORTCALL_TIMEOUT=soon portcall connect 127.0.0.1:9000"],
  ["kill -INT $server; wait; grep live.js live.log", "grep"],
];

describe("the programs of a transcript", () => {
  for (const [command, ...programs] of cases) {
    test(`${JSON.stringify(command)}: ${programs.join(", ") || "none but bash"}`, () => {
      assert.deepEqual(programsOf([command]), ["bash", ...programs]);
    });
  }

  test("are what the pages run, and no words of other kinds", () => {
    const pages = ["docs/guide", "docs/how-to"].flatMap((folder) =>
      readdirSync(folder).map((file) => `${folder}/${file}`),
    );
    const blocks = [...pages, "README.md"].flatMap((page) => blocksOf(readFileSync(page, "utf8")));
    const run = blocks.filter(({ marks }) => marks.some((mark) => mark.startsWith("run")));
    const programs = programsOf(run.flatMap(({ text }) => commandsOf(text)));
    assert.ok(programs.includes("nc") && programs.includes("grep"), programs.join(" "));
    for (const program of programs) assert.match(program, /^[a-z][a-z0-9-]*$/);
  });
});
