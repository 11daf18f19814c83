/** Connecting through a proxy: one connection, errors that name the failed side, and no password in messages. */
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test, type TestContext } from "node:test";
import type { Engine } from "../../src/engine.ts";
import {
  connect,
  formatAddress,
  limits,
  lines,
  NetError,
  serve,
  type BytesEvent,
  type Connection,
  type ConnectOptions,
  type SocketEvent,
} from "../../src/index.ts";
import { forEachEngine } from "../support/engines.ts";
import { simulateNetwork } from "../../src/testing/simulated-network.ts";

const secret = "S3CRET";
const granted = Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0);

async function startProxy(
  t: TestContext,
  engine: Engine,
  speak: (client: Connection) => Promise<void>,
): Promise<string> {
  const server = await serve({ engine }, speak);
  t.after(() => server.close({ drainMs: 0 }));
  return formatAddress(server.address);
}

/** Accepts every request with bob's password, and then acts as the target. */
function socks(talk: (client: Connection, asked: string) => Promise<void>) {
  return async (client: Connection): Promise<void> => {
    await client.readExactly(4);
    await client.write(Uint8Array.of(5, 2));
    await client.readExactly(1 + 1 + 3 + 1 + secret.length);
    await client.write(Uint8Array.of(1, 0));
    const request = Buffer.from((await client.readExactly(5)) ?? []);
    const asked = Buffer.from((await client.readExactly((request[4] ?? 0) + 2)) ?? []);
    await talk(client, asked.subarray(0, -2).toString());
  };
}

interface Watched {
  readonly events: SocketEvent[];
  readonly bytes: BytesEvent["type"][];
  readonly options: ConnectOptions<Uint8Array, Uint8Array>;
}

function watched(engine: Engine): Watched {
  const events: SocketEvent[] = [];
  const bytes: BytesEvent["type"][] = [];
  const options: ConnectOptions<Uint8Array, Uint8Array> = {
    engine,
    onEvent: (event) => void events.push(event),
    onBytes: (event) => void bytes.push(event.type),
  };
  return { events, bytes, options };
}

async function failureOf(connecting: Promise<unknown>): Promise<NetError> {
  const error: unknown = await connecting.then(
    () => assert.fail("it connected"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof NetError, String(error));
  return error;
}

forEachEngine((createEngine) => {
  test("is one connection: the first words of the target are not lost, and nothing else is counted", async (t) => {
    const engine = createEngine();
    let asked = "";
    const proxy = await startProxy(
      t,
      engine,
      socks(async (client, name) => {
        asked = name;
        // In the same chunk as the answer.
        await client.write(Buffer.concat([granted, Buffer.from("welcome\n")]));
        await client.write(`you said ${await client.readLine()}\n`);
        await client.end();
        await client.closed;
      }),
    );
    const { events, bytes, options } = watched(engine);
    const connection = await connect("target.invalid:7000", {
      ...options,
      codec: lines(),
      proxy: `socks5://bob:${secret}@${proxy}`,
    });
    assert.equal(asked, "target.invalid");
    assert.equal(await connection.receive(), "welcome");
    await connection.send("hello");
    assert.equal(await connection.receive(), "you said hello");
    assert.equal(await connection.receive(), null);
    assert.equal(formatAddress(connection.remote ?? assert.fail()), proxy);
    const closeInfo = await connection.close();
    assert.deepEqual(
      [closeInfo.how, closeInfo.bytesReceived, closeInfo.bytesSent],
      ["fin", "welcome\nyou said hello\n".length, "hello\n".length],
    );
    assert.equal(bytes.filter((type) => type === "bytesSent").length, 1);
    assert.deepEqual(
      events.map(({ type }) => type).filter((type) => !type.startsWith("fin")),
      ["attemptStarted", "attemptEnded", "handshakeStarted", "handshakeEnded", "opened", "closed"],
    );
    const reported = events.find((event) => event.type === "handshakeEnded");
    assert.deepEqual(
      [reported?.proxy, reported?.target, reported?.error],
      [`socks5://${proxy}`, "target.invalid:7000", undefined],
    );
    assert.ok(!inspect([events, connection, closeInfo], { depth: 9 }).includes(secret));
  });

  test("fails at the stage handshake, with what the proxy says, and without the password", async (t) => {
    const engine = createEngine();
    const proxy = await startProxy(
      t,
      engine,
      socks(async (client) => {
        await client.write(Uint8Array.of(5, 5));
        await client.close();
      }),
    );
    const { events, options } = watched(engine);
    const connecting = connect("target.invalid:7000", {
      ...options,
      proxy: `socks5://bob:${secret}@${proxy}`,
    });
    const error = await failureOf(connecting);
    assert.deepEqual(
      [error.code, error.stage, error.address],
      ["ERR_TARGET_REFUSED", "handshake", `target.invalid:7000 via socks5://${proxy}`],
    );
    assert.equal(
      error.message,
      `handshake target.invalid:7000 via socks5://${proxy}: the target refused the proxy's connection`,
    );
    assert.deepEqual(
      events.map((event) => ("error" in event ? event.error : event.type)),
      ["attemptStarted", "attemptEnded", "handshakeStarted", error, error],
    );
    assert.ok(!inspect([events, error], { depth: 9 }).includes(secret));
  });

  test("says so if it is the proxy that is not there", async (t) => {
    const engine = createEngine();
    const gone = await serve({ engine }, { bytes() {} });
    const proxy = formatAddress(gone.address);
    await gone.close();
    const error = await failureOf(
      connect("target.invalid:7", { engine, proxy: `http://bob:${secret}@${proxy}` }),
    );
    assert.deepEqual([error.code, error.stage], ["ERR_PROXY_UNREACHABLE", "connect"]);
    assert.equal(
      error.message,
      `connect http://${proxy}: the proxy could not be reached: refused (ECONNREFUSED)`,
    );
    assert.deepEqual(
      error.attempts.map(({ address, outcome }) => [address, outcome]),
      [[proxy, "ECONNREFUSED"]],
    );
    assert.ok(!inspect(error, { depth: 9 }).includes(secret));
    t.diagnostic(error.message);
  });

  test("names the target, not the proxy's address, when it ends badly later", async (t) => {
    const engine = createEngine();
    const proxy = await startProxy(
      t,
      engine,
      socks(async (client) => {
        await client.write(granted);
        await client.readExactly(1);
        await client.abort();
      }),
    );
    const connection = await connect("target.invalid:7", {
      engine,
      proxy: `socks5://bob:${secret}@${proxy}`,
    });
    await connection.write("!");
    const { how, error } = await connection.closed;
    assert.equal(how, "reset");
    assert.match(error?.message ?? "", /^(receive|send) target\.invalid:7 via socks5:\/\//);
  });

  test("proxyAnswerBytesMax: an answer that does not end is none", async (t) => {
    const engine = createEngine();
    const max = limits.proxyAnswerBytesMax.value;
    const proxy = await startProxy(t, engine, async (client) => {
      await client.readUntil("\r\n\r\n");
      await client.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(max)}`);
      await client.closed;
    });
    const error = await failureOf(connect("target.invalid:7", { engine, proxy: `http://${proxy}` }));
    assert.equal(error.code, "ERR_PROXY_INVALID");
    assert.match(error.message, /the proxy's answer is longer than 16384 bytes$/);
  });

  test("is given up by the signal, also while the proxy thinks", async (t) => {
    const engine = createEngine();
    const giveUp = new AbortController();
    let closed!: () => void;
    const gone = new Promise<void>((resolve) => (closed = resolve));
    const proxy = await startProxy(t, engine, async (client) => {
      await client.readExactly(3);
      giveUp.abort("enough");
      await client.read().catch(() => undefined);
      closed();
    });
    const connecting = connect("target.invalid:7", {
      engine,
      proxy: `socks5://${proxy}`,
      signal: giveUp.signal,
    });
    const error = await failureOf(connecting);
    assert.deepEqual([error.code, error.stage, error.option], ["ERR_ABORTED", "handshake", "signal"]);
    assert.equal(error.cause, "enough");
    await gone;
  });
});

test("proxyTimeoutMs: a proxy that does not answer is not waited for any longer", async () => {
  const { engine, clock, pass } = simulateNetwork();
  await serve({ engine, clock, port: 1080, idleTimeoutMs: Infinity }, { bytes() {} });
  const connecting = failureOf(
    connect("target.invalid:7", { engine, clock, proxy: "socks5://127.0.0.1:1080" }),
  );
  let over = false;
  void connecting.then(() => (over = true));
  await pass(limits.proxyTimeoutMs.value - 1);
  assert.equal(over, false);
  await pass(2);
  const error = await connecting;
  assert.deepEqual(
    [error.code, error.stage, error.option],
    ["ERR_PROXY_TIMEOUT", "handshake", "proxyTimeoutMs"],
  );
  assert.match(error.message, /: no answer from the proxy in 15000 ms \(proxyTimeoutMs\)$/);
});

test("family is for reaching the proxy, whatever the target is", async () => {
  const { engine, clock } = simulateNetwork();
  const families: unknown[] = [];
  const error = await failureOf(
    connect("[::1]:7", {
      engine,
      clock,
      family: 4,
      proxy: "http://proxy.test:3128",
      resolver(_, family) {
        families.push(family);
        return Promise.resolve(["127.0.0.1"]);
      },
    }),
  );
  assert.deepEqual(families, [4]);
  assert.equal(error.code, "ERR_PROXY_UNREACHABLE");
});

test("what cannot be is a TypeError, before anything is tried", async () => {
  const attempts: [string, ConnectOptions<Uint8Array, Uint8Array>, RegExp][] = [
    [
      "unix:/s",
      { proxy: "http://h:1" },
      /^TypeError: proxy: a Unix socket, unix:\/s, cannot be reached through a proxy$/,
    ],
    ["h:1", { proxy: "h:1" }, /^TypeError: proxy "h:1" is not/],
    ["h:1", { proxyTimeoutMs: 0 }, /^TypeError: proxyTimeoutMs: 0 is not/],
    ["h:1", { establishTimeoutMs: Number.NaN }, /^TypeError: establishTimeoutMs: NaN is not/],
    ["h:1", { retry: 3 as never }, /^TypeError: retry: 3 is not a function; backoff\(\) makes one$/],
  ];
  for (const [target, options, message] of attempts) {
    await assert.rejects(connect(target, options), message);
  }
});
