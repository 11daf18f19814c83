/**
 * F19: the peer answers and resets the connection, mostly while this side still sends.
 *
 * The far end is a Python program in its own process. The two sides do not synchronize, so the reset
 * arrives at any point.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect, NetError, serve, type Connection, type CloseInfo } from "../../src/index.ts";
import { forEachSocketEngine } from "../support/engines.ts";
import { noPython, unless } from "./support/needs.ts";
import { startPython } from "./support/python.ts";
import { temporaryFolder } from "../support/folder.ts";

const folder = temporaryFolder();

const times = 100;
const answer = "go away: you send too much\n".repeat(100);

interface Seen {
  readonly text: string;
  readonly read: NetError | undefined;
  readonly written: unknown;
  readonly closeInfo: CloseInfo;
}

/** Reads to the end, and returns how both directions failed. */
async function hear(connection: Connection, writing: Promise<void>): Promise<Seen> {
  const written = writing.catch((error: unknown) => error);
  let text = "";
  let read: NetError | undefined;
  try {
    for await (const chunk of connection) text += Buffer.from(chunk).toString();
  } catch (error) {
    assert.ok(error instanceof NetError);
    read = error;
  }
  return { text, read, written: await written, closeInfo: await connection.closed };
}

/** Writes as fast as the peer reads, until that fails. */
async function write(connection: Connection): Promise<void> {
  const piece = new Uint8Array(16_384);
  for (;;) await connection.write(piece);
}

function check({ text, read, closeInfo }: Seen): void {
  assert.equal(text, answer, "the answer comes whole");
  assert.ok(read !== undefined, "and then the reset, which is no end");
  assert.equal(read.code, "ECONNRESET");
  assert.equal(closeInfo.error, read);
  assert.deepEqual([closeInfo.how, closeInfo.by], ["reset", "peer"]);
  assert.equal(closeInfo.bytesReceived, answer.length);
}

async function listen(t: TestContext, settings: object): Promise<number> {
  const peer = startPython(t, "answer-and-reset", [JSON.stringify({ answer, ...settings })]);
  return (await peer.line<{ port: number }>()).port;
}

/** Opens `times` connections at once. */
async function hearAll(hearOne: () => Promise<Seen>): Promise<void> {
  const seen = await Promise.all(Array.from({ length: times }, hearOne));
  seen.forEach(check);
}

forEachSocketEngine((createEngine) => {
  const engine = createEngine();
  test(
    `F19: ${times} clients that are writing receive the answer before the error`,
    unless(noPython),
    async (t) => {
      const port = await listen(t, { after: "bytes", listen: "tcp" });
      await hearAll(async () => {
        const connection = await connect(`127.0.0.1:${port}`, { engine });
        const seen = await hear(connection, write(connection));
        assert.ok(seen.written instanceof NetError);
        assert.ok(seen.closeInfo.bytesSent > 0);
        return seen;
      });
    },
  );

  test(
    `F19: a server that is writing receives the answers of ${times} clients before the error`,
    unless(noPython),
    async (t) => {
      const seen: Seen[] = [];
      let done!: () => void;
      const all = new Promise<void>((resolve) => {
        done = resolve;
      });
      const server = await serve({ engine }, async (client) => {
        seen.push(await hear(client, write(client)));
        if (seen.length === times) done();
      });
      t.after(() => server.close({ drainMs: 0 }));
      const { address } = server;
      assert.ok(address.family === 4);
      startPython(t, "answer-and-reset", [
        JSON.stringify({ answer, after: "bytes", connect: address.port, count: times }),
      ]);
      await all;
      seen.forEach(check);
    },
  );

  test(
    `F19: ${times} clients that have ended their side do not take a reset for the end`,
    unless(noPython),
    async (t) => {
      const port = await listen(t, { after: "end", listen: "tcp" });
      await hearAll(async () => {
        const connection = await connect(`127.0.0.1:${port}`, { engine });
        await connection.write("question");
        await connection.end();
        return hear(connection, Promise.resolve());
      });
    },
  );

  test(`F19: ${times} clients that wait do not take a reset for the end`, unless(noPython), async (t) => {
    const port = await listen(t, { after: "bytes", listen: "tcp" });
    await hearAll(async () => {
      const connection = await connect(`127.0.0.1:${port}`, { engine });
      await connection.write(new Uint8Array(200_000));
      return hear(connection, Promise.resolve());
    });
  });

  test(
    `F19: ${times} clients of a Unix socket that are writing receive the answer before the error`,
    unless(noPython),
    async (t) => {
      const path = join(folder, `${engine.name}.sock`);
      await listen(t, { after: "bytes", listen: path });
      const codes = new Set<string | undefined>();
      for (let i = 0; i < times; i++) {
        const connection = await connect(`unix:${path}`, { engine });
        const seen = await hear(connection, write(connection));
        assert.equal(seen.text, answer);
        assert.deepEqual([seen.closeInfo.how, seen.closeInfo.by], ["reset", "peer"]);
        codes.add(seen.read?.code);
      }
      assert.ok(
        [...codes].every((code) => code === "ECONNRESET" || code === "EPIPE"),
        [...codes].join(),
      );
    },
  );
});
