/**
 * The same name resolves to the same address in the command, nc, curl and node:net. They run in a namespace with its
 * own hosts file, resolv.conf and name server.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { ReachedBy, ReachSettings } from "../failures/programs/reach-by-name.ts";
import { inNamespace, noNamespaces } from "../failures/support/namespace.ts";
import { cannotRun, unless } from "../failures/support/needs.ts";
import { startProgram } from "../failures/support/program.ts";
import { commandPath } from "../support/command.ts";
import { nc, needs } from "./peers.ts";

const setup = [
  ...["1", "2", "3"].map((last) => `ip -6 addr add fd00:9::${last}/128 dev lo nodad`),
  "ip link add near type veth peer name far",
  "ip link set near up",
  "ip link set far up",
  // node:net asks only for families of which the machine has an address (AI_ADDRCONFIG), not counting loopback
  // addresses.
  "ip addr add 192.0.2.9/24 dev near",
  "ip -6 addr add fe80::9/64 dev near nodad",
];

const noIpv6 = noNamespaces ?? cannotRun("this needs IPv6", ...(inNamespace({ setup }) as [string]), "true");

const hosts = `127.0.0.1 localhost
::1 localhost
127.0.0.12 four.hosts.test
fd00:9::2 six.hosts.test
127.0.0.13 both.hosts.test
fd00:9::3 both.hosts.test
`;

const forty = Array.from({ length: 40 }, (_, index) => `127.0.1.${index + 1}`);
const six = "fd00:9:0:0:0:0:0:1";

const zones: ReachSettings["zones"] = {
  "api.dev": { a: ["127.0.0.66"] },
  "api.dev.corp.test": { a: ["127.0.0.11"] },
  "web.corp.test": { a: ["127.0.0.14"] },
  // Other sources for names of the hosts file: the system does not merge them.
  "four.hosts.test": { aaaa: [six] },
  "six.hosts.test": { a: ["127.0.0.66"] },
  "a.test": { a: ["127.0.0.15"] },
  "aaaa.test": { aaaa: [six] },
  "dual.test": { a: ["127.0.0.16"], aaaa: [six] },
  "late-aaaa.test": { a: ["127.0.0.17"], aaaa: [six], lateMs: { aaaa: 200 } },
  "late-a.test": { a: ["127.0.0.17"], aaaa: ["fd00:9:0:0:0:0:0:99"], lateMs: { a: 200 } },
  "broken-aaaa.test": { a: ["127.0.0.18"], fails: { aaaa: "SERVFAIL" } },
  "broken.test": { rcode: "SERVFAIL" },
  "empty.test": { rcode: "NOERROR" },
  "alias.test": { a: ["127.0.0.19"], cname: "real.test" },
  "forty.test": { a: forty },
  "xn--bcher-kva.test": { a: ["127.0.0.20"] },
  "box.home.arpa": { a: ["127.0.0.21"] },
  "x.invalid": { a: ["127.0.0.66"] },
  "x.localhost": { a: ["127.0.0.66"] },
  "x.onion": { a: ["127.0.0.22"] },
};

/** The address that each program finds for each name. */
const rows: Readonly<Record<string, string>> = {
  "api.dev": "127.0.0.11",
  "api.dev.": "127.0.0.66",
  web: "127.0.0.14",
  "four.hosts.test": "127.0.0.12",
  "six.hosts.test": "fd00:9::2",
  "both.hosts.test": "fd00:9::3",
  "a.test": "127.0.0.15",
  "A.Test": "127.0.0.15",
  "aaaa.test": "fd00:9::1",
  "dual.test": "fd00:9::1",
  "late-aaaa.test": "fd00:9::1",
  "late-a.test": "127.0.0.17",
  "broken-aaaa.test": "127.0.0.18",
  "broken.test": "none",
  "empty.test": "none",
  "missing.test": "none",
  "alias.test": "127.0.0.19",
  "xn--bcher-kva.test": "127.0.0.20",
  "box.home.arpa": "127.0.0.21",
  "127.0.0.23": "127.0.0.23",
  "::1": "::1",
  [`${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(62)}`]: "none",
};

async function reachedBy(t: TestContext, names: readonly string[], options: string): Promise<ReachedBy[]> {
  const files = { "/etc/hosts": hosts, "/etc/resolv.conf": `nameserver 127.0.0.53\n${options}` };
  const program = startProgram(
    t,
    "reach-by-name",
    { names, zones, nc, command: commandPath },
    { behind: inNamespace({ setup, files }) },
  );
  await program.line("done");
  return program.lines.filter(({ type }) => type === "reached") as unknown as ReachedBy[];
}

/** The programs take turns, so there is time for all of them. */
const options = { ...needs(nc, "curl"), ...unless(noIpv6), timeout: 300_000 };
const skip = needs(nc, "curl").skip || options.skip;

test("every name reaches what nc, curl and node:net reach", { ...options, skip }, async (t) => {
  const searching = "search corp.test\noptions ndots:5 timeout:1 attempts:1\n";
  for (const row of await reachedBy(t, Object.keys(rows), searching)) {
    const { name, nc: viaNc, curl, node, portcall, says } = row;
    await t.test(`${name.slice(0, 40)}: ${rows[name] ?? ""}`, () => {
      const expected = rows[name];
      const all = { nc: expected, curl: expected, node: expected, portcall: expected };
      assert.deepEqual({ nc: viaNc, curl, node, portcall }, all, says);
    });
  }
});

test("where the others differ, the rule decides", { ...options, skip }, async (t) => {
  const names = [
    "localhost",
    "LocalHost",
    "x.localhost",
    "x.localhost.",
    "localhost.",
    "x.onion",
    "127.1",
    "0x7f000001",
    "bücher.test",
    "forty.test",
    "fe80::9%near",
  ];
  const found = await reachedBy(t, names, "options timeout:1 attempts:1\n");
  const of = (name: string): ReachedBy => found.find((one) => one.name === name) ?? assert.fail(name);

  await t.test("localhost is what it is for nc and node:net (curl prefers IPv4)", () => {
    for (const name of ["localhost", "LocalHost"]) {
      const { nc: viaNc, node, portcall } = of(name);
      assert.deepEqual([viaNc, node, portcall], ["::1", "::1", "::1"], name);
    }
  });

  await t.test("names under localhost never leave the machine (RFC 6761)", () => {
    assert.equal(of("x.localhost").nc, "127.0.0.66", "nc asks the name server");
    for (const name of ["x.localhost", "x.localhost.", "localhost."]) {
      assert.equal(of(name).portcall, "::1", name);
      assert.deepEqual(of(name).asked, [], name);
    }
  });

  await t.test(
    "names under onion are the system's affair, as for nc (later versions of curl refuse them)",
    () => {
      const { nc: viaNc, portcall } = of("x.onion");
      assert.deepEqual([viaNc, portcall], ["127.0.0.22", "127.0.0.22"]);
    },
  );

  await t.test("numbers that only inet_aton takes are refused, with the address that nc has reached", () => {
    for (const name of ["127.1", "0x7f000001"]) {
      const { nc: viaNc, portcall, says, asked } = of(name);
      assert.deepEqual([viaNc, portcall, asked], ["127.0.0.1", "none", []], name);
      assert.match(
        says,
        new RegExp(`the system would read it as ${viaNc.replaceAll(".", "\\.")}, so write that`),
      );
    }
  });

  await t.test("names of other alphabets are refused, with the ASCII form that curl has reached", () => {
    const { curl, portcall, says, asked } = of("bücher.test");
    assert.ok(["127.0.0.20", "none"].includes(curl), `${curl}: curl may be built without IDN`);
    assert.deepEqual([portcall, asked], ["none", []]);
    assert.match(says, /write the ASCII form, "xn--bcher-kva\.test"/);
  });

  await t.test("of 40 addresses all reach one of them", () => {
    const { nc: viaNc, curl, node, portcall } = of("forty.test");
    for (const address of [viaNc, curl, node, portcall]) assert.ok(forty.includes(address), address);
    assert.equal(portcall, viaNc);
  });

  await t.test("a zone stays with its address", () => {
    const { nc: viaNc, portcall } = of("fe80::9%near");
    assert.match(viaNc, /^fe80::9/);
    assert.equal(portcall, viaNc);
  });
});
