/** F43, F44: a name server that refuses, fails, or does not answer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inNamespace, noNamespaces } from "./support/namespace.ts";
import { unless } from "./support/needs.ts";
import { outcomesOf, type Outcome } from "./support/outcomes.ts";
import { startProgram } from "./support/program.ts";

/** @param options of resolv.conf; without any, the system waits 5 s for each name server. */
function filesWith(options: string): Readonly<Record<string, string>> {
  return {
    "/etc/resolv.conf": `nameserver 127.0.0.53\n${options}`,
    "/etc/hosts": "127.0.0.1 localhost\n127.0.0.1 in-hosts.test # known without asking\n",
  };
}

const files = filesWith("");

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

const always = [
  { name: "missing.test", code: "ENOTFOUND", says: "no such name" },
  { name: "silent.test", code: "ERR_RESOLVE_TIMEOUT", says: "no answer in 1000 ms (resolveTimeoutMs)" },
  { name: "empty.test", code: "ENOTFOUND", says: "the name has no address" },
] as const;

const unusable = { code: "EAI_AGAIN", says: "no name server gave a usable answer (EAI_AGAIN)" } as const;

const resolvers = [
  {
    resolver: "the system",
    asksNameServers: false,
    rows: [...always, { name: "broken.test", ...unusable }, { name: "refused.test", ...unusable }],
  },
  {
    resolver: "createDnsResolver",
    asksNameServers: true,
    rows: [
      ...always,
      {
        name: "broken.test",
        code: "ESERVFAIL",
        says: "the name server could not resolve the name (SERVFAIL)",
      },
      { name: "refused.test", code: "EAI_AGAIN", says: "no name server answered (EREFUSED)" },
      {
        name: "secret.onion",
        code: "ENOTFOUND",
        says: "names under .onion are Tor's and not in the DNS (RFC 7686): connect through Tor's SOCKS proxy",
      },
    ],
  },
] as const;

for (const { resolver, asksNameServers, rows } of resolvers) {
  test(`F43: what ${resolver} finds out of a name without an address`, unless(noNamespaces), async (t) => {
    const targets = rows.map(({ name }) => `${name}:80`);
    const settings = { targets, zones, asksNameServers, options: { resolveTimeoutMs } };
    const outcomes = await outcomesOf(t, { files }, settings);
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
  });
}

test(
  "F43: a name server that the system gives up on is reported as soon as it does",
  unless(noNamespaces),
  async (t) => {
    const quick = { files: filesWith("options timeout:1 attempts:1\n") };
    const [outcome] = await outcomesOf(t, quick, { targets: ["silent.test:80"], zones });
    assert.equal(outcome?.error?.message, `resolve silent.test: ${unusable.says}`);
  },
);

test("F43: without any name server, that is what it says", unless(noNamespaces), async (t) => {
  const [outcome] = await outcomesOf(t, { files }, { targets: ["name.test:80"] });
  assert.deepEqual([outcome?.error?.code, outcome?.error?.stage], ["EAI_AGAIN", "resolve"]);
  assert.match(outcome?.error?.message ?? "", /^resolve name\.test: no name server gave a usable answer/);
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

const halves = [
  ["half-silent-4.test", "127.0.0.1"],
  ["half-silent-6.test", "::1"],
] as const;

test(
  "F44: a server that is silent for one family: createDnsResolver begins with the other, and leaves nothing behind",
  unless(noNamespaces),
  async (t) => {
    for (const [name, host] of halves) {
      const settings = {
        targets: [`${name}:{port}`],
        zones,
        asksNameServers: true,
        everywhere: true,
        leave: true,
      };
      const program = startProgram(t, "connects", settings, { behind: inNamespace({ files }) });
      const { connected, tookMs } = (await program.line("outcome")) as unknown as Outcome;
      assert.equal(connected && "host" in connected ? connected.host : undefined, host);
      assert.ok(tookMs < 1_900, `${name} took ${tookMs} ms`);
      const beganMs = performance.now();
      await program.ended;
      assert.ok(performance.now() - beganMs < 5_000, "the question without an answer keeps the process");
    }
  },
);

test(
  "F44: a server that is silent for IPv6: the system waits for it, then uses IPv4",
  unless(noNamespaces),
  async (t) => {
    const quick = { files: filesWith("options timeout:1 attempts:1\n") };
    const [outcome] = await outcomesOf(t, quick, { targets: ["half-silent-4.test:{port}"], zones });
    assert.deepEqual(outcome?.connected?.family, 4);
  },
);

test("F44: a process ends at once while a silent server is asked", unless(noNamespaces), async (t) => {
  const settings = { targets: ["silent.test:80"], zones, options: { resolveTimeoutMs: 200 }, leave: true };
  const program = startProgram(t, "connects", settings, { behind: inNamespace({ files }) });
  await program.line("outcome");
  const beganMs = performance.now();
  assert.equal(await program.ended, 0);
  // The system itself continues to query for 10 s.
  assert.ok(performance.now() - beganMs < 4_000, "the look-up that was given up keeps the process");
});
