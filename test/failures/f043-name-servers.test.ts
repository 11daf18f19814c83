/**
 * F43, F44: a name server that says no, that fails, that says nothing.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress } from "../../src/index.ts";
import { tcpAddress } from "../../src/base/address.ts";
import { inNamespace, noNamespaces } from "./support/namespace.ts";
import { unless } from "./support/needs.ts";
import { outcomesOf, type Outcome } from "./support/outcomes.ts";
import { startProgram } from "./support/program.ts";

const files = {
  "/etc/resolv.conf": "nameserver 127.0.0.53\noptions timeout:1 attempts:1\n",
  "/etc/hosts": "127.0.0.1 localhost\n127.0.0.1 in-hosts.test # known without asking\n",
};

const zones = {
  "in-dns.test": { a: ["127.0.0.1"] },
  "broken.test": { rcode: "SERVFAIL" },
  "silent.test": { silent: ["a", "aaaa"] as const },
  "empty.test": { rcode: "NOERROR" },
  "half-silent-4.test": { a: ["127.0.0.1"], silent: ["aaaa"] },
  "half-silent-6.test": { aaaa: ["0:0:0:0:0:0:0:1"], silent: ["a"] },
  "refused.test": { rcode: "REFUSED" },
} as const;

const resolveTimeoutMs = 1_000;

const rows = [
  { name: "missing.test", code: "ENOTFOUND", says: "no such name" },
  { name: "broken.test", code: "ESERVFAIL", says: "the name server failed to find out (SERVFAIL)" },
  { name: "silent.test", code: "ERR_RESOLVE_TIMEOUT", says: "no answer in 1000 ms (resolveTimeoutMs)" },
  { name: "empty.test", code: "ENOTFOUND", says: "the name has no address" },
  { name: "refused.test", code: "EAI_AGAIN", says: "no name server could be asked (EAI_AGAIN)" },
] as const;

test(
  "F43: a name that does not exist, a server that fails and one that is silent have three codes",
  unless(noNamespaces),
  async (t) => {
    const targets = rows.map(({ name }) => `${name}:80`);
    const outcomes = await outcomesOf(t, { files }, { targets, zones, options: { resolveTimeoutMs } });
    for (const { name, code, says } of rows) {
      await t.test(`${name}: ${code}`, () => {
        const { error, events = [] } = outcomes.find(({ target }) => target === `${name}:80`) ?? {};
        assert.deepEqual([error?.name, error?.code, error?.stage], ["NetError", code, "resolve"]);
        assert.equal(error?.message, `resolve ${name}: ${says}`);
        assert.deepEqual(
          events.map(({ type }) => type),
          ["resolveStarted", "resolveFailed", "connectFailed"],
        );
      });
    }
  },
);

test("F43: without any name server, that is what it says", unless(noNamespaces), async (t) => {
  const [outcome] = await outcomesOf(t, { files }, { targets: ["name.test:80"] });
  assert.deepEqual([outcome?.error?.code, outcome?.error?.stage], ["EAI_AGAIN", "resolve"]);
  assert.match(outcome?.error?.message ?? "", /^resolve name\.test: no name server could be asked/);
});

test(
  "F44: eight names that a silent server is asked for do not hold up the others",
  unless(noNamespaces),
  async (t) => {
    const dead = Array.from({ length: 8 }, (_, index) => `dead-${index}.test`);
    const good = ["in-hosts.test:{port}", "in-dns.test:{port}", "localhost:{port}"];
    const outcomes = await outcomesOf(
      t,
      { files },
      {
        targets: [...dead.map((name) => `${name}:80`), ...good],
        zones: {
          ...zones,
          ...Object.fromEntries(dead.map((name) => [name, { silent: ["a", "aaaa"] as const }])),
        },
        options: { resolveTimeoutMs: 1_500 },
      },
    );
    const [first, second, third, ...rest] = outcomes;
    assert.deepEqual(new Set([first, second, third].map((one) => one?.target)), new Set(good));
    for (const one of [first, second, third]) {
      assert.deepEqual(one?.connected && "host" in one.connected && one.connected.host, "127.0.0.1");
    }
    assert.equal(rest.length, 8);
    for (const { error, tookMs } of rest) {
      assert.equal(error?.code, "ERR_RESOLVE_TIMEOUT");
      assert.ok(tookMs < 6_000, `one after the other: ${tookMs} ms`);
    }
  },
);

test(
  "F44: a server that answers for one family only is taken at its word, and holds up nobody's end",
  unless(noNamespaces),
  async (t) => {
    for (const [name, host] of [
      ["half-silent-4.test", "127.0.0.1"],
      ["half-silent-6.test", "::1"],
    ] as const) {
      const settings = { targets: [`${name}:9`], zones, leave: true };
      const program = startProgram(t, "connects", settings, { behind: inNamespace({ files }) });
      const { error, tookMs } = (await program.line("outcome")) as unknown as Outcome;
      assert.deepEqual([error?.code, error?.stage], ["ECONNREFUSED", "connect"]);
      assert.equal(error?.attempts[0]?.address, formatAddress(tcpAddress(host, 9)));
      assert.ok(tookMs < 1_900, `${name} took ${tookMs} ms`);
      const beganMs = performance.now();
      await program.ended;
      assert.ok(performance.now() - beganMs < 5_000, "the question without an answer keeps the process");
    }
  },
);

test(
  "F43: a name that the name server does not know, or fails at, may still be known to the system",
  unless(noNamespaces),
  async (t) => {
    const searching = { ...files, "/etc/resolv.conf": `search corp.test\n${files["/etc/resolv.conf"]}` };
    const local = {
      "unknown-alone.corp.test": { a: ["127.0.0.1"] },
      "broken-alone": { rcode: "SERVFAIL" },
      "broken-alone.corp.test": { a: ["127.0.0.1"] },
    } as const;
    const targets = ["unknown-alone:{port}", "broken-alone:{port}"];
    for (const { target, connected } of await outcomesOf(
      t,
      { files: searching },
      { targets, zones: local },
    )) {
      assert.equal(connected?.family, "ipv4", target);
    }
  },
);
