import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { splitWords } from "../../../../src/cli/serve/exec/split-words.ts";

const rows: readonly (readonly [text: string, ...words: string[]])[] = [
  ["cat", "cat"],
  ["  cat \t -n\n", "cat", "-n"],
  ["printf 'two words' and", "printf", "two words", "and"],
  [`printf "two words" and`, "printf", "two words", "and"],
  [`a'b c'"d e"f`, "ab cd ef"],
  ["''", ""],
  [`a "" b`, "a", "", "b"],
  [`'it'"'"'s'`, "it's"],
  [`'a\\nb' "a\\nb" a\\nb`, "a\\nb", "a\\nb", "anb"],
  [`"say \\"hi\\" \\\\"`, `say "hi" \\`],
  ["two\\ words", "two words"],
  ["'|' \\; \"&&\"", "|", ";", "&&"],
  ["a|b x;y", "a|b", "x;y"],
  ["grüße 'ß é' 😀", "grüße", "ß é", "😀"],
];

describe("the words of --exec", () => {
  for (const [text, ...words] of rows) {
    test(JSON.stringify(text), () => {
      assert.deepEqual(splitWords(text, "--exec"), words);
    });
  }

  test("F94: variables, patterns and substitutions are words like others", () => {
    assert.deepEqual(splitWords("echo $HOME $(id) `id` *.ts ~ ${x}", "--exec"), [
      "echo",
      "$HOME",
      "$(id)",
      "`id`",
      "*.ts",
      "~",
      "${x}",
    ]);
  });

  for (const [text, says] of [
    ["echo 'x", /the ' is not closed$/],
    ['echo "x', /the " is not closed$/],
    ['echo "x\\"', /the " is not closed$/],
    ["echo x\\", /nothing stands behind the last \\$/],
    ["ls | wc", /"\|" is for a shell; write --sh, or quote it$/],
    ["a && b", /"&&" is for a shell/],
    ["sleep 1 &", /"&" is for a shell/],
    ["cat < file", /"<" is for a shell/],
    ["cat 2>&1", /"2>&1" is for a shell/],
  ] as const) {
    test(`${text} is refused, with the reason`, () => {
      assert.throws(() => splitWords(text, "--exec"), says);
    });
  }

  test("whatever stands in single quotes arrives as it is", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const quoted = words.map((word) => `'${word.replaceAll("'", `'"'"'`)}'`);
        assert.deepEqual(splitWords(quoted.join(" "), "--exec"), words);
      }),
    );
  });
});
