/** Names into addresses, with name servers that answer what the test wants. */
import assert from "node:assert/strict";
import dns from "node:dns";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { connect, createSystemResolver, limits, NetError, serve, type Family } from "../../src/index.ts";
import { lookUpHostsFile } from "../../src/net/hosts-file.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { turnsUntil } from "../support/turns.ts";
import { simulateNetwork } from "../../src/testing/simulated-network.ts";

const name = "host.test";

/** What a name server says: addresses, the code of its failure, or nothing ever. */
type Says = readonly string[] | string;

interface NameServers {
  readonly A: Says;
  readonly AAAA: Says;
  /** The system's own look-up. */
  readonly system?: Says;
}

interface Asked {
  readonly clock: FakeClock;
  readonly questions: string[];
  readonly resolve: (family?: Family, signal?: AbortSignal, asked?: string) => Promise<readonly string[]>;
}

function withNameServers(t: TestContext, servers: NameServers): Asked {
  const clock = new FakeClock();
  const questions: string[] = [];
  const answer = (kind: keyof NameServers) => (): Promise<string[]> => {
    questions.push(kind);
    const says = servers[kind] ?? assert.fail(`nobody was to be asked for ${kind}`);
    if (says === "nothing") return new Promise(() => undefined);
    if (typeof says !== "string") return Promise.resolve([...says]);
    return Promise.reject(Object.assign(new Error(says), { code: says }));
  };
  const { prototype } = dns.promises.Resolver;
  t.mock.method(prototype, "resolve4", answer("A"));
  t.mock.method(prototype, "resolve6", answer("AAAA"));
  t.mock.method(dns.promises, "lookup", () =>
    answer("system")().then((all) =>
      all.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    ),
  );
  const resolver = createSystemResolver(clock);
  return {
    clock,
    questions,
    resolve: (family, signal = new AbortController().signal, asked = name) => resolver(asked, family, signal),
  };
}

function failure(code: string, message: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof NetError, String(error));
    assert.deepEqual([error.code, error.stage, error.message], [code, "resolve", message]);
    return true;
  };
}

describe("without asking anybody", () => {
  const nobody = { A: "ENOTASKED", AAAA: "ENOTASKED" } as const;

  test("an address stands for itself", async (t) => {
    const { resolve, questions } = withNameServers(t, nobody);
    for (const address of ["192.0.2.1", "2001:db8::1"]) {
      assert.deepEqual(await resolve(undefined, undefined, address), [address]);
    }
    assert.deepEqual(await resolve(4, undefined, "192.0.2.1"), ["192.0.2.1"]);
    assert.deepEqual(questions, []);
  });

  test("an address of the other family is none", async (t) => {
    const { resolve } = withNameServers(t, nobody);
    const told = failure("ENOTFOUND", "resolve 192.0.2.1: 192.0.2.1 is not an IPv6 address");
    await assert.rejects(resolve(6, undefined, "192.0.2.1"), told);
  });

  test("names under localhost are this machine, in both families (RFC 6761)", async (t) => {
    const { resolve, questions } = withNameServers(t, nobody);
    for (const local of ["some.localhost", "some.LOCALHOST", "some.localhost."]) {
      assert.deepEqual(await resolve(undefined, undefined, local), ["::1", "127.0.0.1"]);
      assert.deepEqual(await resolve(4, undefined, local), ["127.0.0.1"]);
      assert.deepEqual(await resolve(6, undefined, local), ["::1"]);
    }
    assert.deepEqual(questions, []);
  });
});

describe("the hosts file", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcall-hosts-"));
  after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "hosts");
  writeFileSync(
    path,
    `# comment with host.test
127.0.0.1 localhost
192.0.2.1\thost.test   other.test # not.test
2001:db8::1  HOST.test
not-an-address host.test
192.0.2.9 hosts.test
`,
  );

  test("gives the addresses of a name in its order, whatever its letters' case", async () => {
    assert.deepEqual(await lookUpHostsFile("host.test", path), ["192.0.2.1", "2001:db8::1"]);
    assert.deepEqual(await lookUpHostsFile("Other.Test", path), ["192.0.2.1"]);
  });

  test("knows nothing of comments, of parts of names, and of addresses as names", async () => {
    for (const unknown of ["not.test", "comment", "host", "test", "192.0.2.1", "#"]) {
      assert.deepEqual(await lookUpHostsFile(unknown, path), [], unknown);
    }
  });

  test("is empty where there is none", async () => {
    assert.deepEqual(await lookUpHostsFile("host.test", join(folder, "none")), []);
  });
});

describe("the name servers", () => {
  const v4 = ["192.0.2.1", "192.0.2.2"];
  const v6 = ["2001:db8::1"];

  test("are asked for both families at once; IPv6 addresses come first", async (t) => {
    const { resolve, questions, clock } = withNameServers(t, { A: v4, AAAA: v6 });
    assert.deepEqual(await resolve(), [...v6, ...v4]);
    assert.deepEqual(questions.toSorted(), ["A", "AAAA"]);
    assert.equal(clock.timers, 0);
  });

  test("are asked only for the family that is wanted", async (t) => {
    const { resolve, questions } = withNameServers(t, { A: v4, AAAA: v6 });
    assert.deepEqual(await resolve(4), v4);
    assert.deepEqual(await resolve(6), v6);
    assert.deepEqual(questions, ["A", "AAAA"]);
  });

  test("need not both answer", async (t) => {
    assert.deepEqual(await withNameServers(t, { A: v4, AAAA: "ENODATA" }).resolve(), v4);
  });

  test("need not both answer, the other way round", async (t) => {
    assert.deepEqual(await withNameServers(t, { A: "ESERVFAIL", AAAA: v6 }).resolve(), v6);
  });

  for (const [silent, servers, expected] of [
    ["IPv6", { A: v4, AAAA: "nothing" }, v4],
    ["IPv4", { A: "nothing", AAAA: v6 }, v6],
  ] as const) {
    test(`one that is silent for ${silent} is waited for 50 ms, no longer (RFC 8305, section 3)`, async (t) => {
      const { resolve, clock } = withNameServers(t, servers);
      const found: (readonly string[])[] = [];
      void resolve().then((addresses) => found.push(addresses));
      await turnsUntil(() => clock.timers > 0);
      clock.advance(49);
      await turn();
      assert.deepEqual(found, []);
      clock.advance(1);
      await turn();
      assert.deepEqual(found, [expected]);
    });
  }

  test("are given up when the signal says so", async (t) => {
    const { resolve, questions } = withNameServers(t, { A: "nothing", AAAA: "nothing" });
    const { mock } = t.mock.method(dns.promises.Resolver.prototype, "cancel");
    const controller = new AbortController();
    void resolve(undefined, controller.signal).catch(() => undefined);
    await turnsUntil(() => questions.length === 2);
    controller.abort();
    assert.equal(mock.callCount(), 1);
    await assert.rejects(resolve(undefined, controller.signal), { name: "AbortError" });
  });

  test("F44: one that fails is told as that", async (t) => {
    const { resolve } = withNameServers(t, { A: "ESERVFAIL", AAAA: "ESERVFAIL" });
    await assert.rejects(
      resolve(),
      failure("ESERVFAIL", "resolve host.test: the name server failed to find out (SERVFAIL)"),
    );
  });

  test("F44: one that does not answer is told as that", async (t) => {
    const { resolve } = withNameServers(t, { A: "ETIMEOUT", AAAA: "ETIMEOUT" });
    await assert.rejects(
      resolve(),
      failure("ERR_RESOLVE_TIMEOUT", "resolve host.test: the name server did not answer (resolveTimeoutMs)"),
    );
  });

  test("who know nothing leave it to the system, which knows search domains and the like", async (t) => {
    const { resolve, questions } = withNameServers(t, { A: "ENOTFOUND", AAAA: "ENOTFOUND", system: v4 });
    assert.deepEqual(await resolve(), v4);
    assert.equal(questions.at(-1), "system");
  });

  test("a name that nobody knows is told as that", async (t) => {
    const { resolve } = withNameServers(t, { A: "ENOTFOUND", AAAA: "ENOTFOUND", system: "ENOTFOUND" });
    await assert.rejects(resolve(), failure("ENOTFOUND", "resolve host.test: no such name"));
  });

  test("a name without an address of the family is told as that", async (t) => {
    const { resolve } = withNameServers(t, { A: v4, AAAA: "ENODATA", system: "ENOTFOUND" });
    await assert.rejects(resolve(6), failure("ENOTFOUND", "resolve host.test: the name has no IPv6 address"));
  });

  test("a system that cannot ask is told as that", async (t) => {
    const { resolve } = withNameServers(t, { A: "ECONNREFUSED", AAAA: "ECONNREFUSED", system: "EAI_AGAIN" });
    await assert.rejects(
      resolve(),
      failure("EAI_AGAIN", "resolve host.test: no name server could be asked (EAI_AGAIN)"),
    );
  });
});

describe("resolveTimeoutMs", () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const told = {
    code: "ERR_RESOLVE_TIMEOUT",
    stage: "resolve",
    message: "resolve host.test: no answer in 5000 ms (resolveTimeoutMs)",
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
    const rejected = assert.rejects(connecting, told);
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
      told,
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
      told,
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

test("a resolver's own failure is told as it is, and as an event", async () => {
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
