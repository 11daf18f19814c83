/**
 * The addon's C files call each other in one direction only.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { callsBetween } from "./c-calls.ts";
import { cyclesIn } from "./cycles.ts";

test("no two C files of the addon call each other, not even through a third", () => {
  const names = readdirSync("native").filter((name) => name.endsWith(".c"));
  const graph = callsBetween(new Map(names.map((name) => [name, readFileSync(`native/${name}`, "utf8")])));
  // Calls that are certain to exist: a check that misses them proves nothing.
  assert.ok(graph.get("batch.c")?.includes("interest.c"), "the check misses a call");
  assert.ok(graph.get("module.c")?.includes("listen.c"), "the check misses a function that is passed on");
  assert.deepEqual(
    cyclesIn(graph).map((cycle) => cycle.join(" -> ")),
    [],
  );
});

describe("the check of C calls", () => {
  const two = "void two(void) {\n  three();\n}\n";

  test("finds a circle of two files", () => {
    const graph = calls({
      "a.c": "int one(int a) {\n  return a;\n}\nvoid z(void) { two(); }",
      "b.c": "void two(void) { one(1); }",
    });
    assert.deepEqual(cyclesIn(graph), [["a.c", "b.c", "a.c"]]);
  });

  test("finds a circle through a third file", () => {
    const graph = calls({
      "a.c": "struct socket *one(struct loop *loop,\n                   int id) {\n  two();\n}",
      "b.c": two,
      "c.c": "bool three(void) { return one(0, 1) != NULL; }",
    });
    assert.deepEqual(cyclesIn(graph), [["a.c", "b.c", "c.c", "a.c"]]);
  });

  test("counts a function that is passed on as a pointer", () => {
    const graph = calls({ "a.c": "const struct backend backend = {\n  .flush = two,\n};", "b.c": two });
    assert.deepEqual(graph.get("a.c"), ["b.c"]);
  });

  test("ignores comments, text, fields, declarations, and static functions of the same name", () => {
    const graph = calls({
      "a.c": `/* two() */ // two()\nstatic int two(void) { return 1; }\nvoid one(void) { two(); }`,
      "b.c": two,
      "c.c": `void x(struct loop *loop) { loop->two(loop); loop.two(); say("two()"); }\nvoid declared(void);`,
      "d.c": "void declared(void) {}",
    });
    assert.deepEqual([graph.get("a.c"), graph.get("c.c")], [[], []]);
  });
});

function calls(files: Record<string, string>): Map<string, string[]> {
  return callsBetween(new Map(Object.entries(files)));
}
