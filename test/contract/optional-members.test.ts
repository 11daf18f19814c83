/**
 * Everything optional in the public API accepts `undefined`, too. A project with `exactOptionalPropertyTypes` can
 * then pass its own optional values on.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { parseSync, Visitor } from "oxc-parser";

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Whether a type includes `undefined`; `unknown` includes everything. */
function takesUndefined(type: Node | undefined): boolean {
  if (type === undefined) return false;
  if (type.type === "TSUndefinedKeyword" || type.type === "TSUnknownKeyword") return true;
  return (
    type.type === "TSUnionType" && (type as Node & { types: readonly Node[] }).types.some(takesUndefined)
  );
}

/** The optional members of a report, each with whether it accepts `undefined`. */
function optionalMembers(code: string): { readonly text: string; readonly takes: boolean }[] {
  const { program, errors } = parseSync("api.d.ts", code);
  assert.deepEqual(errors, []);
  const members: { text: string; takes: boolean }[] = [];
  const textOf = (node: Node): string => code.slice(node.start, node.end).replaceAll(/\s+/g, " ");
  const visitor = new Visitor({
    TSPropertySignature(node) {
      if (!node.optional) return;
      members.push({ text: textOf(node), takes: takesUndefined(node.typeAnnotation?.typeAnnotation) });
    },
    TSMethodSignature(node) {
      if (node.optional) members.push({ text: textOf(node), takes: false });
    },
    PropertyDefinition(node) {
      if (!node.optional) return;
      members.push({ text: textOf(node), takes: takesUndefined(node.typeAnnotation?.typeAnnotation) });
    },
  });
  visitor.visit(program);
  return members;
}

describe("every optional member takes undefined", () => {
  for (const [file, atLeast] of [
    ["etc/portcall.api.md", 60],
    ["etc/portcall-engine.api.md", 15],
    ["etc/portcall-testing.api.md", 60],
    ["etc/portcall-sockets.api.md", 60],
    ["etc/portcall-direct-sockets.api.md", 60],
  ] as const) {
    test(`in ${file}`, () => {
      const [, code = ""] = /```ts\n([\s\S]*?)```/.exec(readFileSync(file, "utf8")) ?? [];
      const members = optionalMembers(code);
      assert.ok(members.length > atLeast, `only ${members.length} optional members found`);
      assert.deepEqual(
        members.filter(({ takes }) => !takes).map(({ text }) => text),
        [],
      );
    });
  }

  test("is looked for in members, methods and nested objects", () => {
    const code = `interface A { readonly a?: number; b?(): void; readonly c?: { readonly d?: string } | undefined;
      readonly e?: () => string | undefined; readonly f?: unknown; readonly g?: number | undefined }`;
    assert.deepEqual(
      optionalMembers(code)
        .filter(({ takes }) => !takes)
        .map(({ text }) => text),
      [
        "readonly a?: number;",
        "b?(): void;",
        "readonly d?: string",
        "readonly e?: () => string | undefined;",
      ],
    );
  });
});
