/** A scripted peer: what it sends, and how it reports a deviation of the other side. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { connect, formatAddress, serve } from "../../src/index.ts";
import {
  connectPeer,
  ExpectationError,
  listenPeer,
  openPair,
  ScriptedPeer,
  simulateNetwork,
} from "../../src/testing/index.ts";

/** A peer, and the other side under the control of the test. */
async function start(t: TestContext, timeoutMs?: number) {
  const network = simulateNetwork();
  const { clock, engine } = network;
  const pair = await openPair({ engine, client: { clock }, server: { clock } });
  t.after(() => pair.close());
  return { peer: new ScriptedPeer(pair.far, { timeoutMs }), other: pair.client, network };
}

/** The message of a failed expectation. */
async function complaint(expectation: Promise<void>): Promise<string> {
  try {
    await expectation;
  } catch (error) {
    assert.ok(error instanceof ExpectationError, String(error));
    return error.message;
  }
  return assert.fail("it was met");
}

describe("expect", () => {
  test("takes what was expected, however it is cut, and leaves the rest", async (t) => {
    const { peer, other } = await start(t);
    for (const part of ["HE", "LO there\r\nQU", "IT\r\n"]) await other.write(part);
    await peer.expect("HELO there\r\n");
    await peer.expect(Buffer.from("QUIT"));
    await peer.expect("\r\n");
    await peer.expect("");
  });

  test("fails at the first byte that is another one, without waiting for more", async (t) => {
    const { peer, other } = await start(t);
    await other.write("HELP");
    assert.equal(
      await complaint(peer.expect("HELO there\r\n")),
      `byte 3 differs\n  expected  "HELO there\\r\\n"\n  received  "HELP"`,
    );
  });

  test("shows a long conversation around the place, and bytes that are no text as digits", async (t) => {
    const { peer, other } = await start(t);
    await other.write(`${"x".repeat(200)}no`);
    assert.equal(
      await complaint(peer.expect(`${"x".repeat(200)}yes`)),
      `byte 200 differs\n  expected  … "${"x".repeat(16)}yes"\n  received  … "${"x".repeat(16)}no"`,
    );
    const binary = await start(t);
    await binary.other.write(Uint8Array.of(1, 2, 0xff));
    assert.equal(
      await complaint(binary.peer.expect(Uint8Array.of(1, 2, 3))),
      "byte 2 differs\n  expected  01 02 03\n  received  01 02 ff",
    );
  });

  test("says what came instead of the rest: the end, a reset, or nothing", async (t) => {
    const ended = await start(t);
    await ended.other.write("HE");
    await ended.other.end();
    assert.match(await complaint(ended.peer.expect("HELO")), /^2 of 4 bytes came, then the end \(FIN\)\n/);

    const reset = await start(t);
    const waiting = complaint(reset.peer.expect("HELO"));
    await reset.other.abort();
    assert.match(await waiting, /^0 of 4 bytes came, then receive \S+: reset by peer \(ECONNRESET\)\n/);

    const silent = await start(t, 3_000);
    await silent.other.write("HEL");
    const late = complaint(silent.peer.expect("HELO"));
    await silent.network.pass(3_000);
    assert.equal(
      await late,
      `3 of 4 bytes came, then no more in time (timeoutMs)\n  expected  "HELO"\n  received  "HEL"`,
    );
  });

  test("keeps what runners show, beside the message", async (t) => {
    const { peer, other } = await start(t);
    await other.write("b");
    await assert.rejects(peer.expect("a"), { name: "ExpectationError", expected: '"a"', actual: '"b"' });
  });
});

describe("expectEnd and expectReset", () => {
  test("are met by the end, and by a reset", async (t) => {
    const one = await start(t);
    await one.other.end();
    await one.peer.expectEnd();
    await one.peer.send("answer");
    assert.equal(String(Buffer.from((await one.other.read()) ?? [])), "answer");
    const two = await start(t);
    const waiting = two.peer.expectReset();
    await two.other.abort();
    await waiting;
  });

  test("say what came instead", async (t) => {
    const { peer, other } = await start(t);
    await other.write("more");
    const more = `4 bytes came where its end (FIN) was expected\n  expected  its end (FIN)\n  received  "more"`;
    assert.equal(await complaint(peer.expectEnd()), more);
    const ended = await start(t);
    await ended.other.end();
    assert.match(await complaint(ended.peer.expectReset()), /received {2}the end \(FIN\)$/);
    const left = await start(t);
    await left.other.write("ab");
    await left.peer.expect("a");
    assert.match(await complaint(left.peer.expectReset()), /received {2}"b"$/);
  });
});

test("tests a server, as a client of it, over a real socket", async (t) => {
  const server = await serve({ port: 0 }, async (client) => {
    const line = await client.readLine();
    if (line === "crash") throw new Error("crash");
    await client.write(`OK... ${line}\n`);
  });
  t.after(() => server.close({ drainMs: 0 }));
  const target = formatAddress(server.address);
  await using peer = await connectPeer(target);
  await peer.send("hi\n");
  await peer.expect("OK... hi\n");
  await peer.expectEnd();
  await peer.close();
  await using crash = await connectPeer(target);
  await crash.send("crash\n");
  await crash.expectReset();
});

test("tests a client, as a server for several of them, over real sockets", async () => {
  await using server = await listenPeer();
  const first = server.accept();
  const client = await connect(server.target);
  const peer = await first;
  await client.write("hello");
  await peer.expect("hello");
  await peer.send("bye");
  await peer.end();
  assert.equal(String(Buffer.from((await client.readExactly(3)) ?? [])), "bye");
  assert.equal(await client.read(), null);
  await client.close();
  await peer.expectEnd();

  const second = await connect(server.target);
  await (await server.accept()).reset();
  await assert.rejects(second.read(), { code: "ECONNRESET" });
});
