/** Events on node:diagnostics_channel: the same as those of onEvent, and nothing without subscribers. */
import assert from "node:assert/strict";
import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { connect, formatAddress, serve, type DiagnosticEvent, type SocketEvent } from "../../src/index.ts";
import { createMemoryEngine } from "../../src/wire/index.ts";

/** Every type of event, as in the type. */
const types = [
  ...readFileSync("src/base/events.ts", "utf8").matchAll(/readonly type: "(\w+)"(?: \||[;\s}])/g),
]
  .map(([, type = ""]) => type)
  .filter((type) => !type.startsWith("bytes"));

/** Records published events until the test ends. */
function published(t: TestContext, ...only: string[]): DiagnosticEvent[] {
  const messages: DiagnosticEvent[] = [];
  const note = (message: unknown): void => void messages.push(message as DiagnosticEvent);
  for (const type of only) subscribe(`portcall:${type}`, note);
  t.after(() => {
    for (const type of only) unsubscribe(`portcall:${type}`, note);
  });
  return messages;
}

/** A client that sends data to a server, and the events of both. */
async function converse(): Promise<SocketEvent[]> {
  const engine = createMemoryEngine();
  const events: SocketEvent[] = [];
  const onEvent = (event: SocketEvent): void => void events.push(event);
  const server = await serve({ engine, onEvent }, async (client) => {
    for await (const chunk of client) await client.write(chunk);
  });
  const client = await connect(formatAddress(server.address), { engine, onEvent });
  await client.write("secret");
  await client.end();
  while ((await client.read()) !== null);
  await server.close();
  await client.close();
  return events;
}

test("each event of onEvent is published on the channel of its type, in the same order", async (t) => {
  assert.ok(types.includes("opened") && types.length > 15, String(types));
  const messages = published(t, ...types);
  const events = await converse();
  assert.ok(events.some(({ type }) => type === "closed"));
  assert.deepEqual(
    messages.map(({ server: _server, ...event }) => event),
    events,
  );
});

test("carries no bytes of the conversation", async (t) => {
  const messages = published(t, ...types);
  await converse();
  assert.ok(messages.length > 0);
  assert.doesNotMatch(JSON.stringify(messages), /secret|"bytes":/);
});

test("tells servers apart, whose connections have the same numbers", async (t) => {
  const messages = published(t, "opened");
  await converse();
  await converse();
  const seen = messages.flatMap((event) =>
    event.type === "opened" && event.role === "server" ? [[event.connection, event.server]] : [],
  );
  assert.equal(seen.length, 2);
  assert.equal(seen[0]?.[0], seen[1]?.[0]);
  assert.notEqual(seen[0]?.[1], seen[1]?.[1]);
  assert.ok(messages.every(({ server }, index) => index % 2 === 1 || server === undefined || server > 0));
});

test("a subscriber of one type receives no other, and receives nothing after unsubscribing", async (t) => {
  const messages = published(t, "finSent");
  const gone: unknown[] = [];
  const note = (message: unknown): void => void gone.push(message);
  subscribe("portcall:closed", note);
  unsubscribe("portcall:closed", note);
  await converse();
  assert.deepEqual([...new Set(messages.map(({ type }) => type))], ["finSent"]);
  assert.deepEqual(gone, []);
  assert.equal(channel("portcall:closed").hasSubscribers, false);
});
