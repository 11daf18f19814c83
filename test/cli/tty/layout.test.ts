import assert from "node:assert/strict";
import { test } from "node:test";
import { cellsOf } from "../../../src/cli/tty/layout.ts";

const rows = [
  [0, "a combining mark", "\u0301"],
  [0, "a zero-width joiner", "\u200d"],
  [0, "a variation selector", "\ufe0f"],
  [1, "a letter", "a"],
  [1, "an accented letter", "é"],
  [1, "a Cyrillic letter", "ж"],
  [1, "a half-width katakana", "ｱ"],
  [1, "a box drawing", "─"],
  [1, "a heart, which is text by default", "❤"],
  [2, "a Han character", "漢"],
  [2, "a Hangul syllable", "한"],
  [2, "a Hangul jamo", "ᄀ"],
  [2, "a hiragana", "あ"],
  [2, "a full-width letter", "Ａ"],
  [2, "a full-width sign", "￥"],
  [2, "a Han character beyond the basic plane", "𠮷"],
  [2, "an emoji", "😀"],
  [2, "an emoji of the basic plane", "⌚"],
] as const;

for (const [cells, what, character] of rows) {
  test(`${what} takes ${cells} cells`, () => {
    assert.equal(cellsOf(character), cells);
  });
}
