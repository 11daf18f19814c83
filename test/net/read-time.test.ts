/**
 * Timeouts of reads: a read's own timeout overrides the connection's defaults, but not its explicit timeouts. And the
 * farewell to a peer when a timeout fires.
 */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { Engine } from "../../src/engine.ts";
import {
  connect,
  connectUdp,
  bindUdp,
  formatAddress,
  lines,
  NetError,
  serve,
  type Connection,
  type CloseInfo,
  type ServeOptions,
} from "../../src/index.ts";
import { FakeClock } from "../../src/testing/index.ts";
import { forEachEngine } from "../support/engines.ts";

interface Ends {
  readonly client: Connection;
  /** The server's end, which uses `clock`. */
  readonly far: Connection;
  readonly clock: FakeClock;
}

async function open(t: TestContext, engine: Engine, options: ServeOptions = {}): Promise<Ends> {
  const clock = new FakeClock();
  let arrived!: (far: Connection) => void;
  const arrival = new Promise<Connection>((resolve) => (arrived = resolve));
  const server = await serve({ engine, clock, ...options }, async (far) => {
    arrived(far);
    await far.closed;
  });
  t.after(() => server.close({ drainMs: 0 }));
  const client = await connect(formatAddress(server.address), { engine });
  return { client, far: await arrival, clock };
}

function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    (value) => `resolved to ${String(value)}`,
    (error: unknown) => (error as NetError).code,
  );
}

forEachEngine((createEngine) => {
  test("a read waits its own time, though the defaults for silence and for a message are shorter", async (t) => {
    const { client, far, clock } = await open(t, createEngine());
    const first = far.readLine({ timeoutMs: 120_000 });
    clock.advance(119_999);
    await client.write("first\n");
    assert.equal(await first, "first");
    const second = far.readLine({ timeoutMs: 120_000 });
    clock.advance(61_000);
    await client.write("sec");
    const half = far.bytesReceived;
    while (far.bytesReceived === half) await new Promise(setImmediate);
    clock.advance(58_999);
    await client.write("ond\n");
    assert.equal(await second, "second");
  });

  test("it fails with its own error then, and the connection is open and can be written to", async (t) => {
    const { client, far, clock } = await open(t, createEngine());
    const read = far.read({ timeoutMs: 120_000 });
    clock.advance(120_000);
    assert.equal(await codeOf(read), "ERR_READ_TIMEOUT");
    assert.equal(far.closeInfo, undefined);
    await far.write("421 timeout\r\n");
    assert.equal(await client.readLine(), "421 timeout");
  });

  test("the default deadline begins anew with the next read that has no time of its own", async (t) => {
    const { far, clock } = await open(t, createEngine());
    const own = far.read({ timeoutMs: 120_000 });
    clock.advance(120_000);
    assert.equal(await codeOf(own), "ERR_READ_TIMEOUT");
    const plain = codeOf(far.read());
    clock.advance(59_999);
    assert.equal(far.closeInfo, undefined);
    clock.advance(1);
    assert.equal(await plain, "ERR_FIRST_BYTE_TIMEOUT");
  });

  for (const [option, code] of [
    ["firstByteTimeoutMs", "ERR_FIRST_BYTE_TIMEOUT"],
    ["idleTimeoutMs", "ERR_IDLE_TIMEOUT"],
    ["messageTimeoutMs", "ERR_MESSAGE_TIMEOUT"],
  ] as const) {
    test(`${option} that was given counts beside the time of a read`, async (t) => {
      const { client, far, clock } = await open(t, createEngine(), { [option]: 1_000 });
      if (option !== "firstByteTimeoutMs") {
        await client.write(option === "idleTimeoutMs" ? "line\n" : "half a line");
        while (far.bytesReceived === 0) await new Promise(setImmediate);
      }
      if (option === "idleTimeoutMs") assert.equal(await far.readLine(), "line");
      const read = codeOf(far.readLine({ timeoutMs: 120_000 }));
      clock.advance(999);
      assert.equal(far.closeInfo, undefined);
      clock.advance(1);
      assert.equal(await read, code);
    });

    test(`farewell is the last that a peer receives when ${option} has passed`, async (t) => {
      const { client, far, clock } = await open(t, createEngine(), {
        [option]: 1_000,
        farewell: "421 timeout\r\n",
      });
      if (option !== "firstByteTimeoutMs") {
        await client.write(option === "idleTimeoutMs" ? "line\n" : "half a line");
        while (far.bytesReceived === 0) await new Promise(setImmediate);
      }
      if (option === "idleTimeoutMs") assert.equal(await far.readLine(), "line");
      const read = codeOf(far.readLine());
      clock.advance(1_000);
      assert.equal(await client.readLine(), "421 timeout");
      assert.equal(await client.readLine(), null);
      const ended: CloseInfo = await client.close();
      assert.equal(ended.how, "fin");
      assert.equal(await read, code);
      const { how, by, error, bytesSent } = await far.closed;
      assert.deepEqual([how, by, error?.code, bytesSent], ["timeout", "us", code, 13]);
    });
  }

  test("farewell is not said behind our own end", async (t) => {
    const { client, far, clock } = await open(t, createEngine(), { idleTimeoutMs: 1_000, farewell: "bye" });
    await client.write("x");
    await far.readExactly(1);
    await far.end();
    assert.equal(await client.read(), null);
    const read = codeOf(far.read());
    clock.advance(1_000);
    assert.equal(await read, "ERR_IDLE_TIMEOUT");
    assert.equal((await far.closed).bytesSent, 0);
  });

  test("a server answers a time-out of its reads with a last line, and closes in good order", async (t) => {
    const engine = createEngine();
    const server = await serve({ engine, codec: lines({ ending: "crlf" }) }, async (client) => {
      await client.send("220 ready");
      for (;;) {
        try {
          const line = await client.receive({ timeoutMs: 50 });
          if (line === null) return;
          await client.send(`250 ${line}`);
        } catch (error) {
          if (!(error instanceof NetError && error.code === "ERR_READ_TIMEOUT")) throw error;
          return client.send("421 timeout");
        }
      }
    });
    t.after(() => server.close({ drainMs: 0 }));
    const client = await connect(formatAddress(server.address), { engine, codec: lines() });
    const said: string[] = [];
    for await (const line of client) said.push(line);
    assert.deepEqual(said, ["220 ready", "421 timeout"]);
    assert.equal((await client.close()).how, "fin");
  });

  test("a datagram socket waits a read's own time, too, unless its idle time was given", async (t) => {
    const engine = createEngine();
    const bound = await bindUdp({ engine });
    t.after(() => bound.close());
    const clock = new FakeClock();
    const patient = await connectUdp(formatAddress(bound.address), { engine, clock });
    t.after(() => patient.close());
    const read = patient.receive({ timeoutMs: 600_000 });
    clock.advance(599_999);
    assert.equal(patient.closeInfo, undefined);
    clock.advance(1);
    assert.equal(await codeOf(read), "ERR_READ_TIMEOUT");
    const hasty = await connectUdp(formatAddress(bound.address), { engine, clock, idleTimeoutMs: 1_000 });
    const cut = codeOf(hasty.receive({ timeoutMs: 600_000 }));
    clock.advance(1_000);
    assert.equal(await cut, "ERR_IDLE_TIMEOUT");
  });
});

describe("farewell", () => {
  test("is text that UTF-8 can carry", async () => {
    for (const farewell of [5, "\ud800"]) {
      await assert.rejects(
        serve({ farewell: farewell as string }, () => undefined),
        /^TypeError: farewell: /,
      );
    }
  });
});
