import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { suggest } from "../../../src/base/text/suggest.ts";

const commands = ["connect", "listen", "serve", "wait", "proxy", "view", "play", "test", "load", "inspect"];
const flags = ["--idle-timeout", "--connect-timeout", "--json", "--verbose", "--no-delay", "-4", "-6", "-v"];

const rows: readonly (readonly [
  word: string,
  candidates: readonly string[],
  expected: string | undefined,
  why: string,
])[] = [
  ["conect", commands, "connect", "a letter is missing"],
  ["connnect", commands, "connect", "a letter is doubled"],
  ["connext", commands, "connect", "a letter is wrong"],
  ["conenct", commands, "connect", "two letters are swapped"],
  ["cnonetc", commands, "connect", "two slips in a long word"],
  ["sreve", commands, "serve", "two letters are swapped"],
  ["server", commands, "serve", "a letter too many"],
  ["tset", commands, "test", "a swap in a short word"],
  ["lode", commands, undefined, "two slips in a short word"],
  ["tsets", commands, undefined, "a swap and a letter too many in a short word"],
  ["laod", commands, "load", "a swap in a short word"],
  ["porxy", commands, "proxy", "a swap in the middle"],
  ["CONNECT", commands, "connect", "only the case differs"],
  ["Lsiten", commands, "listen", "the case differs and two letters are swapped"],
  ["insp", commands, "inspect", "the beginning of one"],
  ["co", commands, "connect", "two letters are the beginning of one"],
  ["p", commands, undefined, "one letter says too little"],
  ["pr", commands, "proxy", "the beginning of one"],
  ["replay", commands, undefined, "too far from play"],
  ["curl", commands, undefined, "another word altogether"],
  ["xx", commands, undefined, "as good as nothing in common"],
  ["", commands, undefined, "nothing was written"],
  ["connect", [], undefined, "there are no candidates"],
  ["--jsno", flags, "--json", "a flag"],
  ["--idle-timout", flags, "--idle-timeout", "a long flag"],
  ["--idletimeout", flags, "--idle-timeout", "a hyphen is missing"],
  ["--verbos", flags, "--verbose", "the last letter is missing"],
  ["--no", flags, "--no-delay", "the beginning of a flag"],
  ["--", flags, undefined, "the beginning of several flags"],
  ["-x", flags, undefined, "a flag of one letter is not mistyped but unknown"],
  ["bat", ["cat", "hat"], "cat", "the first of equals"],
  ["hat", ["hut", "hat"], "hat", "the word itself"],
];

for (const [word, candidates, expected, why] of rows) {
  test(`suggests ${String(expected)} for ${JSON.stringify(word)}: ${why}`, () => {
    assert.equal(suggest(word, candidates), expected);
  });
}

test("suggests only what is among the candidates, and never minds how long the word is", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.array(fc.string({ unit: "binary" })),
      (word, candidates) => {
        const suggestion = suggest(word, candidates);
        assert.ok(suggestion === undefined || candidates.includes(suggestion));
      },
    ),
  );
  assert.equal(suggest("x".repeat(1_000_000), commands), undefined);
});

test("finds every command again after one slip", () => {
  const slip = fc
    .constantFrom(...commands)
    .chain((command) =>
      fc.tuple(fc.constant(command), fc.nat(command.length - 1), fc.constantFrom("drop", "double", "swap")),
    );
  fc.assert(
    fc.property(slip, ([command, at, kind]) => {
      const letters = Array.from(command);
      if (kind === "drop") letters.splice(at, 1);
      if (kind === "double") letters.splice(at, 0, letters[at] ?? "");
      if (kind === "swap") letters.splice(at, 2, ...letters.slice(at, at + 2).toReversed());
      assert.equal(suggest(letters.join(""), commands), command);
    }),
  );
});
