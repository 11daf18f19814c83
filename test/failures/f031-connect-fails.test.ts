/** F31, F32: the ways in which connecting fails, each with its own code. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { noNamespaces, blackHole } from "./support/namespace.ts";
import { unless } from "./support/needs.ts";
import { outcomesOf } from "./support/outcomes.ts";

const connectTimeoutMs = 600;

const rows = [
  { address: "127.0.0.1:9", code: "ECONNREFUSED", says: "refused (ECONNREFUSED)" },
  { address: "10.9.0.2:9", code: "ERR_CONNECT_TIMEOUT", says: "no answer in 600 ms (connectTimeoutMs)" },
  { address: "10.2.0.1:9", code: "EHOSTUNREACH", says: "no route to that host (EHOSTUNREACH)" },
  { address: "10.3.0.1:9", code: "EACCES", says: "permission denied (EACCES)" },
  { address: "10.4.0.1:9", code: "ENETUNREACH", says: "no route to that network (ENETUNREACH)" },
  { address: "10.5.0.1:9", code: "EINVAL", says: "the system refuses that address (EINVAL)" },
  { address: "[::1]:9", code: "ECONNREFUSED", says: "refused (ECONNREFUSED)" },
  { address: "[fd00:9::2]:9", code: "ERR_CONNECT_TIMEOUT", says: "no answer in 600 ms (connectTimeoutMs)" },
] as const;

test(
  "F31: refused, black hole, unreachable, prohibited, no route: each has its own code and words",
  unless(noNamespaces),
  async (t) => {
    const setup = [
      ...blackHole,
      "ip route add unreachable 10.2.0.0/16",
      "ip route add prohibit 10.3.0.0/16",
      // Unlike a real one, which does not answer, the kernel's own black hole reports an error at once.
      "ip route add blackhole 10.5.0.0/16",
    ];
    const targets = rows.map(({ address }) => address);
    const outcomes = await outcomesOf(t, { setup }, { targets, options: { connectTimeoutMs } });
    for (const { address, code, says } of rows) {
      await t.test(`${address}: ${code}`, () => {
        const { error, tookMs = 0 } = outcomes.find(({ target }) => target === address) ?? {};
        assert.deepEqual([error?.name, error?.code, error?.stage], ["NetError", code, "connect"]);
        assert.equal(error?.message, `connect ${address}: ${says}`);
        assert.deepEqual(
          error?.attempts.map((one) => [one.address, one.outcome]),
          [[address, code]],
        );
        if (code === "ERR_CONNECT_TIMEOUT")
          assert.ok(tookMs >= connectTimeoutMs - 1, `given up after ${tookMs} ms`);
      });
    }
  },
);

test(
  "F32: a connection to a free port of the ephemeral range does not reach itself",
  unless(noNamespaces),
  async (t) => {
    const setup = ["echo 40000 40003 > /proc/sys/net/ipv4/ip_local_port_range"];
    const targets = ["127.0.0.1:40000", "127.0.0.1:40001", "[::1]:40002", "[::1]:40003"];
    const outcomes = await outcomesOf(t, { setup }, { targets, times: 40 });
    assert.equal(outcomes.length, 160);
    const codes = outcomes.map(({ error }) => error?.code ?? "connected");
    t.diagnostic(
      JSON.stringify(
        Object.fromEntries(
          [...new Set(codes)].map((code) => [code, codes.filter((one) => one === code).length]),
        ),
      ),
    );
    assert.ok(codes.includes("ERR_SELF_CONNECTED"), "it happened");
    const others = codes.filter((code) => code !== "ERR_SELF_CONNECTED" && code !== "ECONNREFUSED");
    assert.deepEqual(others, []);
    const self = outcomes.find(({ error }) => error?.code === "ERR_SELF_CONNECTED");
    assert.equal(
      self?.error?.message,
      `connect ${self?.target}: the connection reached itself: nothing listens there`,
    );
  },
);
