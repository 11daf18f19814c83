import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { run, type Options } from "./service-under-test.ts";

const rows: readonly (readonly [promise: string, options: Options, said: string, answered: string])[] = [
  ["says nothing to who says nothing", {}, "", ""],
  ["sends back what comes, as it is", {}, "a\nb\r\nc\r", "a\nb\r\nc\r"],
  ["welcomes if it is told to", { welcome: "Echo here" }, "hi", "Echo here\nhi"],

  [
    "counts lines as messages, and leaves their ends as they are",
    { messagesMax: 2 },
    "a\r\n\nc\n",
    "a\r\n\n",
  ],
  ["counts the last line without an ending", { messagesMax: 2 }, "a\nb", "a\nb"],
  ["counts, and welcomes with a line", { messagesMax: 1, welcome: "hi" }, "a\nb\n", "hi\na\n"],

  ["--frame lines sends lines", { frame: "lines" }, "a\r\nb\nc", "a\nb\nc\n"],
  [
    "--frame lines sends back a line whose end would be taken for another",
    { frame: "lines" },
    "a\r\r\n",
    "a\r\n",
  ],
  ["--frame crlf sends CR LF", { frame: "crlf" }, "a\nb\r\nc", "a\nb\r\nc\r\n"],
  ["--frame delim ends each with its mark", { frame: "delim:--" }, "a--b-", "a--b---"],
  ["--frame fixed counts bytes", { frame: "fixed:3", messagesMax: 2 }, "abcdefghi", "abcdef"],
  ["--frame u8 counts bytes", { frame: "u8", messagesMax: 2 }, "\x01a\0\x01b", "\x01a\0"],
  ["--frame u16le counts bytes", { frame: "u16le" }, "\x02\0hi", "\x02\0hi"],
  ["--frame u32be counts bytes", { frame: "u32be" }, "\0\0\0\x02hi", "\0\0\0\x02hi"],
  ["--frame varint counts bytes", { frame: "varint" }, `\x7f${"x".repeat(127)}`, `\x7f${"x".repeat(127)}`],
];

for (const [promise, options, said, answered] of rows) {
  test(promise, async (t) => {
    const { talk } = await run(t, "echo", options);
    const { answer, ending } = await talk(said);
    assert.equal(answer.toString("latin1"), answered);
    assert.equal(ending.how, "fin");
  });
}

test("sends back any bytes, cut in any way", async (t) => {
  const { dial } = await run(t, "echo");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), async (pieces) => {
      const client = await dial();
      for (const piece of pieces) await client.write(piece);
      await client.end();
      const all = Buffer.concat(pieces);
      assert.deepEqual(Buffer.from((await client.readExactly(all.length)) ?? []), all);
      assert.equal(await client.read(), null);
    }),
    { numRuns: 50 },
  );
});

test("a message cut short by the client's end costs its own connection", async (t) => {
  const { talk } = await run(t, "echo", { frame: "fixed:4" });
  const { answer, ending } = await talk("abcdef");
  assert.equal(answer.toString(), "abcd");
  assert.equal(ending.how, "protocol");
  assert.equal(ending.error?.code, "ERR_TRUNCATED");
});
