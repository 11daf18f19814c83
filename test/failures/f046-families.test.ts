/** F46: machines with a single address family, and listeners with both. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Listening, Reached } from "./programs/families.ts";
import { inNamespace, noNamespaces, type NamespaceOptions } from "./support/namespace.ts";
import { cannotRun, unless } from "./support/needs.ts";
import { startProgram } from "./support/program.ts";

const noIpv6 =
  noNamespaces ??
  cannotRun("this needs IPv6", ...(inNamespace({}) as [string]), "sh", "-ec", "ip -6 addr | grep ::1");

/** The usual file: it has both addresses, whatever the machine supports. */
const files = { "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n" };

const ipv6Alone = ["ip addr del 127.0.0.1/8 dev lo"];
const ipv4Alone = ["for one in all default lo; do echo 1 > /proc/sys/net/ipv6/conf/$one/disable_ipv6; done"];

async function reach(
  t: TestContext,
  namespace: NamespaceOptions,
  listen: readonly Listening[],
): Promise<Reached[]> {
  const program = startProgram(t, "families", { listen }, { behind: inNamespace({ files, ...namespace }) });
  await program.line("done");
  return program.lines
    .filter(({ type }) => type === "reached")
    .map(({ host, addresses, reached }) => ({ host, addresses, reached }) as Reached);
}

test("F46: on a machine with IPv6 alone", unless(noIpv6), async (t) => {
  assert.deepEqual(
    await reach(t, { setup: ipv6Alone }, [
      { host: "localhost", reach: ["localhost", "::1", "127.0.0.1"] },
      { host: "::", reach: ["localhost", "::1"] },
      { host: "127.0.0.1", reach: [] },
    ]),
    [
      {
        host: "localhost",
        addresses: ["::1"],
        reached: { localhost: "::1", "::1": "::1", "127.0.0.1": "ENETUNREACH" },
      },
      { host: "::", addresses: ["::"], reached: { localhost: "::1", "::1": "::1" } },
      {
        host: "127.0.0.1",
        addresses: "bind 127.0.0.1:0: not an address of this machine (EADDRNOTAVAIL)",
        reached: {},
      },
    ],
  );
});

test("F46: on a machine with IPv4 alone", unless(noIpv6), async (t) => {
  assert.deepEqual(
    await reach(t, { setup: ipv4Alone }, [
      { host: "localhost", reach: ["localhost", "127.0.0.1", "::1"] },
      { host: "0.0.0.0", reach: ["localhost", "127.0.0.1"] },
      { host: "::", reach: ["localhost", "127.0.0.1"] },
      { host: "::1", reach: [] },
    ]),
    [
      {
        host: "localhost",
        addresses: ["127.0.0.1"],
        reached: { localhost: "127.0.0.1", "127.0.0.1": "127.0.0.1", "::1": "EADDRNOTAVAIL" },
      },
      {
        host: "0.0.0.0",
        addresses: ["0.0.0.0"],
        reached: { localhost: "127.0.0.1", "127.0.0.1": "127.0.0.1" },
      },
      { host: "::", addresses: ["::"], reached: { localhost: "127.0.0.1", "127.0.0.1": "127.0.0.1" } },
      { host: "::1", addresses: "bind [::1]:0: not an address of this machine (EADDRNOTAVAIL)", reached: {} },
    ],
  );
});

test("F46: `::` takes both families, and with ipv6Only one", unless(noIpv6), async (t) => {
  assert.deepEqual(
    await reach(t, {}, [
      { host: "::", reach: ["127.0.0.1", "::1", "localhost"] },
      { host: "::", ipv6Only: true, reach: ["127.0.0.1", "::1", "localhost"] },
      { host: "0.0.0.0", reach: ["127.0.0.1", "::1", "localhost"] },
      { host: "localhost", reach: ["127.0.0.1", "::1", "localhost"] },
    ]),
    [
      {
        host: "::",
        addresses: ["::"],
        reached: { "127.0.0.1": "127.0.0.1", "::1": "::1", localhost: "::1" },
      },
      {
        host: "::",
        addresses: ["::"],
        reached: { "127.0.0.1": "ECONNREFUSED", "::1": "::1", localhost: "::1" },
      },
      {
        host: "0.0.0.0",
        addresses: ["0.0.0.0"],
        reached: { "127.0.0.1": "127.0.0.1", "::1": "ECONNREFUSED", localhost: "127.0.0.1" },
      },
      {
        host: "localhost",
        addresses: ["::1", "127.0.0.1"],
        reached: { "127.0.0.1": "127.0.0.1", "::1": "::1", localhost: "::1" },
      },
    ],
  );
});
