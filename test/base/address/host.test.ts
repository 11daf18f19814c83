import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHost } from "../../../src/base/address/host.ts";

const label63 = "a".repeat(63);
const name253 = `${label63}.${label63}.${label63}.${"a".repeat(61)}`;

const good: readonly (readonly [text: string, host?: string])[] = [
  ["localhost"],
  ["localhost."],
  ["example.com"],
  ["Example.COM"],
  ["a"],
  ["x-y.z"],
  ["_dmarc._tcp.example.com"],
  ["my_service"],
  ["3com.com"],
  ["1e3"],
  ["1.2.3.4.in-addr.arpa"],
  ["127.0.0.1.nip.io"],
  ["a--b"],
  ["xn--bcher-kva.example"],
  ["0xg"],
  ["dead.beef"],
  [label63],
  [name253],
  [`${name253}.`],
  ["127.0.0.1"],
  ["::1"],
  ["0:0::1", "::1"],
  ["::ffff:7f00:1", "127.0.0.1"],
  ["fe80::1%eth0"],
];

for (const [text, host = text] of good) {
  test(`takes ${text.slice(0, 30)} for a host`, () => {
    assert.equal(parseHost(text), host);
  });
}

const numberHint = /is not an IPv4 address: write four numbers from 0 to 255, without leading zeros$/;
const notAscii = /names are not converted here: write the /;
const badCharacter = /: a name is made of letters, digits, hyphens, underscores and dots$/;

const bad: readonly (readonly [name: string, text: string, message: RegExp])[] = [
  ["an empty host", "", /^host "" is empty/],
  [
    "F48: a shorthand",
    "127.1",
    /^host "127\.1" is not an address in plain form; the system would read it as 127\.0\.0\.1/,
  ],
  ["F48: hexadecimal", "0x7f.1", /read it as 127\.0\.0\.1/],
  ["F48: one number", "2130706433", /read it as 127\.0\.0\.1/],
  ["F48: octal", "0177.0.0.1", /read it as 127\.0\.0\.1/],
  ["F48: octal that looks decimal", "192.168.010.1", /read it as 192\.168\.8\.1/],
  ["F48: zero", "0", /read it as 0\.0\.0\.0/],
  ["F48: a number too large for a part", "256.1.1.1", numberHint],
  ["F48: five parts", "1.2.3.4.5", numberHint],
  ["F48: digits that are not octal", "08.1.1.1", numberHint],
  ["F48: hexadecimal with a zero", "0x10", /read it as 0\.0\.0\.16/],
  ["F48: hexadecimal without digits", "0x", numberHint],
  ["F48: a dotted quad with a dot behind", "127.0.0.1.", numberHint],
  ["F48: a number too large for an address", "4294967296", numberHint],
  ["F48: a name that ends in a number", "example.123", /ends in a number, which a name must not$/],
  ["F48: a name that ends in a hexadecimal number", "example.0x7f", /ends in a number/],
  ["F48: a name that ends in a number and a dot", "example.1.", /ends in a number/],
  ["F48: an empty part before a number", "1..2", /ends in a number/],
  [
    "F49: a NUL before another domain",
    "127.0.0.1\0.evil",
    /^host "127\.0\.0\.1\\x00\.evil" holds "\\x00": a name/,
  ],
  ["F49: a NUL at the end", "localhost\0", badCharacter],
  ["a line feed at the end", "localhost\n", /^host "localhost\\n" holds "\\n"/],
  ["a line feed behind an address", "127.0.0.1\n", /holds "\\n"/],
  ["an escape", "\x1b[31mhost", /holds "\\x1b"/],
  ["a space", "a b", /holds " "/],
  ["a space in front", " localhost", badCharacter],
  ["a tab", "a\tb", badCharacter],
  ["a delete", "a\x7f", badCharacter],
  ["user information", "user@host", /holds "@"/],
  ["a path", "host/path", /holds "\/"/],
  ["a query", "host?x", badCharacter],
  ["a wildcard", "*", badCharacter],
  ["a wildcard name", "*.example.com", badCharacter],
  ["percent-encoding", "%31", badCharacter],
  ["a zone on IPv4", "127.0.0.1%eth0", badCharacter],
  ["a zone on a name", "localhost%eth0", badCharacter],
  ["quotes", '"a"', badCharacter],
  ["a comma", "a,b", badCharacter],
  ["a backslash", "a\\b", badCharacter],
  ["brackets", "[a]", badCharacter],
  ["F50: a look-alike", "ⓛocalhost", /holds "ⓛ" \(U\+24DB\) .* write the ASCII form, "localhost"$/],
  ["F50: a name of another alphabet", "bücher.example", /write the ASCII form, "xn--bcher-kva\.example"$/],
  ["F50: a Cyrillic letter among Latin ones", "gооgle.com", /holds "о" \(U\+043E\) .* "xn--ggle-55da\.com"$/],
  ["F50: an address in circled digits", "①②⑦.0.0.1", /ASCII form, "127\.0\.0\.1"$/],
  ["F50: ideographic full stops", "127。0。0。1", /ASCII form, "127\.0\.0\.1"$/],
  ["F50: full-width letters", "ｌocalhost", notAscii],
  ["F50: a zero-width space", "local\u200bhost", /^host "local\\u200bhost" holds "\\u200b" \(U\+200B\)/],
  [
    "F50: a direction override",
    "moc.\u202eelpmaxe",
    /holds "\\u202e" \(U\+202E\).*write the name in its ASCII form/,
  ],
  ["F50: a no-break space", "a\u00a0b", /\(U\+00A0\)/],
  ["F50: half a surrogate pair", "a\ud800", /holds "\\ud800" \(U\+D800\)/],
  ["F50: an emoji", "😀.example", /\(U\+1F600\)/],
  ["F50: a C1 control", "a\u009bb", /\(U\+009B\)/],
  ["F51: 254 characters", `${name253}a`, /has 254 characters: a name has 253 at most$/],
  [
    "F51: a part of 64 characters",
    `a.${label63}a.b`,
    /has a part of 64 characters: between dots there are 63 at most$/,
  ],
  ["F51: an empty part", "a..b", /has an empty part/],
  ["F51: a dot in front", ".a", /has an empty part/],
  ["F51: two dots behind", "a..", /has an empty part/],
  ["F51: a dot alone", ".", /has an empty part/],
  ["F51: a megabyte", "a".repeat(1_000_000), /…? has 1000000 characters/],
  ["a hyphen in front", "-a.b", /begins or ends with a hyphen/],
  ["a hyphen in front, and a dot behind", "-a.", /begins or ends with a hyphen/],
  ["a hyphen behind", "a.b-", /begins or ends with a hyphen/],
  ["a hyphen before a dot", "a-.b", /begins or ends with a hyphen/],
  ["a hyphen before the last dot", "a-.", /begins or ends with a hyphen/],
  ["an option", "--help", /begins or ends with a hyphen/],
  ["F52: a port", "localhost:80", /is not an IPv6 address$/],
  ["F52: brackets", "[::1]", /is not an IPv6 address$/],
  ["F52: a colon too many", "::1:", /is not an IPv6 address$/],
  ["F52: two runs of zeros", "1::2::3", /is not an IPv6 address$/],
  ["F52: nine groups", "1:2:3:4:5:6:7:8:9", /is not an IPv6 address$/],
  [
    "F52: a zone on an address that is not link-local",
    "::1%eth0",
    /has an invalid zone: only a link-local address or group has one/,
  ],
  ["F52: an empty zone", "fe80::1%", /has an invalid zone/],
  ["F52: a zone with a control character", "fe80::1%\n", /^host "fe80::1%\\n" has an invalid zone/],
];

for (const [name, text, message] of bad) {
  test(`refuses ${name}, saying why`, () => {
    assert.throws(() => parseHost(text), { name: "TypeError", message });
  });
}
