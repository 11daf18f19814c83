/**
 * F19: the peer answers, and resets the connection while we are still sending.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, NetError, serve, type Connection, type Ending } from "../../src/index.ts";
import { startPython } from "./support/python.ts";
import { noPython, unless } from "./support/needs.ts";

const writers = 100;
const answer = "go away: you send too much\n".repeat(100);

/** Writes as fast as it can until that fails. */
async function write(connection: Connection): Promise<void> {
  const piece = new Uint8Array(16_384);
  for (;;) await connection.write(piece);
}

interface Seen {
  readonly text: string;
  readonly read: NetError | undefined;
  readonly written: unknown;
  readonly ending: Ending;
}

/** Writes and reads at the same time until both fail. */
async function talk(connection: Connection): Promise<Seen> {
  const writing = write(connection).catch((error: unknown) => error);
  let text = "";
  let read: NetError | undefined;
  try {
    for await (const chunk of connection) text += Buffer.from(chunk).toString();
  } catch (error) {
    assert.ok(error instanceof NetError);
    read = error;
  }
  return { text, read, written: await writing, ending: await connection.closed };
}

function check({ text, read, written, ending }: Seen): void {
  assert.equal(text, answer, "the answer comes whole");
  assert.ok(read !== undefined, "and then the reset, which is no end");
  assert.ok(read.code === "ECONNRESET" || read.code === "EPIPE", read.message);
  assert.equal(ending.error, read);
  assert.deepEqual([ending.how, ending.by], ["reset", "peer"]);
  assert.ok(written instanceof NetError);
  assert.equal(ending.bytesReceived, answer.length);
  assert.ok(ending.bytesSent > 0);
}

test(`F19: ${writers} clients that are writing hear the answer before the error`, unless(noPython), async (t) => {
  const peer = startPython(t, "answer-and-reset", [answer, "listen"]);
  const { port } = await peer.line<{ port: number }>();
  const seen = await Promise.all(
    Array.from({ length: writers }, async () => talk(await connect(`127.0.0.1:${port}`))),
  );
  seen.forEach(check);
});

test(`F19: a server that is writing hears the answer of ${writers} clients before the error`, unless(noPython), async (t) => {
  const seen: Seen[] = [];
  let done!: () => void;
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const server = await serve({}, async (client) => {
    seen.push(await talk(client));
    if (seen.length === writers) done();
  });
  t.after(() => server.close({ drainMs: 0 }));
  const { address } = server;
  assert.ok(address.family === "ipv4");
  startPython(t, "answer-and-reset", [answer, "connect", String(address.port), String(writers)]);
  await all;
  seen.forEach(check);
});
