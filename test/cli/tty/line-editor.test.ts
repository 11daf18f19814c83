/**
 * Every key does to the line what it does in a shell.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { historyLinesMax, LineEditor, type Key } from "../../../src/cli/tty/line-editor.ts";

/** Presses keys: `C-a`, `M-b`, `left`; anything else is typed. */
function press(editor: LineEditor, ...keys: readonly string[]): LineEditor {
  for (const key of keys) {
    const [, modifier, name = ""] = /^([CM])-(.+)$/.exec(key) ?? [];
    if (modifier !== undefined)
      editor.press(undefined, { name, ctrl: modifier === "C", meta: modifier === "M" });
    else if (/^(left|right|home|end|up|down|backspace|delete)$/.test(key))
      editor.press(undefined, { name: key });
    else for (const character of key) editor.press(character, { name: character });
  }
  return editor;
}

/** The line with the cursor as `|`. */
function shown({ text, cursor }: LineEditor): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

describe("the line editor", () => {
  const rows: readonly (readonly [keys: readonly string[], line: string])[] = [
    [["hello", "left", "left", "XX"], "helXX|lo"],
    [["hello", "C-a", "X", "C-e", "Y"], "XhelloY|"],
    [["hello", "home", "right", "C-f", "C-b", "X"], "hX|ello"],
    [["one two", "M-b", "X"], "one X|two"],
    [["one two", "C-left", "C-left", "C-left", "X"], "X|one two"],
    [["one  two", "C-a", "M-f", "X"], "oneX|  two"],
    [["one two.", "C-a", "C-right", "C-right", "X"], "one twoX|."],
    [["ab", "backspace", "C-h", "C-h", "c"], "c|"],
    [["abc", "C-a", "delete", "C-d"], "|c"],
    [["one two-three ", "C-w"], "one |"],
    [["one two-three", "M-backspace"], "one two-|"],
    [["one two", "C-a", "M-d"], "| two"],
    [["one two", "M-b", "C-u"], "|two"],
    [["one two", "M-b", "C-k"], "one |"],
    [["one two", "C-w", "C-a", "C-y"], "two|one "],
    [["e\u0301x", "left", "left", "X"], "X|e\u0301x"],
    [["ae\u0301", "backspace"], "a|"],
    [["a👩‍👩‍👧", "left", "backspace"], "|👩‍👩‍👧"],
    [["tab\tin"], "tab\tin|"],
    [["no\x00\x1b\x7fthing"], "nothing|"],
    [["C-x", "M-x", "C-q"], "|"],
  ];
  for (const [keys, line] of rows) {
    test(`${keys.map((key) => JSON.stringify(key)).join(" ")} makes ${JSON.stringify(line)}`, () => {
      assert.equal(shown(press(new LineEditor(), ...keys)), line);
    });
  }

  test("goes through the lines of before, and back to the new one", () => {
    const editor = new LineEditor(["first", "second"]);
    const seen = ["up", "C-p", "up", "down", "C-n", "down"].map((key, index) =>
      shown(press(editor, ...(index === 0 ? ["new"] : []), key)),
    );
    assert.deepEqual(seen, ["second|", "first|", "first|", "second|", "new|", "new|"]);
  });

  test("a line of before that is changed is a new line, and the old one is as it was", () => {
    const editor = press(new LineEditor(["first", "second"]), "up", "!", "up", "up", "up");
    assert.equal(shown(editor), "first|");
    assert.equal(press(editor, "down", "down").text, "second!");
  });

  test("remembers what is finished, once, unless it is not to be kept or is blank", () => {
    const editor = new LineEditor();
    for (const [line, keep] of [
      ["a", true],
      ["a", true],
      ["secret", false],
      ["  ", true],
      ["b", true],
    ] as const) {
      press(editor, line);
      assert.equal(editor.finish(keep), line);
      assert.equal(shown(editor), "|");
    }
    assert.equal(press(editor, "up").text, "b");
    assert.equal(press(editor, "up").text, "a");
    assert.equal(press(editor, "up").text, "a");
  });

  test("keeps the cursor in the line, between characters, whatever is pressed", () => {
    const names = ["left", "right", "home", "end", "up", "down", "backspace", "delete"];
    const key: fc.Arbitrary<readonly [string | undefined, Key]> = fc.oneof(
      fc
        .constantFrom(...names, "b", "f", "d", "w", "u", "k", "y", "h", "p", "n")
        .chain((name) =>
          fc
            .record({ name: fc.constant(name), ctrl: fc.boolean(), meta: fc.boolean() })
            .map((one) => [undefined, one] as const),
        ),
      fc.string({ unit: "grapheme", maxLength: 3 }).map((text) => [text, {}] as const),
    );
    fc.assert(
      fc.property(fc.array(key), (keys) => {
        const editor = new LineEditor(["old 🙂 line", "漢字"]);
        for (const [typed, one] of keys) {
          editor.press(typed, one);
          assert.ok(editor.cursor >= 0 && editor.cursor <= editor.text.length);
          assert.ok(!/[\ud800-\udbff]$/.test(editor.text.slice(0, editor.cursor)), "half a character");
        }
      }),
    );
  });
});

test("no more than historyLinesMax lines are remembered, the newest", () => {
  const editor = new LineEditor(["from an earlier run"]);
  for (let line = 0; line <= historyLinesMax; line++) {
    press(editor, `line ${line}`);
    editor.finish(true);
  }
  for (let line = 0; line < 2 * historyLinesMax; line++) press(editor, "up");
  assert.equal(editor.text, "line 1");
});
