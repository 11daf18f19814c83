/**
 * What a line typed at `listen -k` means.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { completeConsoleCommand, parseConsoleCommand } from "../../../src/cli/tty/console-command.ts";
import { parseRate } from "../../../src/cli/tty/rate.ts";

describe("a line at listen -k", () => {
  for (const [line, text, to] of [
    ["hello", "hello", "all"],
    ["", "", "all"],
    [" /who", " /who", "all"],
    ["//who", "/who", "all"],
    ["@@3 hello", "@3 hello", "all"],
    ["@3 hello  there ", "hello  there ", 3],
    ["@3  hello", " hello", 3],
    ["@3 ", "", 3],
    ["@3", "", 3],
    ["@3hello", "@3hello", "all"],
    ["@bob hi", "@bob hi", "all"],
    ["me@3 hi", "me@3 hi", "all"],
  ] as const) {
    test(`${JSON.stringify(line)} says ${JSON.stringify(text)} to ${to}`, () => {
      assert.deepEqual(parseConsoleCommand(line), { type: "say", text, to });
    });
  }

  for (const [line, order] of [
    ["/who", { type: "who" }],
    ["/help ", { type: "help" }],
    ["/quit", { type: "quit" }],
    ["/close 3", { type: "close", client: 3 }],
    ["/reset  12 ", { type: "reset", client: 12 }],
    ["/slow 3 10B/s", { type: "slow", client: 3, bytesPerSecond: 10 }],
    ["/slow 3 off", { type: "slow", client: 3, bytesPerSecond: Infinity }],
  ] as const) {
    test(`${line} is a command`, () => {
      assert.deepEqual(parseConsoleCommand(line), order);
    });
  }

  for (const [line, why] of [
    ["/wo", /^there is no command "\/wo"; did you mean \/who\?; \/\/ at the start sends it$/],
    ["/xyz 3", /^there is no command "\/xyz": there are \/close, \/reset, \/slow, \/who, \/help, \/quit; /],
    ["/", /^there is no command "\/"/],
    ["/constructor", /^there is no command "\/constructor"/],
    ["/\x1b[2J", /^there is no command "\/\\x1b\[2J"/],
    ["/close", /^\/close needs the number of one client, as in \/close 3$/],
    ["/close 0", /^\/close needs/],
    ["/close three", /^\/close needs/],
    ["/reset 3 4", /^\/reset needs/],
    ["/slow", /^\/slow needs the number of a client and a rate/],
    ["/slow 3", /^\/slow needs/],
    ["/slow 3 10 B/s", /^\/slow needs/],
    ["/slow 3 0", /^\/slow: "0" is not a rate above 0/],
    ["/slow 3 fast", /^\/slow: "fast" is not a rate/],
    ["/who 3", /^\/who takes no arguments: leave out "3"$/],
  ] as const) {
    test(`${JSON.stringify(line)} is answered with one line that says why`, () => {
      const order = parseConsoleCommand(line);
      assert.ok(order.type === "unclear");
      assert.match(order.why, why);
      assert.doesNotMatch(order.why, /\n/);
    });
  }
});

describe("a rate", () => {
  for (const [text, rate] of [
    ["10B/s", 10],
    ["10", 10],
    ["10b", 10],
    ["10bytes/s", 10],
    ["1.5kB/s", 1_500],
    ["4KiB/s", 4_096],
    ["2M", 2_000_000],
    ["1MiB", 1_048_576],
    ["0", undefined],
    ["0.0", undefined],
    ["-1", undefined],
    ["1e3", undefined],
    ["10 B/s", undefined],
    ["", undefined],
    ["fast", undefined],
    ["1constructor", undefined],
  ] as const) {
    test(`${JSON.stringify(text)} is ${rate ?? "none"}`, () => {
      assert.equal(parseRate(text), rate);
    });
  }
});

describe("Tab", () => {
  for (const [typed, word, candidates] of [
    ["/s", "/s", ["/slow "]],
    ["/", "/", ["/close ", "/reset ", "/slow ", "/who ", "/help ", "/quit "]],
    ["@", "@", ["@1 ", "@12 ", "@3 "]],
    ["@1", "@1", ["@1 ", "@12 "]],
    ["/close ", "", ["1 ", "12 ", "3 "]],
    ["/slow 1", "1", ["1 ", "12 "]],
    ["/slow 1 ", "", ["off"]],
    ["/slow 1 of", "of", ["off"]],
    ["/who ", "", []],
    ["hello /s", "/s", []],
    ["hello @", "@", []],
  ] as const) {
    test(`behind ${JSON.stringify(typed)} offers ${JSON.stringify(candidates)}`, () => {
      assert.deepEqual(completeConsoleCommand(typed, [1, 12, 3]), { candidates, word });
    });
  }
});
