import assert from "node:assert/strict";
import { test } from "node:test";
import { run, type Options } from "./service-under-test.ts";

const welcome = "Welcome to the server. Type something and hit enter\n";

const rows: readonly (readonly [promise: string, options: Options, said: string, answered: string])[] = [
  ["answers a line that ends in LF with LF", {}, "hi\n", `${welcome}OK... hi\n`],
  ["answers a line that ends in CR LF with CR LF", {}, "hi\r\n", `${welcome}OK... hi\r\n`],
  ["answers each line in its own way", {}, "a\nb\r\nc\n", `${welcome}OK... a\nOK... b\r\nOK... c\n`],
  ["answers a last line without an ending", {}, "a\nlast", `${welcome}OK... a\nOK... last\n`],
  ["answers an empty line", {}, "\n\r\n", `${welcome}OK... \nOK... \r\n`],
  ["takes a CR that ends no line for data", {}, "a\rb\r\r\nc\r", `${welcome}OK... a\rb\r\r\nOK... c\r\n`],
  [
    "keeps characters that other programs take for line ends",
    {},
    "a\u2028b\f\0\n",
    `${welcome}OK... a\u2028b\f\0\n`,
  ],
  ["sends only the welcome to a client that sends nothing", {}, "", welcome],

  ["uses the configured welcome", { welcome: "Hello!" }, "", "Hello!\n"],
  ["welcomes in several lines", { welcome: "one\ntwo" }, "", "one\ntwo\n"],
  ["keeps quiet at first if the welcome is empty", { welcome: "" }, "hi\n", "OK... hi\n"],

  ["puts the line where the reply has {line}", { welcome: "", reply: "x {line} y" }, "hi\n", "x hi y\n"],
  [
    "puts it there as often as it stands there",
    { welcome: "", reply: "{line}{line}, {line}" },
    "ha\n",
    "haha, ha\n",
  ],
  ["says a reply without {line} as it is", { welcome: "", reply: "no" }, "yes?\n", "no\n"],
  [
    "has replies of several lines",
    { welcome: "", reply: "you said:\n> {line}" },
    "hi\r\n",
    "you said:\n> hi\r\n",
  ],
  ["has replies that are empty", { welcome: "", reply: "" }, "hi\n", "\n"],
  [
    "takes no part of a line for a pattern",
    { welcome: "", reply: "<{line}>" },
    "$& $1 $$ $` $' {line} \\n\n",
    "<$& $1 $$ $` $' {line} \\n>\n",
  ],

  ["closes after so many messages", { welcome: "", messagesMax: 2 }, "a\nb\nc\nd\n", "OK... a\nOK... b\n"],
  ["counts the last line without an ending", { welcome: "", messagesMax: 2 }, "a\nb", "OK... a\nOK... b\n"],

  ["--frame lines answers with LF", { frame: "lines" }, "a\r\nb\n", `${welcome}OK... a\nOK... b\n`],
  [
    "--frame crlf ends everything with CR LF",
    { frame: "crlf" },
    "a\nb\r\n",
    `${welcome.trimEnd()}\r\nOK... a\nb\r\n`,
  ],
  ["--frame lf leaves a CR to the line", { frame: "lf", welcome: "" }, "a\r\n", "OK... a\r\n"],
  [
    "--frame delim answers up to the same mark",
    { frame: "delim:|", welcome: "hi" },
    "a|b",
    "hi|OK... a|OK... b|",
  ],
  ["--frame u8 counts the bytes of the answer", { frame: "u8" }, "\x02hi\0", "\x08OK... hi\x06OK... "],
  [
    "--frame u16be sends the welcome as a message",
    { frame: "u16be", welcome: "yo" },
    "\0\x01a",
    "\0\x02yo\0\x07OK... a",
  ],
  ["--frame varint sends no welcome", { frame: "varint" }, "\x01a", "\x07OK... a"],
  ["--frame netstring counts bytes, and says no welcome", { frame: "netstring" }, "2:hi,", "8:OK... hi,"],
  ["--frame json answers with JSON", { frame: "json" }, '{"a":1}\r\n"\\n"', '{"ok":{"a":1}}\n{"ok":"\\n"}\n'],
  [
    "--frame json takes a reply and a welcome of its own",
    { frame: "json", reply: "[{line},{line}]", welcome: '"hi"' },
    "1",
    '"\\"hi\\""\n[1,1]\n',
  ],
  ["--frame fixed takes a reply of that size", { frame: "fixed:4", reply: "PONG" }, "PINGPING", "PONGPONG"],
  ["--frame raw answers each chunk", { frame: "raw", welcome: "", reply: "." }, "abc", "."],
];

for (const [promise, options, said, answered] of rows) {
  test(promise, async (t) => {
    const { talk } = await run(t, "reply", options);
    const { answer, ending } = await talk(said);
    assert.equal(answer.toString(), answered);
    assert.equal(ending.how, "fin");
  });
}

test("a framing of bytes gives back what is not text as it was", async (t) => {
  const { talk } = await run(t, "reply", { frame: "delim:\n", welcome: "", reply: "<{line}>" });
  const { answer } = await talk(Uint8Array.of(0xff, 0x00, 0xc3, 0x0a));
  assert.deepEqual(answer, Buffer.from([0x3c, 0xff, 0x00, 0xc3, 0x3e, 0x0a]));
});

test("a line that is too long gets a final reply, and the server continues", async (t) => {
  const { dial, talk } = await run(t, "reply");
  const other = await dial();
  await other.write("before\n");

  const { answer, ending } = await talk("x".repeat(20_000));
  assert.equal(answer.toString(), `${welcome}Too long: a line is longer than 16384 bytes. Goodbye.\n`);
  assert.equal(ending.how, "limit");
  assert.equal(ending.by, "us");
  assert.equal(ending.error?.code, "ERR_MESSAGE_TOO_LONG");

  await other.write("after\n");
  await other.end();
  let rest = "";
  for (let line = await other.readLine(); line !== null; line = await other.readLine()) rest += `${line}\n`;
  assert.equal(rest, `${welcome}OK... before\nOK... after\n`);
  assert.equal((await talk("hi\n")).answer.toString(), `${welcome}OK... hi\n`);
});

test("a line of exactly the limit is answered", async (t) => {
  const line = "x".repeat(16_384);
  const { talk } = await run(t, "reply", { welcome: "" });
  assert.equal((await talk(`${line}\r\n`)).answer.toString(), `OK... ${line}\r\n`);
});

test("a message that is too long for its prefix gets a reply in a message", async (t) => {
  const { talk } = await run(t, "reply", { frame: "u32be" });
  const { answer, ending } = await talk(Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 0x00));
  assert.equal(answer.readUInt32BE(0), answer.length - 4);
  assert.match(answer.subarray(4).toString(), /^Too long: .+ Goodbye\.$/);
  assert.equal(ending.how, "limit");
});

test("a line that is not JSON gets a final reply in JSON", async (t) => {
  const { talk } = await run(t, "reply", { frame: "json" });
  const { answer, ending } = await talk("1\n{]\n2\n");
  assert.equal(answer.toString(), '{"ok":1}\n"Invalid: a line is not JSON. Goodbye."\n');
  assert.equal(ending.how, "protocol");
});

test("an answer that the framing cannot carry closes that client's connection, and no other", async (t) => {
  const { dial, talk } = await run(t, "reply", { frame: "u8" });
  const client = await dial();
  await client.write(Uint8Array.of(255, ...Buffer.alloc(255)));
  const { how } = await client.closed;
  assert.equal(how, "reset");
  assert.equal((await talk("\x01a")).answer.toString(), "\x07OK... a");
});
