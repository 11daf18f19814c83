/**
 * The system resolver where the addon has no thread for it: `dns.lookup` answers instead. For the answers of the system
 * itself see test/failures/f043-name-servers.test.ts and test/interop/names.test.ts.
 */
import assert from "node:assert/strict";
import dns from "node:dns";
import { describe, test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createSystemResolver, NetError, type Family } from "../../../src/index.ts";
import { turnsUntil } from "../../support/turns.ts";

/** Longer than the addon accepts, so that it leaves the name to `dns.lookup`. */
const name = "long.".repeat(400);

function withLookup(t: TestContext, answer: () => Promise<readonly string[]>) {
  const { mock } = t.mock.method(dns.promises, "lookup", () =>
    answer().then((all) => all.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))),
  );
  const resolver = createSystemResolver();
  const resolve = (asked = name, family?: Family, signal = new AbortController().signal) =>
    resolver(asked, family, signal);
  return { mock, resolve };
}

function failing(code: string): () => Promise<never> {
  return () => Promise.reject(Object.assign(new Error(code), { code }));
}

describe("the system's resolver", () => {
  test("asks for both families, or for the one that is wanted, and keeps the order", async (t) => {
    const { mock, resolve } = withLookup(t, () => Promise.resolve(["192.0.2.2", "2001:db8::1", "192.0.2.2"]));
    assert.deepEqual(await resolve(), ["192.0.2.2", "2001:db8::1"]);
    await resolve(name, 4);
    assert.deepEqual(
      mock.calls.map((call) => call.arguments as unknown),
      [
        [name, { all: true, family: 0, verbatim: true }],
        [name, { all: true, family: 4, verbatim: true }],
      ],
    );
  });

  test("queries no server for an address, and for names under localhost", async (t) => {
    const { mock, resolve } = withLookup(t, failing("EAI_FAIL"));
    assert.deepEqual(await resolve("192.0.2.1"), ["192.0.2.1"]);
    assert.deepEqual(await resolve("no.such.localhost", 6), ["::1"]);
    assert.deepEqual(await resolve("no.such.localhost.", 4), ["127.0.0.1"]);
    const refused = { code: "ENOTFOUND", message: "resolve ::1: ::1 is not an IPv4 address" };
    await assert.rejects(resolve("::1", 4), refused);
    assert.equal(mock.callCount(), 0);
  });

  test("F49: queries no server for a name with a NUL in it", async (t) => {
    const { mock, resolve } = withLookup(t, () => Promise.resolve(["127.0.0.1"]));
    await assert.rejects(resolve("127.0.0.1\0.evil.test"), { code: "ENOTFOUND", stage: "resolve" });
    assert.equal(mock.callCount(), 0);
  });

  for (const [thrown, family, code, says] of [
    ["ENOTFOUND", undefined, "ENOTFOUND", "no such name"],
    ["ENOTFOUND", 6, "ENOTFOUND", "no such name, or it has no IPv6 address"],
    ["EAI_NODATA", undefined, "ENOTFOUND", "the name has no address"],
    ["EAI_ADDRFAMILY", 6, "ENOTFOUND", "the name has no IPv6 address"],
    ["EAI_AGAIN", undefined, "EAI_AGAIN", "no name server gave a usable answer (EAI_AGAIN)"],
    ["EAI_FAIL", undefined, "EAI_FAIL", "name resolution failed permanently (EAI_FAIL)"],
    ["EAI_MEMORY", undefined, "EAI_MEMORY", "name resolution ran out of memory (EAI_MEMORY)"],
    ["EMFILE", undefined, "EMFILE", "no descriptors left in this process (EMFILE)"],
    ["EAI_OVERFLOW", undefined, "EAI_OVERFLOW", "the system reports an error (EAI_OVERFLOW)"],
  ] as const) {
    test(`reports ${thrown}${family === undefined ? "" : ` of IPv${family}`} as ${code}`, async (t) => {
      await assert.rejects(withLookup(t, failing(thrown)).resolve(name, family), (error) => {
        assert.ok(error instanceof NetError);
        assert.deepEqual([error.code, error.stage, error.happened], [code, "resolve", says]);
        return true;
      });
    });
  }

  test("rejects at once with a signal that is aborted already, even without a query", async (t) => {
    const { resolve } = withLookup(t, failing("EAI_FAIL"));
    const aborted = AbortSignal.abort(new Error("enough"));
    for (const asked of ["192.0.2.1", "localhost", "a\0b", name]) {
      await assert.rejects(resolve(asked, undefined, aborted), { message: "enough" });
    }
  });

  test("returns at once when it is aborted, also before it begins", async (t) => {
    const { mock, resolve } = withLookup(t, () => new Promise(() => undefined));
    const controller = new AbortController();
    const resolving = resolve(name, undefined, controller.signal);
    controller.abort(new Error("enough"));
    await assert.rejects(resolving, { message: "enough" });
    await assert.rejects(resolve(name, undefined, controller.signal), { message: "enough" });
    await turnsUntil(() => mock.callCount() > 0);
    await turn();
    assert.equal(mock.callCount(), 1, "the one that was aborted before it began has asked");
  });
});
