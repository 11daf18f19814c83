/** Resolving a name for connect: timeout, events, the limit of addresses, and addresses that arrive late. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect, limits, NetError, serve, type SocketEvent } from "../../../src/index.ts";
import { simulateNetwork } from "../../../src/testing/simulated-network.ts";

function failure(code: string, message: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof NetError, String(error));
    assert.deepEqual([error.code, error.stage, error.message], [code, "resolve", message]);
    return true;
  };
}

describe("resolveTimeoutMs", () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const reported = {
    code: "ERR_RESOLVE_TIMEOUT",
    stage: "resolve",
    message: `resolve host.test: no answer in ${limits.resolveTimeoutMs.value} ms (resolveTimeoutMs)`,
  };

  test("is for the whole look-up of a name to connect to", async () => {
    const { engine, clock, settle, pass } = simulateNetwork();
    const events: string[] = [];
    const connecting = connect("host.test:80", {
      engine,
      clock,
      resolver: never,
      onEvent: ({ type }) => events.push(type),
    });
    const rejected = assert.rejects(connecting, reported);
    await pass(limits.resolveTimeoutMs.value - 1);
    assert.deepEqual(events, ["resolveStarted"]);
    await pass(1);
    await settle();
    await rejected;
    assert.deepEqual(events, ["resolveStarted", "resolveFailed", "connectFailed"]);
    assert.equal(clock.timers, 0);
  });

  test("is for the look-up of a name to listen on, too", async () => {
    const { engine, clock, pass } = simulateNetwork();
    const refused = assert.rejects(
      serve({ engine, clock, host: "host.test", resolver: never }, { bytes() {} }),
      reported,
    );
    await pass(limits.resolveTimeoutMs.value);
    await refused;
    assert.equal(clock.timers, 0);
  });

  test("aborts the resolver's own signal", async () => {
    const { engine, clock, pass } = simulateNetwork();
    const signals: AbortSignal[] = [];
    const refused = assert.rejects(
      connect("host.test:80", {
        engine,
        clock,
        resolver(_name, _family, signal) {
          signals.push(signal);
          return never();
        },
      }),
      reported,
    );
    await pass(limits.resolveTimeoutMs.value);
    await refused;
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true],
    );
  });
});

describe("a resolver that fails in its own way", () => {
  const failed = Object.assign(new Error("getaddrinfo ENOTFOUND host.test"), { code: "ENOTFOUND" });
  const resolver = (): Promise<never> => Promise.reject(failed);

  test("is an error of the look-up, with that failure as its cause", async () => {
    const { engine, clock } = simulateNetwork();
    const events: string[] = [];
    const connecting = connect("host.test:80", {
      engine,
      clock,
      resolver,
      onEvent: ({ type }) => events.push(type),
    });
    await assert.rejects(connecting, (error) => {
      failure("ENOTFOUND", "resolve host.test: the resolver failed: getaddrinfo ENOTFOUND host.test")(error);
      assert.equal((error as NetError).cause, failed);
      return true;
    });
    assert.deepEqual(events, ["resolveStarted", "resolveFailed", "connectFailed"]);
  });

  test("is one for a server too", async () => {
    const { engine } = simulateNetwork();
    await assert.rejects(serve({ engine, host: "host.test", resolver }, { bytes() {} }), {
      code: "ENOTFOUND",
      stage: "resolve",
      cause: failed,
    });
  });

  test("is the caller's mistake if what it gives is no address", async () => {
    const { engine } = simulateNetwork();
    const wrong = (): Promise<string[]> => Promise.resolve(["other.test"]);
    await assert.rejects(connect("host.test:80", { engine, resolver: wrong }), TypeError);
    await assert.rejects(serve({ engine, host: "host.test", resolver: wrong }, { bytes() {} }), TypeError);
  });
});

test("a resolver's own failure is reported unchanged, and as an event", async () => {
  const { engine, clock } = simulateNetwork();
  const failed = new NetError({
    code: "ENOTFOUND",
    stage: "resolve",
    address: "host.test",
    happened: "no such name",
  });
  const events: string[] = [];
  await assert.rejects(
    connect("host.test:80", {
      engine,
      clock,
      resolver: () => Promise.reject(failed),
      onEvent: ({ type }) => events.push(type),
    }),
    (error) => error === failed,
  );
  assert.deepEqual(events, ["resolveStarted", "resolveFailed", "connectFailed"]);
});

describe("a name with more addresses than one connect tries (addressesMax)", () => {
  const max = limits.addressesMax.value;
  const hundreds = [
    ...Array.from({ length: 200 }, (_, index) => `2001:db8::${(index + 1).toString(16)}`),
    ...Array.from({ length: 200 }, (_, index) => `192.0.2.${index + 1}`),
  ];

  test("has the first of each family tried in turn, and the error counts the others", async () => {
    const { engine, clock } = simulateNetwork();
    const resolver = (): Promise<string[]> => Promise.resolve([...hundreds, ...hundreds]);
    await assert.rejects(connect("host.test:80", { engine, clock, resolver }), (error: NetError) => {
      const tried = error.attempts.map(({ address }) => address);
      assert.equal(tried.length, max);
      assert.deepEqual(tried.slice(0, 3), ["[2001:db8::1]:80", "192.0.2.1:80", "[2001:db8::2]:80"]);
      assert.match(
        error.message,
        new RegExp(`; ${400 - max} more not attempted \\(at most ${max} addresses\\)$`),
      );
      return true;
    });
  });

  test("is limited all the same where they come in parts", async () => {
    const { engine, clock } = simulateNetwork();
    async function* resolver() {
      for (const address of hundreds) yield [await Promise.resolve(address)];
    }
    await assert.rejects(connect("host.test:80", { engine, clock, resolver }), (error: NetError) => {
      assert.equal(error.attempts.length, max);
      assert.match(error.message, /; 336 more not attempted/);
      return true;
    });
  });

  test("is reached at an address that stands there twice with one attempt", async () => {
    const { engine, clock } = simulateNetwork();
    const resolver = (): Promise<string[]> => Promise.resolve(["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"]);
    await assert.rejects(connect("host.test:80", { engine, clock, resolver }), (error: NetError) => {
      assert.deepEqual(
        error.attempts.map(({ address }) => address),
        ["192.0.2.1:80"],
      );
      return true;
    });
  });
});

describe("addresses that come late (RFC 8305, section 3)", () => {
  /** A resolver whose parts the test provides. */
  function controlled() {
    const asked: AbortSignal[] = [];
    const given: (readonly string[] | "end" | Error)[] = [];
    let wake = (): void => {};
    async function* resolver(_name: string, _family: unknown, signal: AbortSignal) {
      asked.push(signal);
      signal.addEventListener("abort", () => wake());
      for (;;) {
        const next = given.shift();
        if (next === "end" || signal.aborted) return;
        if (next instanceof Error) throw next;
        if (next === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else yield next;
      }
    }
    const give = (next: (typeof given)[number]): void => {
      given.push(next);
      wake();
    };
    return { asked, give, resolver };
  }

  /** A connect to a name without addresses yet. The addresses in `silent` never answer. */
  function startConnecting(silent: readonly string[], options: { readonly attemptDelayMs?: number } = {}) {
    const network = simulateNetwork({
      route: (address) =>
        address.family !== "unix" && silent.includes(address.host) ? { fails: "silent" } : undefined,
    });
    const { engine, clock } = network;
    const hand = controlled();
    const events: SocketEvent[] = [];
    const begun = (): string[] =>
      events.flatMap((event) => (event.type === "attemptStarted" ? [`${event.address} ${event.atMs}`] : []));
    const connecting = connect("host.test:80", {
      engine,
      clock,
      resolver: hand.resolver,
      onEvent: (event) => void events.push(event),
      ...options,
    });
    // Each test checks it; until then it must not be an unhandled rejection.
    connecting.catch(() => undefined);
    return { ...network, ...hand, events, begun, connecting };
  }

  test("join while the first attempt is silent, and are begun when its head start is over", async () => {
    const { give, begun, pass, settle, engine, clock, connecting, events, asked } = startConnecting([
      "2001:db8::1",
    ]);
    await serve({ engine, clock, host: "192.0.2.1", port: 80 }, { bytes() {} });
    give(["2001:db8::1"]);
    await pass(200);
    give(["192.0.2.1"]);
    await settle();
    assert.deepEqual(begun(), ["[2001:db8::1]:80 0"]);
    await pass(50);
    const connection = await connecting;
    assert.deepEqual(begun(), ["[2001:db8::1]:80 0", "192.0.2.1:80 250"]);
    assert.equal(connection.remote?.family, 4);
    assert.deepEqual(
      events.flatMap((event) => (event.type === "resolved" ? [[...event.addresses]] : [])),
      [["2001:db8::1"], ["192.0.2.1"]],
    );
    assert.ok(asked[0]?.aborted, "the look-up goes on though it is no longer needed");
    await connection.abort();
    assert.equal(clock.timers, 0);
  });

  test("are begun at once when the head start is over already, the other family first", async () => {
    const silent = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"];
    const { give, begun, pass } = startConnecting(silent);
    give(["192.0.2.1", "192.0.2.2"]);
    await pass(100);
    give(["2001:db8::1", "2001:db8::2"]);
    await pass(1_000);
    assert.deepEqual(begun(), [
      "192.0.2.1:80 0",
      "[2001:db8::1]:80 250",
      "192.0.2.2:80 500",
      "[2001:db8::2]:80 750",
    ]);
    give("end");
  });

  test("are begun after the last of the early ones was, when these are used up", async () => {
    const { give, begun, pass } = startConnecting(["2001:db8::1", "192.0.2.1"]);
    give(["2001:db8::1"]);
    await pass(700);
    give(["192.0.2.1"]);
    await pass(1);
    assert.deepEqual(begun(), ["[2001:db8::1]:80 0", "192.0.2.1:80 700"]);
    give("end");
  });

  test("are waited for when all early ones have failed", async () => {
    const { give, begun, pass, engine, clock, connecting } = startConnecting([]);
    await serve({ engine, clock, host: "2001:db8::1", port: 80 }, { bytes() {} });
    give(["192.0.2.1"]);
    await pass(3_000);
    assert.deepEqual(begun(), ["192.0.2.1:80 0"]);
    give(["2001:db8::1"]);
    await pass(1);
    const connection = await connecting;
    assert.equal(connection.remote?.family, 6);
    await connection.abort();
  });

  for (const last of ["end", new Error("the resolver broke")] as const) {
    test(`whose look-up ends with ${String(last)} leave the failures of the early ones`, async () => {
      const { give, pass, connecting, clock } = startConnecting([]);
      give(["192.0.2.1"]);
      await pass(100);
      give(last);
      await assert.rejects(connecting, { code: "ECONNREFUSED", stage: "connect" });
      assert.equal(clock.timers, 0);
    });
  }

  test("are waited for no longer than resolveTimeoutMs", async () => {
    const { give, pass, connecting, clock, asked } = startConnecting([]);
    give(["192.0.2.1"]);
    await pass(limits.resolveTimeoutMs.value);
    await assert.rejects(connecting, { stage: "connect" });
    assert.ok(asked[0]?.aborted);
    assert.equal(clock.timers, 0);
  });
});
