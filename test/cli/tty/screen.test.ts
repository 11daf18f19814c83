/**
 * Whatever comes while a line is typed, the screen shows what it would if all had come
 * first and the line had been typed behind it.
 *
 * The screen's drawing goes to a small terminal of our own; connect-terminal.test.ts
 * sees some of it on a real one.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Screen } from "../../../src/cli/tty/screen.ts";
import { SmallTerminal } from "./support/small-terminal.ts";

const size = { columns: 12, rows: 40 };

function drawn(steps: (screen: Screen) => readonly string[], columns = 12, prompt = ""): SmallTerminal {
  const terminal = new SmallTerminal(columns);
  for (const part of steps(new Screen({ columns, rows: 40 }, prompt))) terminal.write(part);
  return terminal;
}

describe("the screen", () => {
  test("sends output unchanged while nothing is typed", () => {
    const screen = new Screen(size);
    for (const text of ["hello\n", "no end", " yet", "\n", "x".repeat(40), "\tq\n"]) {
      assert.equal(screen.output(text), text);
    }
  });

  test("keeps the typed line after the output, with its cursor position", () => {
    const terminal = drawn((screen) => [
      screen.output("login: "),
      screen.type("bob", 1),
      screen.output("wait\nlogin: "),
    ]);
    assert.equal(terminal.text, "login: wait\nlogin: bob");
    assert.deepEqual(terminal.cursor, [1, 8]);
  });

  test("counts tabs, also one that comes behind a full row", () => {
    const tabbed = drawn((screen) => [screen.output("a\tb"), screen.type("xyz", 0), screen.output("\tc")]);
    assert.equal(tabbed.text, "a       b  c\nxyz");
    assert.deepEqual(tabbed.cursor, [1, 0]);
    const full = drawn((screen) => [
      screen.output("x".repeat(12)),
      screen.type("y", 1),
      screen.output("\tz"),
    ]);
    assert.equal(full.text, "xxxxxxxxxxxx\n        zy");
  });

  test("says our own lines where a line begins", () => {
    const terminal = drawn((screen) => [screen.output("$ "), screen.type("ls", 2), screen.say("bye")]);
    assert.equal(terminal.text, "$\nbye\nls");
  });

  test("leaves a finished line where it was typed", () => {
    const terminal = drawn(
      (screen) => [
        screen.type("", 0),
        screen.type("hello, all of you", 3),
        screen.enter(),
        screen.output("x\n"),
      ],
      12,
      "> ",
    );
    assert.equal(terminal.text, "> hello, all\n of you\nx\n>");
  });

  test("an unfinished line stays when the screen is released, and is drawn again when it is taken back", () => {
    const screen = new Screen(size, "> ");
    const terminal = new SmallTerminal(12);
    for (const part of [screen.type("half", 2), screen.leave(), "$ fg\n", screen.comeBack()])
      terminal.write(part);
    assert.equal(terminal.text, "> half\n$ fg\n> half");
    assert.deepEqual(terminal.cursor, [2, 4]);
  });

  test("F77: shows typed and pasted text without control sequences", () => {
    const shown = new Screen(size).type("a\x1b]0;x\x07\u202eb\u200d\u009b", 1);
    assert.match(shown, /^a\^\[\]0;x\^G<U\+202E>b<U\+200D><U\+009B>/);
  });

  test("of a line longer than half the screen, shows the part around the cursor", () => {
    const screen = new Screen({ columns: 10, rows: 4 });
    const terminal = new SmallTerminal(10);
    const long = Array.from({ length: 100 }, (_, index) => index % 10).join("");
    terminal.write(screen.type(long, 50));
    assert.equal(terminal.text, "…123456789\n012345678…");
    terminal.write(screen.type(long, 100));
    assert.equal(terminal.text, "…234567890\n123456789");
    terminal.write(screen.type("short", 5));
    assert.equal(terminal.text, "short");
  });

  test("draws the line by the new width after a resize", () => {
    const screen = new Screen({ columns: 6, rows: 40 });
    screen.type("abcdefghij", 10);
    // A terminal that wraps anew has moved the cursor: one row up, to column 10.
    const terminal = new SmallTerminal(20);
    terminal.write(`abcdefghij${screen.resize({ columns: 20, rows: 40 })}`);
    assert.equal(terminal.text, "abcdefghij");
    assert.deepEqual(terminal.cursor, [0, 10]);
  });

  type Step =
    | { readonly type: "output" | "say"; readonly text: string }
    | { readonly type: "type"; readonly text: string; readonly cursor: number }
    | { readonly type: "enter" };

  const characters = fc.constantFrom("a", "b", " ", "漢", "é", "e\u0301", "🙂");
  const text = fc.string({ unit: fc.oneof(characters, fc.constant("\t")), maxLength: 30 });
  const output = fc.string({ unit: fc.oneof(characters, fc.constant("\n")), maxLength: 40 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    output.map((one): Step => ({ type: "output", text: one })),
    fc.string({ unit: characters, maxLength: 30 }).map((one): Step => ({ type: "say", text: one })),
    fc.record({ text, cursor: fc.nat(30) }).map((one): Step => ({ type: "type", ...one })),
    fc.constant<Step>({ type: "enter" }),
  );

  test("shows the same as one complete drawing, for any input and output, at any width", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.integer({ min: 2, max: 24 }), (steps, columns) => {
        const screen = new Screen({ columns, rows: 1_000 });
        const terminal = new SmallTerminal(columns);
        let plain = "";
        let typed = { text: "", cursor: 0 };
        for (const one of steps) {
          if (one.type === "output") {
            terminal.write(screen.output(one.text));
            plain += one.text;
          } else if (one.type === "say") {
            terminal.write(screen.say(one.text));
            const atStart = /(^|\n)$/.test(plain);
            plain += `${atStart ? "" : "\n"}${one.text}\n`;
          } else if (one.type === "type") {
            const whole = Array.from(one.text);
            typed = { text: one.text, cursor: whole.slice(0, one.cursor).join("").length };
            terminal.write(screen.type(typed.text, typed.cursor));
          } else {
            terminal.write(screen.enter());
            plain += `${typed.text.replaceAll("\t", "    ")}\n`;
            typed = { text: "", cursor: 0 };
          }
        }
        const [expected, before] = [new SmallTerminal(columns), new SmallTerminal(columns)];
        expected.write(plain + typed.text.replaceAll("\t", "    "));
        before.write(plain + typed.text.slice(0, typed.cursor).replaceAll("\t", "    "));
        assert.equal(terminal.text, expected.text);
        assert.deepEqual(terminal.cursor, before.cursor);
      }),
      { numRuns: 2_000 },
    );
  });
});
