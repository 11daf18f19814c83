/** F45: a name with several addresses, the first of which do not answer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attempt } from "../../src/index.ts";
import { blackHole, noNamespaces } from "./support/namespace.ts";
import { noPython, unless } from "./support/needs.ts";
import { outcomesOf } from "./support/outcomes.ts";

const asksNameServers = true;

const setup = [...blackHole, "ip route add unreachable 10.2.0.0/16"];

const files = {
  "/etc/hosts": [
    "10.9.0.2  first-dead.test all-dead.test two-dead.test",
    "10.9.0.3  two-dead.test",
    "10.2.0.1  all-dead.test",
    "127.0.0.1 first-dead.test two-dead.test",
    "127.0.0.3 all-dead.test",
    "127.0.0.1 slow.test",
    "127.0.0.2 slow.test",
    "",
  ].join("\n"),
};

test(
  "F45: the good address wins over a black hole before it, in the time of a head start",
  unless(noNamespaces),
  async (t) => {
    const options = { connectTimeoutMs: 5_000, attemptDelayMs: 50 };
    const targets = ["first-dead.test:{port}", "two-dead.test:{port}"];
    const outcomes = await outcomesOf(
      t,
      { setup: [...setup, "ip neigh add 10.9.0.3 lladdr 02:00:00:00:00:03 dev near"], files },
      { targets, asksNameServers, options },
    );
    for (const [target, dead] of [
      ["first-dead.test:{port}", ["10.9.0.2"]],
      ["two-dead.test:{port}", ["10.9.0.2", "10.9.0.3"]],
    ] as const) {
      const outcome = outcomes.find((one) => one.target === target);
      assert.deepEqual(
        outcome?.connected && "host" in outcome.connected && outcome.connected.host,
        "127.0.0.1",
      );
      assert.ok((outcome?.tookMs ?? Infinity) < 2_500, `${outcome?.tookMs} ms`);
      const reported =
        outcome?.events
          .filter(({ type }) => type === "attemptEnded")
          .map(({ attempt }) => attempt as Attempt) ?? [];
      const fates = new Map(reported.map((one) => [one.address.split(":")[0], one.outcome]));
      const expected = [
        ...dead.map((address) => [address, "abandoned"] as const),
        ["127.0.0.1", "connected"] as const,
      ];
      assert.deepEqual(fates, new Map(expected));
      assert.equal(outcome?.events.filter(({ type }) => type === "attemptStarted").length, dead.length + 1);
      for (const [index, address] of [...dead, "127.0.0.1"].entries()) {
        const startedMs = reported.find((one) => one.address.startsWith(address))?.startedMs ?? -1;
        assert.ok(startedMs >= index * 50 - 1, `${address} began after ${startedMs} ms`);
      }
    }
  },
);

test("F45: when every address fails, every one is reported", unless(noNamespaces), async (t) => {
  const options = { connectTimeoutMs: 1_000, attemptDelayMs: 50 };
  const [outcome] = await outcomesOf(
    t,
    { setup, files },
    { targets: ["all-dead.test:9"], asksNameServers, options },
  );
  const { error } = outcome ?? {};
  assert.deepEqual(
    error?.attempts.map((one) => [one.address, one.outcome]),
    [
      ["10.9.0.2:9", "ERR_CONNECT_TIMEOUT"],
      ["10.2.0.1:9", "EHOSTUNREACH"],
      ["127.0.0.3:9", "ECONNREFUSED"],
    ],
  );
  assert.deepEqual([error?.code, error?.stage], ["ECONNREFUSED", "connect"], "the one that came nearest");
  assert.equal(
    error?.message,
    "connect all-dead.test:9: 10.9.0.2:9 no answer in 1000 ms, 10.2.0.1:9 no route to that host (EHOSTUNREACH), 127.0.0.3:9 refused (ECONNREFUSED)",
  );
});

test(
  "F45: an address that answers late is not given up because the next one was begun",
  unless(noNamespaces, noPython),
  async (t) => {
    const slow = "python3 test/failures/peers/slow-to-answer.py 127.0.0.1 7 > /dev/null 2>&1";
    const options = { connectTimeoutMs: 10_000, attemptDelayMs: 50 };
    const [outcome] = await outcomesOf(
      t,
      { setup: [slow], files },
      { targets: ["slow.test:7"], asksNameServers, options },
    );
    assert.deepEqual({ ...outcome?.connected }, { family: 4, host: "127.0.0.1", port: 7 });
    const fates = outcome?.events
      .filter(({ type }) => type === "attemptEnded")
      .map(({ attempt }) => [(attempt as Attempt).address, (attempt as Attempt).outcome]);
    assert.deepEqual(fates, [
      ["127.0.0.2:7", "ECONNREFUSED"],
      ["127.0.0.1:7", "connected"],
    ]);
  },
);
