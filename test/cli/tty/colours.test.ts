/**
 * Which streams get colours, and that text of a peer is never coloured.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hasColours, setOff, type ColourChoice } from "../../../src/cli/tty/colours.ts";
import { portcall } from "../../support/command.ts";

type Row = readonly [
  choice: ColourChoice,
  env: Record<string, string>,
  isTerminal: boolean,
  colours: boolean,
];

const rows: readonly Row[] = [
  ["auto", {}, true, true],
  ["auto", {}, false, false],
  ["auto", { TERM: "dumb" }, true, false],
  ["auto", { NO_COLOR: "1" }, true, false],
  ["auto", { NO_COLOR: "" }, true, true],
  ["auto", { FORCE_COLOR: "1" }, false, true],
  ["auto", { FORCE_COLOR: "" }, false, true],
  ["auto", { FORCE_COLOR: "0" }, true, false],
  ["auto", { FORCE_COLOR: "false" }, true, false],
  ["auto", { FORCE_COLOR: "1", NO_COLOR: "1", TERM: "dumb" }, false, true],
  ["always", { NO_COLOR: "1", TERM: "dumb" }, false, true],
  ["never", { FORCE_COLOR: "1" }, true, false],
];

describe("colours", () => {
  for (const [choice, env, isTerminal, colours] of rows) {
    const where = isTerminal ? "on a terminal" : "in a pipe";
    test(`--color=${choice} ${where} with ${JSON.stringify(env)}: ${colours ? "yes" : "no"}`, () => {
      assert.equal(hasColours(choice, env, isTerminal), colours);
    });
  }

  test("set off the stage and the number before it, and nothing else", () => {
    assert.deepEqual(setOff("[3] open 127.0.0.1:1"), {
      start: "[3] \x1b[1mopen\x1b[0m",
      rest: " 127.0.0.1:1",
    });
    assert.deepEqual(setOff("portcall: x"), { start: "\x1b[31mportcall:\x1b[0m", rest: " x" });
    assert.deepEqual(setOff("         found ::1"), { start: "", rest: "         found ::1" });
    assert.deepEqual(setOff("127.0.0.1:5 left"), { start: "", rest: "127.0.0.1:5 left" });
  });

  test("are in what the command says when they are asked for, and not else", async (t) => {
    const asked = portcall(t, ["connect", "127.0.0.1:1", "--color=always"]);
    assert.equal(await asked.code(), 11);
    assert.ok(asked.stderr.startsWith("\x1b[31mportcall:\x1b[0m connect 127.0.0.1:1: refused"));
    const forced = portcall(t, ["connect", "-v", "127.0.0.1:1"], { env: { FORCE_COLOR: "1" } });
    assert.equal(await forced.code(), 11);
    assert.ok(forced.stderr.startsWith("\x1b[1mconnect\x1b[0m 127.0.0.1:1: ECONNREFUSED"));
    const piped = portcall(t, ["connect", "127.0.0.1:1"], { env: { FORCE_COLOR: undefined } });
    assert.equal(await piped.code(), 11);
    assert.match(piped.stderr, /^portcall: connect/);
    const wrong = portcall(t, ["connect", "127.0.0.1:1", "--color=blue"]);
    assert.equal(await wrong.code(), 2);
    assert.equal(wrong.stderr, 'portcall connect: --color "blue" is none of auto, always, never\n');
  });
});
