import assert from "node:assert/strict";
import { test } from "node:test";
import { bothModes, run } from "./service-under-test.ts";

for (const [words, mode] of bothModes)
  test(`discards everything and sends nothing, until the client's end, ${words}`, async (t) => {
    const { talk } = await run(t, "discard", mode);
    const { answer, ending } = await talk(Buffer.alloc(100_000, "x"));
    assert.equal(answer.length, 0);
    assert.equal(ending.how, "fin");
    assert.equal(ending.by, "peer");
    assert.equal(ending.bytesReceived, 100_000);
  });

for (const [words, mode] of bothModes)
  test(`welcomes if configured, ${words}`, async (t) => {
    const { talk } = await run(t, "discard", { ...mode, welcome: "Say what you like" });
    assert.equal((await talk("a\nb\n")).answer.toString(), "Say what you like\n");
  });

test("closes after so many messages of a framing", async (t) => {
  const { dial } = await run(t, "discard", { frame: "lines", messagesMax: 2 });
  const client = await dial();
  await client.write("a\nb");
  await client.write("\n");
  assert.equal(await client.read(), null);
});

test("counts lines as messages, though they come in one chunk", async (t) => {
  const { dial, endingOf } = await run(t, "discard", { messagesMax: 3 });
  const client = await dial();
  await client.write("a\n\nb\n");
  assert.equal(await client.read(), null);
  const { how, by } = await endingOf(client);
  assert.deepEqual([how, by], ["fin", "us"]);
});

test("counts a line once, though it comes in many chunks", async (t) => {
  const { talk } = await run(t, "discard", { messagesMax: 2 });
  // Chunks have at most 7 bytes here.
  assert.equal((await talk("x".repeat(50))).ending.by, "peer");
});

test("sends a final message for a line that is too long", async (t) => {
  const { talk } = await run(t, "discard", { frame: "lines" });
  const { answer, ending } = await talk("x".repeat(20_000));
  assert.match(answer.toString(), /^Too long: .+ Goodbye\.\n$/);
  assert.equal(ending.how, "limit");
});
