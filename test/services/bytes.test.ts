/** No service that answers with received data changes a byte of it, with any framing. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { run } from "./service-under-test.ts";

/** Every byte, except those that would end the message. */
function every(...left: readonly number[]): Buffer {
  return Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !left.includes(byte)));
}

const [LF, CR] = [0x0a, 0x0d];
const u32 = (bytes: Uint8Array): Buffer => Buffer.from([0, 0, bytes.length >> 8, bytes.length & 0xff]);
const netstring = (bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length}:`), bytes, Buffer.from(",")]);

/** The encoding of a message, and the message. */
const frames: readonly (readonly [
  frame: string | undefined,
  message: Buffer,
  framed: (message: Buffer) => Buffer,
])[] = [
  [undefined, every(LF, CR), (message) => Buffer.concat([message, Buffer.of(LF)])],
  [undefined, every(LF, CR), (message) => Buffer.concat([message, Buffer.of(CR, LF)])],
  ["lines", every(LF, CR), (message) => Buffer.concat([message, Buffer.of(LF)])],
  ["lf", every(LF), (message) => Buffer.concat([message, Buffer.of(LF)])],
  ["crlf", every(CR), (message) => Buffer.concat([message, Buffer.of(CR, LF)])],
  ["delim:|", every(0x7c), (message) => Buffer.concat([message, Buffer.from("|")])],
  ["u8", every(0), (message) => Buffer.concat([Buffer.of(message.length), message])],
  ["u32be", every(), (message) => Buffer.concat([u32(message), message])],
  ["netstring", every(), netstring],
];

for (const [frame, message, framed] of frames) {
  describe(`every byte${frame === undefined ? "" : `, with --frame ${frame}`}`, () => {
    const said = Buffer.concat([framed(message), framed(Buffer.from([0xff])), framed(message)]);

    test("echo sends it back", async (t) => {
      const { talk } = await run(t, "echo", { frame });
      assert.deepEqual((await talk(said)).answer, said);
    });

    test("echo that counts messages sends it back", async (t) => {
      const { talk } = await run(t, "echo", { frame, messagesMax: 3 });
      assert.deepEqual((await talk(said)).answer, said);
    });

    test("reply has it in its answer", async (t) => {
      // Without text around it, which would not fit u8.
      const { talk } = await run(t, "reply", { frame, welcome: "", reply: "{line}" });
      assert.deepEqual((await talk(said)).answer, said);
    });
  });
}
