import assert from "node:assert/strict";
import { test } from "node:test";
import { services } from "../../src/services/index.ts";

test("the tutorial's service, the chat and those of RFC 862-864, 867 and 868 are there, with the options that mean something to them", () => {
  assert.deepEqual(Object.fromEntries(services.map(({ name, takes }) => [name, takes])), {
    reply: ["welcome", "reply", "frame", "messages"],
    echo: ["welcome", "frame", "messages"],
    chat: ["welcome"],
    discard: ["welcome", "frame", "messages"],
    daytime: ["welcome"],
    time: [],
    chargen: ["welcome"],
  });
});
