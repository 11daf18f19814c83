import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "./service-under-test.ts";

test("takes everything and says nothing, up to the client's end", async (t) => {
  const { talk } = await run(t, "discard");
  const { answer, ending } = await talk(Buffer.alloc(100_000, "x"));
  assert.equal(answer.length, 0);
  assert.equal(ending.how, "fin");
  assert.equal(ending.by, "peer");
  assert.equal(ending.bytesReceived, 100_000);
});

test("welcomes if it is told to", async (t) => {
  const { talk } = await run(t, "discard", { welcome: "Say what you like" });
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
