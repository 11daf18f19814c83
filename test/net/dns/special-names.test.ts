/** Special-use names: localhost, and names that must not be sent to name servers. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { isLocalhost, localhostAddresses, whyNotAsked } from "../../../src/net/dns/special-names.ts";
import { temporaryFolder } from "../../support/folder.ts";

const folder = temporaryFolder();

/** The addresses of a localhost name, with these lines in the hosts file and in gai.conf. */
function addressesWith(hosts: string, order = "", name = "localhost") {
  const files = { hosts: join(folder, "hosts"), order: join(folder, "gai.conf") };
  writeFileSync(files.hosts, hosts);
  writeFileSync(files.order, order);
  return ([undefined, 4, 6] as const).map((family) => localhostAddresses(name, family, files));
}

describe("localhost (RFC 6761, section 6.3)", () => {
  test("is a name of its own, and the last part of others", () => {
    for (const name of ["localhost", "LocalHost", "localhost.", "a.localhost", "a.b.localhost."])
      assert.ok(isLocalhost(name), name);
    for (const name of ["localhosts", "mylocalhost", "localhost.test", "localhost..", ""])
      assert.ok(!isLocalhost(name), name);
  });

  const rows = [
    ["nothing", "", [["::1", "127.0.0.1"], ["127.0.0.1"], ["::1"]]],
    ["IPv4 alone", "127.0.0.1 localhost", [["127.0.0.1"], ["127.0.0.1"], ["::1"]]],
    ["IPv6 alone", "::1 localhost", [["::1"], ["127.0.0.1"], ["::1"]]],
    [
      "both, IPv4 first",
      "127.0.0.1 localhost\n127.0.0.2 localhost\n::1 localhost",
      [["::1", "127.0.0.1", "127.0.0.2"], ["127.0.0.1", "127.0.0.2"], ["::1"]],
    ],
  ] as const;
  for (const [what, hosts, expected] of rows) {
    test(`resolves as the hosts file has it, or to loopback: ${what}`, () => {
      assert.deepEqual(addressesWith(hosts), expected);
      assert.deepEqual(addressesWith(hosts, "", "LOCALHOST."), expected);
    });
  }

  test("is left to the system where that may order it in another way, or names another address", () => {
    const both = "127.0.0.1 localhost\n::1 localhost\n";
    assert.equal(addressesWith(both, "precedence ::ffff:0:0/96 100\n")[0], undefined);
    assert.deepEqual(addressesWith(both, "#precedence ::ffff:0:0/96 100\n")[0], ["::1", "127.0.0.1"]);
    assert.deepEqual(addressesWith("192.0.2.1 localhost\n"), [undefined, undefined, undefined]);
  });

  test("may have names below it in the hosts file", () => {
    assert.deepEqual(addressesWith("127.0.0.9 api.localhost", "", "api.localhost")[0], ["127.0.0.9"]);
    assert.deepEqual(addressesWith("127.0.0.9 api.localhost", "", "web.localhost")[0], ["::1", "127.0.0.1"]);
  });
});

test("names that are not in the DNS are not asked for, and those that only look special are", () => {
  for (const name of ["a.invalid", "INVALID.", "x.onion", "printer.local", "printer.local.", "a.b.alt"])
    assert.match(whyNotAsked(name) ?? "", /\(RFC \d+\)/, name);
  for (const name of [
    "a.test",
    "a.example",
    "box.home.arpa",
    "invalid.test",
    "local.test",
    "onions",
    "constructor",
  ])
    assert.equal(whyNotAsked(name), undefined, name);
});
