/** Address blocks: how they are parsed, and which addresses they contain. */
import assert from "node:assert/strict";
import { BlockList } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { isInBlock, parseAddressBlock } from "../../../src/base/address/address-block.ts";

const cases: readonly (readonly [block: string, within: readonly string[], outside: readonly string[]])[] = [
  ["10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0", "::a00:1"]],
  ["192.0.2.1", ["192.0.2.1"], ["192.0.2.0", "192.0.2.2"]],
  ["192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127"]],
  ["0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::", "::1"]],
  ["::/0", ["::", "2001:db8::1"], ["127.0.0.1", "::ffff:127.0.0.1"]],
  ["2001:db8::/33", ["2001:db8:7fff::1"], ["2001:db8:8000::", "2001:db9::"]],
  ["fe80::/10", ["fe80::1", "fe80::1%eth0", "febf::1%2"], ["fec0::"]],
];
for (const [block, within, outside] of cases) {
  test(`${block} holds what begins with its bits, and nothing else`, () => {
    const parsed = parseAddressBlock(block);
    for (const host of within) assert.equal(isInBlock(parsed, host), true, host);
    for (const host of outside) assert.equal(isInBlock(parsed, host), false, host);
  });
}

test("F48: an address matches in every spelling, in the rule and in the client", () => {
  for (const rule of ["127.0.0.0/8", "::ffff:127.0.0.0/104", "::ffff:7f00:0/104"]) {
    for (const host of ["127.0.0.2", "::ffff:127.0.0.2", "::ffff:7f00:2", "0:0:0:0:0:FFFF:7F00:2"]) {
      assert.equal(isInBlock(parseAddressBlock(rule), host), true, `${rule} ${host}`);
    }
  }
  assert.equal(isInBlock(parseAddressBlock("2001:DB8:0::1"), "2001:db8::1"), true);
});

const refused: readonly (readonly [text: string, message: string])[] = [
  ["localhost", '"localhost" is neither an IP address nor a block, as in 10.0.0.0/8'],
  ["", '"" is neither an IP address nor a block, as in 10.0.0.0/8'],
  ["127.1", '"127.1" is neither an IP address nor a block, as in 10.0.0.0/8'],
  ["10.0.0.0/8/8", '"10.0.0.0/8/8" is neither an IP address nor a block, as in 10.0.0.0/8'],
  ["10.0.0.0/", '"10.0.0.0/": the prefix "" is not a number from 0 to 32'],
  ["10.0.0.0/08", '"10.0.0.0/08": the prefix "08" is not a number from 0 to 32'],
  ["10.0.0.0/33", '"10.0.0.0/33": the prefix "33" is not a number from 0 to 32'],
  ["::/129", '"::/129": the prefix "129" is not a number from 0 to 128'],
  ["10.0.0.1/8", '"10.0.0.1/8" has bits behind its prefix: write 10.0.0.0/8'],
  ["2001:db8::1/64", '"2001:db8::1/64" has bits behind its prefix: write 2001:db8::/64'],
  ["::ffff:10.0.0.0/90", '"::ffff:10.0.0.0/90": a prefix of IPv4-mapped addresses is 96 or more'],
  ["fe80::1%eth0", '"fe80::1%eth0" names a zone: leave out what begins with %'],
];
for (const [text, message] of refused) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseAddressBlock(text), { name: "TypeError", message });
  });
}

test("agrees with Node's own BlockList on every address and prefix", () => {
  const ipv4 = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }).map((bytes) => bytes.join("."));
  fc.assert(
    fc.property(ipv4, fc.nat(32), ipv4, (network, prefix, host) => {
      const list = new BlockList();
      list.addSubnet(network, prefix, "ipv4");
      let text = `${network}/${prefix}`;
      try {
        parseAddressBlock(text);
      } catch (error) {
        // Bits are set behind the prefix: the message has the correct block.
        text = /write (\S+)$/.exec((error as Error).message)?.[1] ?? "";
      }
      const block = parseAddressBlock(text);
      assert.equal(isInBlock(block, network), true);
      assert.equal(isInBlock(block, host), list.check(host, "ipv4"));
    }),
    { numRuns: 1_000 },
  );
});
