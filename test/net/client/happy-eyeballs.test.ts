/** Connecting to several addresses in parallel (RFC 8305), step by step. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { tcpAddress, type TcpAddress } from "../../../src/base/address/address.ts";
import type { Engine } from "../../../src/engine.ts";
import {
  connect,
  formatAddress,
  limits,
  NetError,
  serve,
  type Attempt,
  type Connection,
  type ConnectOptions,
  type SocketEvent,
} from "../../../src/index.ts";
import { interleave } from "../../../src/net/client/happy-eyeballs.ts";
import type { MemoryRoute } from "../../../src/wire/memory/memory-engine.ts";
import { simulateNetwork } from "../../../src/testing/simulated-network.ts";

const headStartMs = limits.attemptDelayMs.value;

interface Outcome {
  connection?: Connection;
  error?: NetError;
}

/** A name with these addresses, each with its route; an address without one refuses. */
async function startConnecting(
  routes: Readonly<Record<string, MemoryRoute | "listens">>,
  options: Partial<ConnectOptions<Uint8Array, Uint8Array>> = {},
) {
  const network = simulateNetwork({
    route(address) {
      const route = address.family === "unix" ? undefined : routes[address.host];
      return route === "listens" ? undefined : route;
    },
  });
  const { engine, clock } = network;
  const hosts = Object.keys(routes);
  const served: string[] = [];
  for (const host of hosts) {
    const route = routes[host];
    if (route !== "listens" && (route?.fails !== undefined || route?.delayMs === undefined)) continue;
    await serve({ engine, clock, host, port: 80 }, async (client) => {
      served.push(host);
      await client.closed;
      served.splice(served.indexOf(host), 1);
    });
  }
  const events: SocketEvent[] = [];
  const outcome: Outcome = {};
  void connect("host.test:80", {
    engine,
    clock,
    resolver: () => Promise.resolve(hosts),
    onEvent: (event) => events.push(event),
    ...options,
  }).then(
    (connection) => (outcome.connection = connection),
    (error: unknown) => {
      assert.ok(error instanceof NetError, String(error));
      outcome.error = error;
    },
  );
  await network.settle();
  return {
    ...network,
    outcome,
    /** Addresses with an open accepted connection. */
    served,
    /** Attempts begun so far, as host and time. */
    begun: () =>
      events.flatMap((event) =>
        event.type === "attemptStarted" ? [`${hostOf(event.address)} ${event.atMs}`] : [],
      ),
    ended: () => events.flatMap((event) => (event.type === "attemptEnded" ? [event.attempt] : [])),
    events,
  };
}

function hostOf(address: string): string {
  return address.replace(/:80$/, "").replace(/^\[|\]$/g, "");
}

function summary(attempts: readonly Attempt[]): string[] {
  return attempts.map(
    ({ address, startedMs, durationMs, outcome }) =>
      `${hostOf(address)} ${startedMs}+${durationMs} ${outcome}`,
  );
}

describe("the order", () => {
  const order = (...hosts: readonly string[]): string[] =>
    interleave(hosts.map((host) => tcpAddress(host, 1))).map(({ host }: TcpAddress) => host);

  test("takes the families in turn, beginning with the first address's", () => {
    assert.deepEqual(order("::1", "::2", "::3", "1.1.1.1", "2.2.2.2"), [
      "::1",
      "1.1.1.1",
      "::2",
      "2.2.2.2",
      "::3",
    ]);
    assert.deepEqual(order("1.1.1.1", "::1", "::2"), ["1.1.1.1", "::1", "::2"]);
    assert.deepEqual(order("1.1.1.1", "2.2.2.2"), ["1.1.1.1", "2.2.2.2"]);
    assert.deepEqual(order("::1"), ["::1"]);
    assert.deepEqual(order(), []);
  });

  test("is the order in which the addresses are tried", async () => {
    const { begun, pass } = await startConnecting({
      "2001:db8::1": { fails: "silent" },
      "2001:db8::2": { fails: "silent" },
      "192.0.2.1": { fails: "silent" },
    });
    await pass(3 * headStartMs);
    assert.deepEqual(begun(), [
      "2001:db8::1 0",
      `192.0.2.1 ${headStartMs}`,
      `2001:db8::2 ${2 * headStartMs}`,
    ]);
  });
});

test("the first address has a head start, and wins alone if it answers in that time", async () => {
  const { begun, pass, outcome } = await startConnecting({
    "192.0.2.1": { delayMs: headStartMs - 1 },
    "192.0.2.2": "listens",
  });
  await pass(headStartMs - 2);
  assert.deepEqual(outcome, {});
  await pass(1);
  assert.equal(formatAddress(outcome.connection?.remote ?? assert.fail()), "192.0.2.1:80");
  await pass(10 * headStartMs);
  assert.deepEqual(begun(), ["192.0.2.1 0"]);
});

test("a failure starts the next at once", async () => {
  const { begun, pass, outcome, ended } = await startConnecting({
    "192.0.2.1": { delayMs: 20, fails: "ECONNREFUSED" },
    "192.0.2.2": { delayMs: 30, fails: "EHOSTUNREACH" },
    "192.0.2.3": "listens",
  });
  await pass(50);
  assert.deepEqual(begun(), ["192.0.2.1 0", "192.0.2.2 20", "192.0.2.3 50"]);
  assert.ok(outcome.connection !== undefined);
  assert.deepEqual(summary(ended()), [
    "192.0.2.1 0+20 ECONNREFUSED",
    "192.0.2.2 20+30 EHOSTUNREACH",
    "192.0.2.3 50+0 connected",
  ]);
});

test("a slow first one is not given up because another was begun, and may still win", async () => {
  const { pass, outcome, ended, served, settle } = await startConnecting({
    "192.0.2.1": { delayMs: headStartMs + 100 },
    "192.0.2.2": { delayMs: 5000 },
  });
  await pass(headStartMs + 100);
  assert.equal(formatAddress(outcome.connection?.remote ?? assert.fail()), "192.0.2.1:80");
  assert.deepEqual(summary(ended()), [
    `192.0.2.1 0+${headStartMs + 100} connected`,
    `192.0.2.2 ${headStartMs}+100 abandoned`,
  ]);
  await pass(10_000);
  await settle();
  assert.deepEqual(served, ["192.0.2.1"]);
});

test("losers that answer too late are closed, and no timer stays", async () => {
  const { pass, outcome, served, clock } = await startConnecting({
    "192.0.2.1": { delayMs: headStartMs + 10 },
    "192.0.2.2": { delayMs: 10 },
    "192.0.2.3": "listens",
  });
  await pass(headStartMs + 10);
  assert.ok(outcome.connection !== undefined);
  await pass(100_000);
  assert.equal(served.length, 1);
  await outcome.connection.abort();
  await pass(100_000);
  assert.equal(clock.timers, 0);
});

test("when all fail, every attempt is reported, and the code is that of the failure closest to the host", async () => {
  const { pass, outcome, events } = await startConnecting({
    "2001:db8::1": { fails: "ENETUNREACH" },
    "192.0.2.1": { delayMs: 10, fails: "ECONNREFUSED" },
    "2001:db8::2": { delayMs: 10, fails: "EHOSTUNREACH" },
  });
  await pass(1000);
  const { error } = outcome;
  assert.equal(
    error?.message,
    "connect host.test:80: [2001:db8::1]:80 no route to that network (ENETUNREACH), " +
      "192.0.2.1:80 refused (ECONNREFUSED), [2001:db8::2]:80 no route to that host (EHOSTUNREACH)",
  );
  assert.deepEqual([error?.code, error?.stage, error?.address], ["ECONNREFUSED", "connect", "host.test:80"]);
  assert.deepEqual(summary(error?.attempts ?? []), [
    "2001:db8::1 0+0 ENETUNREACH",
    "192.0.2.1 0+10 ECONNREFUSED",
    "2001:db8::2 10+10 EHOSTUNREACH",
  ]);
  const last = events.at(-1);
  assert.ok(last?.type === "connectFailed" && last.error === error);
  assert.ok(!events.some(({ type }) => type === "opened"));
});

test("connectTimeoutMs is for all together, and tells which were still silent", async () => {
  const { pass, outcome, clock } = await startConnecting({
    "192.0.2.1": { fails: "silent" },
    "192.0.2.2": { fails: "silent" },
  });
  await pass(limits.connectTimeoutMs.value - 1);
  assert.deepEqual(outcome, {});
  await pass(1);
  const { error } = outcome;
  assert.deepEqual(
    [error?.code, error?.stage, error?.option],
    ["ERR_CONNECT_TIMEOUT", "connect", "connectTimeoutMs"],
  );
  assert.equal(
    error?.message,
    "connect host.test:80: 192.0.2.1:80 no answer in 10000 ms, 192.0.2.2:80 no answer in 10000 ms (connectTimeoutMs)",
  );
  assert.deepEqual(summary(error?.attempts ?? []), [
    "192.0.2.1 0+10000 ERR_CONNECT_TIMEOUT",
    "192.0.2.2 250+9750 ERR_CONNECT_TIMEOUT",
  ]);
  assert.equal(clock.timers, 0);
});

test("F31: a single address that does not answer is reported in one line", async () => {
  const { engine, clock, pass } = simulateNetwork({ route: () => ({ fails: "silent" }) });
  const reported = assert.rejects(connect("10.0.0.7:9000", { engine, clock, connectTimeoutMs: 3000 }), {
    name: "NetError",
    message: "connect 10.0.0.7:9000: no answer in 3000 ms (connectTimeoutMs)",
  });
  await pass(3000);
  await reported;
});

for (const [code, words] of [
  ["ECONNREFUSED", "refused"],
  ["EHOSTUNREACH", "no route to that host"],
  ["ENETUNREACH", "no route to that network"],
  ["EACCES", "permission denied"],
] as const) {
  test(`F31: ${code} is reported in words`, async () => {
    const { engine, clock, pass } = simulateNetwork({ route: () => ({ fails: code }) });
    const message = `connect 10.0.0.7:9000: ${words} (${code})`;
    const reported = assert.rejects(connect("10.0.0.7:9000", { engine, clock }), {
      message,
      code,
      stage: "connect",
    });
    await pass(0);
    await reported;
  });
}

test("attemptDelayMs Infinity tries one after the other", async () => {
  const { begun, pass } = await startConnecting(
    { "192.0.2.1": { delayMs: 5000, fails: "ETIMEDOUT" }, "192.0.2.2": { fails: "silent" } },
    { attemptDelayMs: Infinity },
  );
  await pass(4999);
  assert.deepEqual(begun(), ["192.0.2.1 0"]);
  await pass(1);
  assert.deepEqual(begun(), ["192.0.2.1 0", "192.0.2.2 5000"]);
});

test("a signal gives the whole race up, and leaves nothing behind", async () => {
  const controller = new AbortController();
  const { pass, outcome, clock, ended, served } = await startConnecting(
    { "192.0.2.1": { fails: "silent" }, "192.0.2.2": { delayMs: 1000 } },
    { signal: controller.signal },
  );
  await pass(headStartMs);
  controller.abort("enough");
  await pass(0);
  const { error } = outcome;
  assert.equal(error?.cause, "enough");
  assert.deepEqual([error?.code, error?.stage, error?.option], ["ERR_ABORTED", "connect", "signal"]);
  assert.equal(error?.message, "connect host.test:80: aborted by the caller (signal)");
  assert.deepEqual(
    ended().map(({ outcome: how }) => how),
    ["abandoned", "abandoned"],
  );
  assert.equal(error?.attempts.length, 2);
  await pass(10_000);
  assert.deepEqual(served, []);
  assert.equal(clock.timers, 0);
});

test("a signal that was aborted before begins nothing", async () => {
  const { begun, outcome } = await startConnecting(
    { "192.0.2.1": "listens" },
    { signal: AbortSignal.abort() },
  );
  assert.equal(outcome.error?.code, "ERR_ABORTED");
  assert.deepEqual(begun(), []);
});

for (const target of ["192.0.2.1:80", "unix:@absent"]) {
  test(`a signal that was aborted before causes no attempt to ${target}`, async () => {
    const { engine, clock } = simulateNetwork();
    await assert.rejects(connect(target, { engine, clock, signal: AbortSignal.abort() }), {
      code: "ERR_ABORTED",
      stage: "connect",
      message: `connect ${target}: aborted by the caller (signal)`,
      attempts: [],
    });
    assert.equal(clock.timers, 0);
  });
}

test("a signal has no power over the connection", async () => {
  const controller = new AbortController();
  const { outcome, settle } = await startConnecting(
    { "192.0.2.1": "listens" },
    { signal: controller.signal },
  );
  await settle();
  assert.equal(getEventListeners(controller.signal, "abort").length, 0, "it is let go of");
  controller.abort();
  await settle();
  assert.equal(outcome.connection?.closeInfo, undefined);
  await outcome.connection?.write("x");
});

test("a name without any address is an error of its look-up", async () => {
  const { outcome } = await startConnecting({});
  const { error } = outcome;
  assert.deepEqual([error?.code, error?.stage], ["ENOTFOUND", "resolve"]);
  assert.equal(error?.message, "resolve host.test: the name has no address");
});

test("F32: a connection that has reached itself is none", async () => {
  const { engine, clock } = simulateNetwork();
  const self = tcpAddress("127.0.0.1", 45_678);
  const aborted: string[] = [];
  const selfish = {
    ...engine,
    connect: () =>
      Promise.resolve({
        ...stubWire,
        local: self,
        remote: self,
        abort: () => aborted.push("abort"),
      }),
  };
  await assert.rejects(connect("127.0.0.1:45678", { engine: selfish, clock }), {
    code: "ERR_SELF_CONNECTED",
    message: "connect 127.0.0.1:45678: the connection reached itself: nothing listens there",
  });
  assert.deepEqual(aborted, ["abort"]);
});

const stubWire = {
  start: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
  holdProcess: () => undefined,
  write: () => true,
  writeAll: () => true,
  pendingBytes: 0,
  stableViews: true,
  tcpInfo: () => undefined,
  end: () => undefined,
  close: () => undefined,
};

test("sockets send small writes at once and ask whether the peer lives, unless told otherwise", async () => {
  const { engine } = simulateNetwork();
  const asked: unknown[] = [];
  const noting: Engine = {
    ...engine,
    connect(address, { noDelay, keepAliveMs, localAddress, localPort }, signal) {
      asked.push({ noDelay, keepAliveMs, localAddress, localPort });
      return engine.connect(address, { noDelay, keepAliveMs, localAddress, localPort }, signal);
    },
    listen(address, options, events) {
      asked.push({ noDelay: options.noDelay, keepAliveMs: options.keepAliveMs });
      return engine.listen(address, options, events);
    },
  };
  const settings = { noDelay: false, keepAliveMs: 0 };
  const local = { localAddress: "127.0.0.9", localPort: undefined };
  await serve({ engine: noting, port: 80 }, { bytes: () => undefined });
  await connect("127.0.0.1:80", { engine: noting });
  await serve({ engine: noting, port: 81, ...settings }, { bytes: () => undefined });
  await connect("127.0.0.1:80", { engine: noting, ...settings, ...local });
  const defaults = { noDelay: true, keepAliveMs: limits.keepAliveMs.value };
  const anyLocal = { localAddress: undefined, localPort: undefined };
  assert.deepEqual(asked, [defaults, { ...defaults, ...anyLocal }, settings, { ...settings, ...local }]);
});

describe("what cannot be is a TypeError", () => {
  for (const [name, options] of [
    ["a family that is none", { family: 5 as 4 }],
    ["a deadline of 0", { connectTimeoutMs: 0 }],
    ["a deadline that is no number", { resolveTimeoutMs: Number.NaN }],
    ["a local host that is no address", { localAddress: "localhost" }],
    ["a local port that is none", { localPort: 65_536 }],
    ["a local port with a fraction", { localPort: 1.5 }],
    ["an observer that is no function", { onEvent: 3 as unknown as () => void }],
  ] as const) {
    test(name, async () => {
      await assert.rejects(
        connect("127.0.0.1:9", { engine: simulateNetwork().engine, ...options }),
        TypeError,
      );
    });
  }

  test("a target that is none", async () => {
    await assert.rejects(connect("nowhere"), TypeError);
    await assert.rejects(connect({ scheme: "tcp", host: "a b", port: 80 }), TypeError);
  });
});
