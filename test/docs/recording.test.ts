/**
 * The README's recording: that it is what the command shows today, and a picture that every reader can see.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { drawing } from "../../scripts/recording/drawing.ts";
import { play, type Frame } from "../../scripts/recording/play.ts";
import { rowsOf } from "../../scripts/recording/screen.ts";
import { noTmux } from "../cli/support/tmux.ts";
import { unless } from "../failures/support/needs.ts";
import { missing } from "../support/programs.ts";
import { unvarying } from "./transcript.ts";

const svg = readFileSync("docs/recording.svg", "utf8");
const noNc = missing("nc");

function frame(server: string, more: Partial<Frame> = {}): Frame {
  return { holdMs: 1_000, screens: { server, client: "", nc: "" }, ...more };
}

/** The texts of a drawing, each with its classes, but for the titles. */
function textsOf(drawn: string): string[] {
  return [...drawn.matchAll(/<text class="([^"]*)" y="\d+">(.*)<\/text>/g)]
    .filter(([, classes]) => classes !== "z c")
    .map(([, classes = "", text = ""]) => `${classes}: ${text}`);
}

describe("the recording", () => {
  test("shows what the command shows today", unless(noTmux, noNc), async (t) => {
    const [now, before] = [drawing(await play(t)), svg].map(unvarying) as [string[], string[]];
    const differing = {
      now: now.filter((line) => !before.includes(line)),
      before: before.filter((line) => !now.includes(line)),
    };
    assert.deepEqual(differing, { now: [], before: [] }, "out of date: `npm run recording` fixes it");
  });

  test("is one small file, with no script in it and nothing from elsewhere", () => {
    assert.ok(Buffer.byteLength(svg) < 60_000, `${Buffer.byteLength(svg)} bytes`);
    const inside = svg.replace(`xmlns="http://www.w3.org/2000/svg"`, "");
    assert.doesNotMatch(
      inside,
      /<script|<image|<foreignObject|href|url\(|@import|@font-face|https?:| on\w+=/i,
    );
  });
});

describe("a drawing", () => {
  test("has each row once, for as long as it is to be seen", () => {
    const drawn = drawing([frame("one"), frame("one\ntwo"), frame("one"), frame("three")]);
    assert.deepEqual(textsOf(drawn), ["k0: one", "k1: two", "z k2: three"]);
    assert.match(drawn, /@keyframes k0\{0%\{opacity:1\}75%\{opacity:0\}\}/);
    assert.match(drawn, /@keyframes k1\{0%\{opacity:0\}25%\{opacity:1\}50%\{opacity:0\}\}/);
    assert.match(drawn, /@keyframes k2\{0%\{opacity:0\}75%\{opacity:1\}\}/);
  });

  test("is the last frame where nothing moves", () => {
    const drawn = drawing([frame("$ one"), frame("$ one\nanswer"), frame("$ one\nbye")]);
    assert.deepEqual(
      textsOf(drawn).filter((text) => text.startsWith("z")),
      ["z: $ one", "z k1: bye"],
    );
    assert.match(drawn, /prefers-reduced-motion:reduce\)\{text\{animation:none!important\}\}/);
  });

  test("keeps the colours, and takes no character for markup", () => {
    const drawn = drawing([frame("\u001b[31ma<b\u001b[39m &c\u001b[0m")]);
    assert.deepEqual(textsOf(drawn), [`z: <tspan class="f1">a&lt;b</tspan> &amp;c`]);
  });

  test("has a cursor where a person types", () => {
    const drawn = drawing([frame("$ ab\n\n", { typing: "server" })]);
    assert.deepEqual(textsOf(drawn), [`z: $ ab<tspan class="c">█</tspan>`]);
  });
});

describe("a capture", () => {
  test("carries its look into the next row", () => {
    assert.deepEqual(rowsOf("\u001b[1;36ma\nb\u001b[22m c"), [
      [{ text: "a", look: { bold: true, colour: 6 } }],
      [
        { text: "b", look: { bold: true, colour: 6 } },
        { text: " c", look: { colour: 6 } },
      ],
    ]);
  });

  test("with something that cannot be drawn is an error, and not a wrong picture", () => {
    for (const text of ["\u001b[7minverse", "\u001b[48;5;3mground", "\u001b]0;title\u0007", "\u000eacs"]) {
      assert.throws(() => rowsOf(text), /cannot draw/, JSON.stringify(text));
    }
  });
});
