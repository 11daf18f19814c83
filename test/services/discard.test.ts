import assert from "node:assert/strict";
import { test } from "node:test";
import { bothModes, run } from "./service-under-test.ts";

for (const [words, mode] of bothModes)
  test(`takes everything and says nothing, up to the client's end, ${words}`, async (t) => {
    const { talk } = await run(t, "discard", mode);
    const { answer, ending } = await talk(Buffer.alloc(100_000, "x"));
    assert.equal(answer.length, 0);
    assert.equal(ending.how, "fin");
    assert.equal(ending.by, "peer");
    assert.equal(ending.bytesReceived, 100_000);
  });

for (const [words, mode] of bothModes)
  test(`welcomes if it is told to, ${words}`, async (t) => {
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

test("has a last word for a line that is too long", async (t) => {
  const { talk } = await run(t, "discard", { frame: "lines" });
  const { answer, ending } = await talk("x".repeat(20_000));
  assert.match(answer.toString(), /^Too long: .+ Goodbye\.\n$/);
  assert.equal(ending.how, "limit");
});
