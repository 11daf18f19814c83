import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import * as fc from "fast-check";
import { canonicalHost, ipBytes, ipFamily, meantBySystem } from "../../../src/base/address/ip.ts";

const canonicalForms: readonly (readonly [text: string, family: 4 | 6, host: string])[] = [
  ["127.0.0.1", 4, "127.0.0.1"],
  ["0.0.0.0", 4, "0.0.0.0"],
  ["255.255.255.255", 4, "255.255.255.255"],
  ["::", 6, "::"],
  ["::1", 6, "::1"],
  ["0:0:0:0:0:0:0:1", 6, "::1"],
  ["0000:0000:0000:0000:0000:0000:0000:0000", 6, "::"],
  ["2001:DB8::A", 6, "2001:db8::a"],
  ["2001:0db8::0001", 6, "2001:db8::1"],
  ["2001:db8:0:0:0:0:2:1", 6, "2001:db8::2:1"],
  ["2001:db8::1:1:1:1:1", 6, "2001:db8:0:1:1:1:1:1"],
  ["2001:0:0:1:0:0:0:1", 6, "2001:0:0:1::1"],
  ["2001:db8:0:0:1:0:0:1", 6, "2001:db8::1:0:0:1"],
  ["1::", 6, "1::"],
  ["1:2:3:4:5:6:7::", 6, "1:2:3:4:5:6:7:0"],
  ["::2:3:4:5:6:7:8", 6, "0:2:3:4:5:6:7:8"],
  ["64:ff9b::192.0.2.33", 6, "64:ff9b::c000:221"],
  ["::1.2.3.4", 6, "::102:304"],
  ["1:2:3:4:5:6:1.2.3.4", 6, "1:2:3:4:5:6:102:304"],
  ["::ff:1.2.3.4", 6, "::ff:102:304"],
  ["::ff00:1.2.3.4", 6, "::ff00:102:304"],
  ["100::ffff:1.2.3.4", 6, "100::ffff:102:304"],
  ["::1:ffff:1.2.3.4", 6, "::1:ffff:102:304"],
  ["::ffff:0:1.2.3.4", 6, "::ffff:0:102:304"],
  ["fe80::1%eth0", 6, "fe80::1%eth0"],
  ["FE80:0::1%Eth0.100", 6, "fe80::1%Eth0.100"],
  ["febf::1%2", 6, "febf::1%2"],
  ["fe80::1%br-0_x@7", 6, "fe80::1%br-0_x@7"],
  ["ff02::1%eth0", 6, "ff02::1%eth0"],
  ["FF12:0::FB%eth0", 6, "ff12::fb%eth0"],
  ["ff01::1%lo", 6, "ff01::1%lo"],
];

for (const [text, family, host] of canonicalForms) {
  test(`spells ${text} as ${host} (RFC 5952)`, () => {
    assert.equal(ipFamily(text), family);
    assert.deepEqual(canonicalHost(text), { family, host });
    assert.deepEqual(canonicalHost(host), { family, host });
    assert.deepEqual(ipBytes(text), ipBytes(host));
  });
}

for (const text of ["::ffff:1.2.3.4", "::FFFF:102:304", "0:0:0:0:0:ffff:1.2.3.4", "0::0:ffff:0102:0304"]) {
  test(`P24, F48: ${text} is the IPv4 address 1.2.3.4`, () => {
    assert.equal(ipFamily(text), 6);
    assert.deepEqual(canonicalHost(text), { family: 4, host: "1.2.3.4" });
    assert.deepEqual(ipBytes(text), Uint8Array.of(1, 2, 3, 4));
  });
}

test("gives an address as bytes in network order", () => {
  assert.deepEqual(ipBytes("127.0.0.1"), Uint8Array.of(127, 0, 0, 1));
  assert.deepEqual(ipBytes("::1"), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
  assert.deepEqual(
    ipBytes("fe80::102%eth0"),
    Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2),
  );
  assert.equal(ipBytes("localhost"), undefined);
});

const notAddresses: readonly string[] = [
  ..."localhost 1 1.2 1.2.3 1.2.3.4.5 1.2.3.256 01.2.3.4 1.2.3.04 1.2.3.0x4 1..2.3 .1.2.3.4 1.2.3.4. +1.2.3.4".split(
    " ",
  ),
  ..."127.1 0x7f.1 2130706433 0177.0.0.1 1e1.0.0.1 1.2.3.-4 ٠.0.0.1 １.2.3.4".split(" "),
  ..."1 :: 1 |::1 | ::1|1.2.3.4 |1.2.3.4\n|::1\n|::1\0|".split("|"),
  ..."1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 1:2:3:4:5:6:7:8:: ::1:2:3:4:5:6:7:8 1::2::3 ::: :::1 1::: :".split(" "),
  ..."1: :1 :1:2:3:4:5:6:7 1:2:3:4:5:6:7: 12345:: g:: ::-1 ::0x1 ::１ 1:2:3:4::5:6:7:8".split(" "),
  ..."::1.2.3 ::1.2.3.256 ::01.2.3.4 1.2.3.4:: 1.2.3.4::1 ::1.2.3.4:5 1:2:3:4:5:6:7:1.2.3.4 ::127.1".split(
    " ",
  ),
  ..."[::1] [::1 ::1] ::1%eth0 ::%1 2001:db8::1%eth0 ::ffff:1.2.3.4%eth0 1.2.3.4%eth0".split(" "),
  ..."ff05::2%eth0 ff0e::1%eth0 ff02::1% ff02::1%a%b ff00::1%eth0".split(" "),
  ..."fe80::1% fe80::1%a%b fe80::1%a/b fe80::1%a:b fe80::1%a] fe80::1%a123456789012345 fec0::1%eth0".split(
    " ",
  ),
  ..."fe80::1%\0|fe80::1%a b|fe80::1%\u202e|fe80::1%a\n|fe80::1%\u034f|fe80::1%\ud800|%eth0".split("|"),
];

for (const text of notAddresses) {
  test(`takes ${JSON.stringify(text)} for no IP address`, () => {
    assert.equal(ipFamily(text), undefined);
    assert.equal(ipBytes(text), undefined);
    assert.throws(() => canonicalHost(text), {
      name: "TypeError",
      message: /^host ".*" is not an IP address$/,
    });
  });
}

const shorthands: readonly (readonly [text: string, meant: string | undefined])[] = [
  ["127.1", "127.0.0.1"],
  ["0x7f.1", "127.0.0.1"],
  ["2130706433", "127.0.0.1"],
  ["0177.0.0.1", "127.0.0.1"],
  ["0x7f000001", "127.0.0.1"],
  ["017700000001", "127.0.0.1"],
  ["0X7F.0.1", "127.0.0.1"],
  ["127.0.258", "127.0.1.2"],
  ["10.66051", "10.1.2.3"],
  ["0", "0.0.0.0"],
  ["00", "0.0.0.0"],
  ["4294967295", "255.255.255.255"],
  ["192.168.010.1", "192.168.8.1"],
  ["4294967296", undefined],
  ["256.1", undefined],
  ["1.16777216", undefined],
  ["1.2.65536", undefined],
  ["08.1.1.1", undefined],
  ["0x.1", undefined],
  ["1.2.3.4.5", undefined],
  ["1.2.3.4.0", undefined],
  ["10x1.1", undefined],
  ["0x1g.1", undefined],
  ["1a.1", undefined],
  ["1..2", undefined],
  ["1.", undefined],
  ["", undefined],
  ["a.1", undefined],
  ["0x" + "f".repeat(400), undefined],
];

for (const [text, meant] of shorthands) {
  test(`F48: knows what the system would make of ${text.slice(0, 20)}`, () => {
    assert.equal(meantBySystem(text), meant);
  });
}

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6();

test("agrees with node:net on what is an address", () => {
  const nearly = fc
    .array(
      fc.constantFrom(":", "::", ".", "0", "1", "00", "ffff", "12345", "255", "256", "1.2.3.4", "g", "%"),
      {
        maxLength: 17,
      },
    )
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6, nearly), (text) => {
      const expected = { 0: undefined, 4: 4, 6: 6 }[isIP(text)];
      // Node accepts a zone on any address.
      if (!text.includes("%")) assert.equal(ipFamily(text), expected);
    }),
    { numRuns: 5000 },
  );
});

test("spells an address in one way, as the URL standard does", () => {
  fc.assert(
    fc.property(ipv6, (text) => {
      const { family, host } = canonicalHost(text);
      assert.deepEqual(canonicalHost(host), { family, host });
      assert.deepEqual(ipBytes(host), ipBytes(text));
      if (family === 6) assert.equal(`[${host}]`, new URL(`http://[${text}]/`).hostname);
    }),
    { numRuns: 2000 },
  );
});

test("F48: reads a number as the URL standard does, whatever its form", () => {
  const part = fc.oneof(
    fc.nat(300).map(String),
    fc.nat(300).map((value) => `0x${value.toString(16)}`),
    fc.nat(300).map((value) => `0${value.toString(8)}`),
    fc.nat(2 ** 31 - 1).map(String),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const text = parts.join(".");
      const url = URL.canParse(`http://${text}/`) ? new URL(`http://${text}/`).hostname : undefined;
      assert.equal(meantBySystem(text), url);
    }),
    { numRuns: 2000 },
  );
});
