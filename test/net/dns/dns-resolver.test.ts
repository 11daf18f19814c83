/** The resolver that queries name servers itself, with name servers under the control of the test. */
import assert from "node:assert/strict";
import dns from "node:dns";
import { describe, test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createDnsResolver, NetError, type Family } from "../../../src/index.ts";
import { FakeClock } from "../../../src/testing/fake-clock.ts";
import { turnsUntil } from "../../support/turns.ts";

/** The answer of a name server: addresses, the code of its failure, or nothing yet. */
type Says = readonly string[] | string | Promise<string[]>;

function withNameServers(t: TestContext, servers: { readonly A: Says; readonly AAAA: Says }) {
  const clock = new FakeClock();
  const asked: string[] = [];
  const answer = (kind: "A" | "AAAA") => (): Promise<string[]> => {
    asked.push(kind);
    const says = servers[kind];
    if (says === "nothing") return new Promise(() => undefined);
    if (typeof says === "string") return Promise.reject(Object.assign(new Error(says), { code: says }));
    return Promise.resolve(says).then((addresses) => [...addresses]);
  };
  const { prototype } = dns.promises.Resolver;
  t.mock.method(prototype, "resolve4", answer("A"));
  t.mock.method(prototype, "resolve6", answer("AAAA"));
  const cancel = t.mock.method(prototype, "cancel");
  const resolver = createDnsResolver(clock);
  const parts: (readonly string[])[] = [];
  const start = async (name = "host.test", family?: Family, signal = new AbortController().signal) => {
    const answers = resolver(name, family, signal);
    assert.ok(Symbol.asyncIterator in answers);
    for await (const addresses of answers) parts.push(addresses);
    return parts;
  };
  return { clock, asked, cancel, parts, start };
}

function failure(code: string, message: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof NetError, String(error));
    assert.deepEqual([error.code, error.stage, error.message], [code, "resolve", message]);
    return true;
  };
}

/** An answer that the test provides later. */
function lateAnswer() {
  let resolve!: (addresses: string[]) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<string[]>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

const v4 = ["192.0.2.1", "192.0.2.2"];
const v6 = ["2001:db8::1"];

describe("without a query", () => {
  const nobody = { A: "ENOTASKED", AAAA: "ENOTASKED" } as const;

  test("an address stands for itself, in its own family alone", async (t) => {
    const { start, parts, asked } = withNameServers(t, nobody);
    await start("192.0.2.1");
    await start("2001:db8::1", 6);
    assert.deepEqual(parts, [["192.0.2.1"], ["2001:db8::1"]]);
    const refused = failure("ENOTFOUND", "resolve 192.0.2.1: 192.0.2.1 is not an IPv6 address");
    await assert.rejects(start("192.0.2.1", 6), refused);
    assert.deepEqual(asked, []);
  });

  test("a signal that is aborted already is the answer", async (t) => {
    const { start } = withNameServers(t, nobody);
    const aborted = AbortSignal.abort(new Error("enough"));
    for (const name of ["192.0.2.1", "localhost", "a.invalid", "host.test"]) {
      await assert.rejects(start(name, undefined, aborted), { message: "enough" });
    }
  });

  test("a name with a NUL in it is none", async (t) => {
    const { start, asked } = withNameServers(t, nobody);
    await assert.rejects(start("127.0.0.1\0.evil.test"), { code: "ENOTFOUND", stage: "resolve" });
    assert.deepEqual(asked, []);
  });

  test("names that cannot be names do not exist, which no name server is asked for", async () => {
    const resolver = createDnsResolver();
    const neverAborted = new AbortController().signal;
    for (const name of ["a..b", ".a", "a b", `${"x".repeat(64)}.test`, `${"x.".repeat(140)}test`]) {
      const answers = resolver(name, undefined, neverAborted) as AsyncIterable<readonly string[]>;
      await assert.rejects(answers[Symbol.asyncIterator]().next(), (error) => {
        assert.ok(error instanceof NetError, String(error));
        assert.equal(error.code, "ENOTFOUND", name);
        assert.match(error.happened, /^no such name: a label is empty or too long/);
        return true;
      });
    }
  });

  test("names under localhost are this machine", async (t) => {
    const { start, parts, asked } = withNameServers(t, nobody);
    for (const name of ["some.localhost", "some.LOCALHOST."]) await start(name);
    await start("some.localhost", 4);
    await start("some.localhost", 6);
    assert.deepEqual(parts, [["::1", "127.0.0.1"], ["::1", "127.0.0.1"], ["127.0.0.1"], ["::1"]]);
    assert.deepEqual(asked, []);
  });

  for (const name of ["a.invalid", "a.onion", "a.local", "a.alt."]) {
    test(`${name} fails at once`, async (t) => {
      const { start, asked } = withNameServers(t, nobody);
      await assert.rejects(start(name), { code: "ENOTFOUND", message: /\(RFC \d+\)/ });
      assert.deepEqual(asked, []);
    });
  }
});

describe("the name servers", () => {
  test("are asked for both families at once; IPv6 addresses come first", async (t) => {
    const { start, asked, clock } = withNameServers(t, { A: v4, AAAA: v6 });
    assert.deepEqual((await start()).flat(), [...v6, ...v4]);
    assert.deepEqual(asked.toSorted(), ["A", "AAAA"]);
    assert.equal(clock.timers, 0);
  });

  test("are asked only for the family that is wanted", async (t) => {
    const { start, parts, asked } = withNameServers(t, { A: v4, AAAA: v6 });
    await start("host.test", 4);
    await start("host.test", 6);
    assert.deepEqual(parts, [v4, v6]);
    assert.deepEqual(asked, ["A", "AAAA"]);
  });

  for (const servers of [
    { A: v4, AAAA: "ENODATA" },
    { A: v4, AAAA: "ESERVFAIL" },
    { A: "ESERVFAIL", AAAA: v6 },
    { A: "ENOTFOUND", AAAA: v6 },
  ] as const) {
    test(`need not both have addresses: A ${String(servers.A)}, AAAA ${String(servers.AAAA)}`, async (t) => {
      const expected = Array.isArray(servers.A) ? v4 : v6;
      assert.deepEqual(await withNameServers(t, servers).start(), [expected]);
    });
  }

  test("IPv4 addresses wait 50 ms for IPv6 ones, and these still come when they are later", async (t) => {
    const late = lateAnswer();
    const { start, parts, clock } = withNameServers(t, { A: v4, AAAA: late.promise });
    const done = start();
    await turnsUntil(() => clock.timers > 0);
    clock.advance(49);
    await turn();
    assert.deepEqual(parts, []);
    clock.advance(1);
    await turnsUntil(() => parts.length > 0);
    assert.deepEqual(parts, [v4]);
    late.resolve(v6);
    await done;
    assert.deepEqual(parts, [v4, v6]);
    assert.equal(clock.timers, 0);
  });

  test("IPv6 addresses that come within the 50 ms come first", async (t) => {
    const late = lateAnswer();
    const { start, clock } = withNameServers(t, { A: v4, AAAA: late.promise });
    const done = start();
    await turnsUntil(() => clock.timers > 0);
    clock.advance(49);
    late.resolve(v6);
    assert.deepEqual(await done, [[...v6, ...v4]]);
  });

  test("IPv6 addresses do not wait for IPv4 ones, and these still come", async (t) => {
    const late = lateAnswer();
    const { start, parts, clock } = withNameServers(t, { A: late.promise, AAAA: v6 });
    const done = start();
    await turnsUntil(() => parts.length > 0);
    assert.deepEqual(parts, [v6]);
    assert.equal(clock.timers, 0);
    late.resolve(v4);
    assert.deepEqual(await done, [v6, v4]);
  });

  test("a family that fails late takes nothing from the other", async (t) => {
    const late = lateAnswer();
    const { start, parts } = withNameServers(t, { A: late.promise, AAAA: v6 });
    const done = start();
    await turnsUntil(() => parts.length > 0);
    late.reject(Object.assign(new Error("late"), { code: "ETIMEOUT" }));
    assert.deepEqual(await done, [v6]);
  });

  test("are given up when the signal says so", async (t) => {
    const { start, asked, cancel } = withNameServers(t, { A: "nothing", AAAA: "nothing" });
    const controller = new AbortController();
    void start("host.test", undefined, controller.signal).catch(() => undefined);
    await turnsUntil(() => asked.length === 2);
    controller.abort();
    assert.equal(cancel.mock.callCount(), 1);
    await assert.rejects(start("host.test", undefined, controller.signal), { name: "AbortError" });
  });

  for (const [codes, code, says] of [
    [["ESERVFAIL", "ESERVFAIL"], "ESERVFAIL", "the name server could not resolve the name (SERVFAIL)"],
    [["ESERVFAIL", "ENODATA"], "ESERVFAIL", "the name server could not resolve the name (SERVFAIL)"],
    [["ETIMEOUT", "ETIMEOUT"], "ERR_RESOLVE_TIMEOUT", "the name server did not answer (resolveTimeoutMs)"],
    [["ENOTFOUND", "ENOTFOUND"], "ENOTFOUND", "no such name"],
    [["ENODATA", "ENODATA"], "ENOTFOUND", "the name has no address"],
    [["ECONNREFUSED", "ECONNREFUSED"], "EAI_AGAIN", "no name server answered (ECONNREFUSED)"],
    [["ENODATA", "EREFUSED"], "EAI_AGAIN", "no name server answered (EREFUSED)"],
  ] as const) {
    test(`F43, F44: ${codes.join(" and ")} is reported as ${code}`, async (t) => {
      const { start } = withNameServers(t, { A: codes[0], AAAA: codes[1] });
      await assert.rejects(start(), failure(code, `resolve host.test: ${says}`));
    });
  }

  test("a name without an address of the family is reported with the family", async (t) => {
    const { start } = withNameServers(t, { A: v4, AAAA: "ENODATA" });
    const reported = failure("ENOTFOUND", "resolve host.test: the name has no IPv6 address");
    await assert.rejects(start("host.test", 6), reported);
  });
});
