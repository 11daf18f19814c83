/** Retries: when, how often, and the final error. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import fc from "fast-check";
import { errorCodes, type KnownErrorCode } from "../../../src/base/errors.ts";
import {
  backoff,
  connect,
  NetError,
  serve,
  isRetryable,
  type BackoffOptions,
  type Connection,
  type ConnectOptions,
  type RetrySchedule,
  type SocketEvent,
} from "../../../src/index.ts";
import { simulateNetwork } from "../../../src/testing/simulated-network.ts";

function failed(code = "ECONNREFUSED", option?: string, cause?: unknown): NetError {
  return new NetError({ code, stage: "connect", happened: "", option, cause });
}

/** The delays of a schedule until it gives up, at most `count`. */
function delaysOf(schedule: RetrySchedule, count = 20): number[] {
  const delays: number[] = [];
  for (let tries = 1; tries <= count; tries++) {
    const delayMs = schedule({ tries, elapsedMs: 0, error: failed() });
    if (delayMs === undefined) break;
    delays.push(delayMs);
  }
  return delays;
}

describe("backoff", () => {
  test("doubles the delay up to its limit, and gives up after maxAttempts tries", () => {
    const schedule = backoff({ firstDelayMs: 100, delayMsMax: 1_000, maxAttempts: 7, jitter: 0 });
    assert.deepEqual(delaysOf(schedule), [100, 200, 400, 800, 1_000, 1_000]);
  });

  test("multiplies by another factor, if told so", () => {
    assert.deepEqual(
      delaysOf(backoff({ firstDelayMs: 100, factor: 1, maxAttempts: 4, jitter: 0 })),
      [100, 100, 100],
    );
    assert.deepEqual(
      delaysOf(backoff({ firstDelayMs: 100, factor: 3, maxAttempts: 4, jitter: 0 })),
      [100, 300, 900],
    );
  });

  test("never gives up by itself, and never waits longer than delayMsMax", () => {
    const schedule = backoff({ jitter: 0 });
    assert.equal(delaysOf(schedule, 100).length, 100);
    for (const tries of [8, 1_000, 1_000_000]) {
      assert.equal(schedule({ tries, elapsedMs: 0, error: failed() }), 30_000);
    }
  });

  test("leaves the part of a delay to chance that jitter says", () => {
    const at = (jitter: number, chance: number) =>
      delaysOf(backoff({ firstDelayMs: 100, jitter, random: () => chance }), 1)[0];
    assert.deepEqual(
      [at(1, 0), at(1, 0.25), at(1, 0.999)].map((ms) => Math.round(ms ?? -1)),
      [100, 75, 0],
    );
    assert.deepEqual([at(0.5, 0), at(0.5, 0.5)], [100, 75]);
    assert.deepEqual([at(0, 0), at(0, 0.9)], [100, 100]);
  });

  test("stays between nothing and the undisturbed delay, whatever chance says", () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(chance, chance, fc.integer({ min: 1, max: 50 }), (jitter, random, tries) => {
        const options: BackoffOptions = { firstDelayMs: 3, delayMsMax: 5_000, jitter, random: () => random };
        const delayMs = backoff(options)({ tries, elapsedMs: 0, error: failed() }) ?? -1;
        const full = Math.min(3 * 2 ** (tries - 1), 5_000);
        assert.ok(delayMs >= full * (1 - jitter) - 1e-9 && delayMs <= full, `${delayMs}`);
      }),
    );
  });

  test("asks which failures are worth it, and another judge if it is given one", () => {
    const schedule = backoff({ jitter: 0 });
    assert.equal(schedule({ tries: 1, elapsedMs: 0, error: failed("EACCES") }), undefined);
    const stubborn = backoff({ jitter: 0, shouldRetry: ({ code }) => code === "EACCES" });
    assert.equal(stubborn({ tries: 1, elapsedMs: 0, error: failed("EACCES") }), 250);
    assert.equal(stubborn({ tries: 1, elapsedMs: 0, error: failed() }), undefined);
  });

  const wrong: readonly (readonly [BackoffOptions, RegExp])[] = [
    [{ firstDelayMs: 0 }, /^TypeError: firstDelayMs: 0 is not/],
    [{ delayMsMax: -1 }, /^TypeError: delayMsMax: -1 is not/],
    [{ maxAttempts: 0 }, /^TypeError: maxAttempts: 0 is not/],
    [{ maxAttempts: 1.5 }, /^TypeError: maxAttempts: 1.5 is not/],
    [{ factor: 0.5 }, /^TypeError: factor: 0.5 is not a number of 1 or more$/],
    [{ factor: Infinity }, /^TypeError: factor: Infinity is not/],
    [{ jitter: 2 }, /^TypeError: jitter: 2 is not a number from 0 to 1$/],
    [{ jitter: Number.NaN }, /^TypeError: jitter: NaN is not/],
  ];
  for (const [options, message] of wrong) {
    test(`refuses ${Object.keys(options).join()} ${String(Object.values(options)[0])}`, () => {
      assert.throws(() => backoff(options), message);
    });
  }
});

describe("what is worth another try", () => {
  test("includes temporary failures, and none that require human action", () => {
    const worth = (Object.keys(errorCodes) as KnownErrorCode[]).filter((code) => isRetryable(failed(code)));
    assert.deepEqual(worth, [
      "ENOTFOUND",
      "ESERVFAIL",
      "EAI_AGAIN",
      "ERR_RESOLVE_TIMEOUT",
      "ERR_CONNECT_TIMEOUT",
      "ERR_SELF_CONNECTED",
      "ERR_TARGET_REFUSED",
      "ERR_TARGET_UNREACHABLE",
      "ERR_PROXY_TIMEOUT",
      "ERR_STARTTLS_TIMEOUT",
      "ECONNREFUSED",
      "ENETUNREACH",
      "EHOSTUNREACH",
      "ENETDOWN",
      "ENETRESET",
      "EHOSTDOWN",
      "ENONET",
      "EADDRINUSE",
      "EADDRNOTAVAIL",
      "ENODEV",
      "ENOENT",
      "ENOSPC",
      "EDQUOT",
      "EMFILE",
      "ENFILE",
      "ENOBUFS",
      "ENOMEM",
      "ENOSR",
      "EAGAIN",
      "ETIMEDOUT",
      "ECONNRESET",
      "ECONNABORTED",
      "EPIPE",
      "EPROTO",
      "EINTR",
    ]);
    assert.equal(isRetryable(failed("ESOMETHING")), false);
  });

  test("is no local address that this machine does not have", () => {
    assert.equal(isRetryable(failed("EADDRNOTAVAIL", "localAddress")), false);
  });

  test("is, of a proxy that was not reached, what it was not reached by", () => {
    const proxy = (code: string) => failed("ERR_PROXY_UNREACHABLE", undefined, failed(code));
    assert.equal(isRetryable(proxy("ECONNREFUSED")), true);
    assert.equal(isRetryable(proxy("EACCES")), false);
    assert.equal(isRetryable(failed("ERR_PROXY_UNREACHABLE")), false);
  });
});

const steady = backoff({ firstDelayMs: 100, factor: 1, jitter: 0 });

/** Connects to 127.0.0.1:80, where no server listens yet. */
function start(options: Partial<ConnectOptions<Uint8Array, Uint8Array>> = {}) {
  const network = simulateNetwork(
    options.connectTimeoutMs === undefined ? {} : { route: () => ({ fails: "silent" }) },
  );
  const { engine, clock } = network;
  const events: SocketEvent[] = [];
  const outcome: { connection?: Connection; error?: unknown } = {};
  void connect("127.0.0.1:80", {
    engine,
    clock,
    onEvent: (event) => void events.push(event),
    retry: steady,
    ...options,
  }).then(
    (connection) => (outcome.connection = connection),
    (error: unknown) => (outcome.error = error),
  );
  return { ...network, events, outcome };
}

function asNetError(error: unknown): NetError {
  assert.ok(error instanceof NetError, String(error));
  return error;
}

describe("connect with retry", () => {
  test("connects as soon as a try finds the server, and tells of each pause before", async () => {
    const { engine, clock, pass, events, outcome } = start();
    await pass(250);
    assert.deepEqual(outcome, {});
    const server = await serve({ engine, clock, port: 80 }, (client) => client.closed.then(() => undefined));
    await pass(50);
    assert.ok(outcome.connection !== undefined);
    const reported = events.flatMap((event) =>
      event.type === "retryScheduled" ? [[event.atMs, event.tries, event.delayMs, event.error.code]] : [],
    );
    assert.deepEqual(reported, [
      [0, 1, 100, "ECONNREFUSED"],
      [100, 2, 100, "ECONNREFUSED"],
      [200, 3, 100, "ECONNREFUSED"],
    ]);
    assert.equal(events.filter(({ type }) => type === "connectFailed").length, 0);
    const opened = events.find((event) => event.type === "opened");
    assert.equal(opened?.durationMs, 300);
    await outcome.connection.abort();
    await server.close({ drainMs: 0 });
    assert.equal(clock.timers, 0);
  });

  test("gives up with the last failure, and every attempt of every try", async () => {
    const retry = backoff({ firstDelayMs: 100, maxAttempts: 3, jitter: 0 });
    const { pass, clock, events, outcome } = start({ retry });
    await pass(1_000);
    const error = asNetError(outcome.error);
    assert.deepEqual([error.code, error.stage], ["ECONNREFUSED", "connect"]);
    assert.equal(
      error.message,
      "connect 127.0.0.1:80: 3 attempts in 300 ms, the last one: refused (ECONNREFUSED)",
    );
    assert.deepEqual(
      error.attempts.map((one) => [one.startedMs, one.outcome]),
      [
        [0, "ECONNREFUSED"],
        [100, "ECONNREFUSED"],
        [300, "ECONNREFUSED"],
      ],
    );
    assert.ok(error.cause instanceof NetError);
    assert.equal(events.filter(({ type }) => type === "connectFailed").length, 1);
    assert.equal(clock.timers, 0);
  });

  test("makes nothing of one try more than it is", async () => {
    const { pass, outcome } = start({ retry: backoff({ maxAttempts: 1 }) });
    await pass(0);
    assert.equal(asNetError(outcome.error).message, "connect 127.0.0.1:80: refused (ECONNREFUSED)");
  });

  test("establishTimeoutMs: ends when no further try fits into the time for all", async () => {
    const { pass, clock, outcome } = start({ establishTimeoutMs: 250 });
    await pass(199);
    assert.deepEqual(outcome, {});
    await pass(1);
    const error = asNetError(outcome.error);
    assert.deepEqual([error.code, error.option], ["ECONNREFUSED", "establishTimeoutMs"]);
    assert.equal(
      error.message,
      "connect 127.0.0.1:80: 3 attempts in 200 ms, the last one: refused (ECONNREFUSED) (establishTimeoutMs)",
    );
    assert.equal(clock.timers, 0);
  });

  test("establishTimeoutMs: cuts a stage short that would last longer", async () => {
    const { pass, clock, outcome } = start({ connectTimeoutMs: 100, establishTimeoutMs: 250 });
    await pass(249);
    assert.deepEqual(outcome, {});
    await pass(1);
    const error = asNetError(outcome.error);
    assert.deepEqual([error.code, error.option], ["ERR_CONNECT_TIMEOUT", "establishTimeoutMs"]);
    assert.equal(
      error.message,
      "connect 127.0.0.1:80: 2 attempts in 250 ms, the last one: no answer in 50 ms (establishTimeoutMs)",
    );
    assert.equal(clock.timers, 0);
  });

  test("establishTimeoutMs: is for connecting without retry as well", async () => {
    const { pass, outcome } = start({ retry: undefined, connectTimeoutMs: 100, establishTimeoutMs: 30 });
    await pass(31);
    assert.equal(
      asNetError(outcome.error).message,
      "connect 127.0.0.1:80: no answer in 30 ms (establishTimeoutMs)",
    );
  });

  test("ends in a pause as soon as the signal says so", async () => {
    const giveUp = new AbortController();
    const { pass, settle, clock, outcome } = start({ signal: giveUp.signal });
    await pass(150);
    giveUp.abort(new Error("enough"));
    await settle();
    const error = asNetError(outcome.error);
    assert.deepEqual([error.code, error.option, error.attempts.length], ["ERR_ABORTED", "signal", 2]);
    assert.equal((error.cause as Error).message, "enough");
    assert.equal(clock.timers, 0);
    assert.equal(getEventListeners(giveUp.signal, "abort").length, 0);
  });

  test("tells of the last thousand attempts, however long it has tried", async () => {
    const { pass, outcome } = start({ retry: ({ tries }) => (tries < 1_100 ? 1 : undefined) });
    await pass(1_100);
    const { attempts, happened } = asNetError(outcome.error);
    assert.equal(attempts.length, 1_000);
    assert.deepEqual([attempts[0]?.startedMs, attempts.at(-1)?.startedMs], [100, 1_099]);
    assert.match(happened, /^1100 attempts in 1099 ms/);
  });

  test("does not try again what the signal has ended", async () => {
    const asked: unknown[] = [];
    const retry: RetrySchedule = (one) => {
      asked.push(one);
      return 1;
    };
    const { settle, outcome } = start({ retry, signal: AbortSignal.abort() });
    await settle();
    assert.equal(asNetError(outcome.error).code, "ERR_ABORTED");
    assert.deepEqual(asked, []);
  });

  test("asks a schedule of one's own, with the failure and its time", async () => {
    const asked: (readonly [number, number, string])[] = [];
    const retry: RetrySchedule = ({ tries, elapsedMs, error }) => {
      asked.push([tries, elapsedMs, error.code]);
      return tries === 3 ? undefined : (tries - 1) * 50;
    };
    const { pass, outcome } = start({ retry });
    await pass(1_000);
    assert.ok(outcome.error instanceof NetError);
    assert.deepEqual(asked, [
      [1, 0, "ECONNREFUSED"],
      [2, 0, "ECONNREFUSED"],
      [3, 50, "ECONNREFUSED"],
    ]);
  });

  test("takes no pause that is none", async () => {
    const { settle, outcome } = start({ retry: () => Number.NaN });
    await settle();
    assert.match(String(outcome.error), /^TypeError: retry: NaN is not a number of milliseconds above 0/);
  });
});
