import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  canonicalAddress,
  formatAddress,
  formatTarget,
  parseHostPort,
  parsePort,
  parseTarget,
  parseUnixPath,
  tcpAddress,
  type Address,
  type Target,
  type TargetOptions,
} from "../../../src/base/address/address.ts";
import { replaceHidden } from "../../../src/base/text/quote.ts";

const listening: TargetOptions = { listening: true };

const datagrams: TargetOptions = { scheme: "udp" };

function udp(host: string, port: number): Target {
  return { scheme: "udp", host, port };
}

function tls(host: string, port: number): Target {
  return { scheme: "tls", host, port };
}

function tcp(host: string, port: number): Target {
  return { scheme: "tcp", host, port };
}

function unix(path: string): Target {
  return { scheme: "unix", path };
}

/** Where the host ends and the port begins, and texts that are not targets. */
const targets: readonly (readonly [text: string, expected: Target | RegExp, options?: TargetOptions])[] = [
  ["localhost:80", tcp("localhost", 80)],
  ["example.com.:65535", tcp("example.com.", 65535)],
  ["127.0.0.1:1", tcp("127.0.0.1", 1)],
  ["[::1]:80", tcp("::1", 80)],
  ["[::]:80", tcp("::", 80)],
  ["[0:0:0:0:0:0:0:1]:80", tcp("::1", 80)],
  ["[2001:DB8::1]:443", tcp("2001:db8::1", 443)],
  ["[::ffff:127.0.0.1]:80", tcp("127.0.0.1", 80)],
  ["[::ffff:7f00:1]:80", tcp("127.0.0.1", 80)],
  ["[fe80::1%eth0]:80", tcp("fe80::1%eth0", 80)],
  ["[ff02::1%eth0]:80", tcp("ff02::1%eth0", 80)],
  ["tcp://localhost:80", tcp("localhost", 80)],
  ["tls://localhost:443", tls("localhost", 443)],
  ["TLS://[::1]:443", tls("::1", 443)],
  ["tls://localhost", /no port: write host:port/],
  ["TCP://localhost:80", tcp("localhost", 80)],
  ["tcp://[::1]:80", tcp("::1", 80)],
  ["tcp:80", tcp("tcp", 80)],
  ["http:80", tcp("http", 80)],
  ["tcp://unix:80", tcp("unix", 80)],
  [":8888", tcp("127.0.0.1", 8888), listening],
  [":0", tcp("127.0.0.1", 0), listening],
  ["tcp://:8888", tcp("127.0.0.1", 8888), listening],
  ["udp://localhost:53", udp("localhost", 53)],
  ["UDP://[::1]:53", udp("::1", 53)],
  ["udp://:53", udp("127.0.0.1", 53), listening],
  ["udp://unix:53", udp("unix", 53)],
  ["localhost:53", udp("localhost", 53), datagrams],
  ["tcp://localhost:53", tcp("localhost", 53), datagrams],
  ["localhost:0", tcp("localhost", 0), listening],
  ["0.0.0.0:8888", tcp("0.0.0.0", 8888), listening],
  ["[::]:0", tcp("::", 0), listening],
  ["unix:/run/x.sock", unix("/run/x.sock")],
  ["unix:///run/x.sock", unix("/run/x.sock")],
  ["UNIX:/x", unix("/x")],
  ["unix:x.sock", unix("x.sock")],
  ["unix:./80", unix("./80")],
  ["unix:123456", unix("123456")],
  ["unix:@name", unix("@name")],
  ["unix:./@name", unix("./@name")],
  ["unix:@a:b/c d", unix("@a:b/c d")],
  ["unix:localhost:80", unix("localhost:80")],
  ["unix:/tmp/[::1]:80", unix("/tmp/[::1]:80")],
  ["unix:/tmp/grüße\u200c", unix("/tmp/grüße\u200c")],

  ["", /^target "" has no port: write host:port$/],
  ["localhost", /has no port: write host:port$/],
  ["127.0.0.1", /has no port/],
  ["80", /^target "80" has no host: write host:80$/],
  ["80", /has no host: write host:80$/, listening],
  [":80", /^target ":80" has no host: write host:80$/],
  ["tcp://:80", /has no host/],
  [":", /^port "" is not a number from 1 to 65535$/],
  ["localhost:", /^port "" is not/],
  [":", /^port "" is not a number from 0 to 65535$/, listening],
  ["localhost:http", /^port "http" is not a number from 1 to 65535$/],
  ["localhost:80x", /^port "80x" is not/],
  ["localhost:0", /^port "0" is not a number from 1 to 65535 \(0, any free port, is for listening\)$/],
  ["localhost :80", /^host "localhost " holds " "/],
  ["localhost: 80", /^port " 80" is not/],
  ["localhost:80 ", /^port "80 " is not/],
  [" localhost:80", /^host " localhost" holds/],
  ["localhost 80", /has no port/],
  ["::1", /^target "::1" is an IPv6 address without brackets: write \[::1\]:port$/],
  ["::1:80", /^target "::1:80" is an IPv6 address without brackets: write \[::1\]:80 or \[::1:80\]:port$/],
  ["::", /write \[::\]:port$/],
  [":::80", /write \[::\]:80$/],
  ["fe80::1%eth0:80", /write \[fe80::1%eth0\]:80$/],
  ["2001:db8::1", /write \[2001:db8::1\]:port$/],
  ["1:2:3:4:5:6:7:8:80", /write \[1:2:3:4:5:6:7:8\]:80$/],
  ["::ffff:127.0.0.1:80", /write \[::ffff:127\.0\.0\.1\]:80$/],
  ["::1:http", /more than one colon$/],
  ["a:b:80", /^target "a:b:80" is not host:port: it has more than one colon$/],
  ["localhost:80:80", /more than one colon$/],
  ["127.0.0.1:80:81", /more than one colon$/],
  ["localhost::80", /more than one colon$/],
  ["::80", /is an IPv6 address without brackets/, listening],
  ["[::1]", /^target "\[::1\]" has no port behind the bracket: write \[::1\]:80$/],
  ["[::1]80", /has no port behind the bracket/],
  ["[::1]:", /^port "" is not/],
  ["[::1]:80:81", /^port "80:81" is not/],
  ["[::1]]:80", /has no port behind the bracket/],
  ["[[::1]]:80", /^host "\[::1" is not an IPv6 address$/],
  ["[::1:80", /has no closing bracket: write \[::1\]:80$/],
  ["::1]:80", /more than one colon$/],
  ["[]:80", /^host "\[\]" has brackets, which are for IPv6 addresses/],
  ["[localhost]:80", /has brackets, which are for IPv6 addresses, as in \[::1\]$/],
  ["[127.0.0.1]:80", /has brackets/],
  ["[::1%eth0]:80", /has an invalid zone/],
  ["[::1 ]:80", /^host "::1 " is not an IPv6 address$/],
  [" [::1]:80", /more than one colon$/],
  ["x[::1]:80", /more than one colon$/],
  ["tcp://", /^target "tcp:\/\/" has no port/],
  ["tcp://localhost", /has no port/],
  ["tcp://localhost:80/", /^port "80\/" is not/],
  ["tcp://localhost:80/path", /^port "80\/path" is not/],
  ["tcp://user@localhost:80", /holds "@"/],
  ["tcp:localhost:80", /more than one colon$/],
  ["tcp:/localhost:80", /more than one colon$/],
  ["tcp:///localhost:80", /^host "\/localhost" holds "\/"/],
  ["tcp://tcp://localhost:80", /more than one colon$/],
  [
    "http://localhost:80",
    /^target "http:\/\/localhost:80" asks for "http", which is not supported: write tcp:\/\/host:port, tls:\/\/host:port, udp:\/\/host:port or unix:\/path$/,
  ],
  ["HTTPS://localhost", /asks for "HTTPS"/],
  ["file:///etc/passwd", /asks for "file"/],
  ["://localhost:80", /more than one colon$/],
  ["1x://localhost:80", /more than one colon$/],
  ["127.1:80", /^host "127\.1" .* read it as 127\.0\.0\.1/],
  ["0x7f.1:80", /read it as 127\.0\.0\.1/],
  ["2130706433:80", /read it as 127\.0\.0\.1/],
  ["0177.0.0.1:80", /read it as 127\.0\.0\.1/],
  ["127.0.0.1\0.evil:80", /^host "127\.0\.0\.1\\x00\.evil" holds/],
  ["ⓛocalhost:80", /ASCII form, "localhost"$/],
  ["*:80", /holds "\*"/, listening],
  ["unix:", /^path "" is empty: write a path, or @name for an abstract socket$/],
  ["unix:@", /^path "@" is empty/],
  ["unix:80", /^target "unix:80" could be a host or a file: write tcp:\/\/unix:80 or unix:\.\/80$/],
  ["unix:8", /write tcp:\/\/unix:8 or unix:\.\/8$/],
  ["unix:65535", /write tcp:\/\/unix:65535 or/],
  ["unix://x/y", /^target "unix:\/\/x\/y" has two slashes, which name a host: write unix:\/path$/],
  ["unix://", /has two slashes/],
  ["unix:/a\0b", /^path "\/a\\x00b" holds "\\x00", which cannot stand in a path here$/],
  ["unix :/x", /^port "\/x" is not/],
];

for (const [text, expected, options] of targets) {
  const how = options === undefined ? "" : ", for listening";
  if (expected instanceof RegExp) {
    test(`F52: refuses the target ${JSON.stringify(text)}${how}`, () => {
      assert.throws(() => parseTarget(text, options), { name: "TypeError", message: expected });
    });
  } else {
    test(`F52: reads the target ${JSON.stringify(text)}${how}`, () => {
      assert.deepEqual(parseTarget(text, options), expected);
    });
  }
}

test("F52: the table of host:port has 60 rows at least", () => {
  assert.ok(targets.length >= 60, `${targets.length} rows`);
});

const words: readonly (readonly [
  host: string,
  port: string,
  expected: Target | RegExp,
  options?: TargetOptions,
])[] = [
  ["localhost", "80", tcp("localhost", 80)],
  ["::1", "80", tcp("::1", 80)],
  ["[::1]", "80", tcp("::1", 80)],
  ["::1:80", "80", tcp("::1:80", 80)],
  ["fe80::1%eth0", "80", tcp("fe80::1%eth0", 80)],
  ["[fe80::1%eth0]", "80", tcp("fe80::1%eth0", 80)],
  ["::ffff:10.0.0.1", "80", tcp("10.0.0.1", 80)],
  ["0.0.0.0", "0", tcp("0.0.0.0", 0), listening],
  ["", "80", /^host "" is empty/],
  ["", "80", /^host "" is empty/, listening],
  ["localhost:80", "80", /is not an IPv6 address/],
  ["[localhost]", "80", /has brackets/],
  ["[127.0.0.1]", "80", /has brackets/],
  ["[]", "80", /has brackets/],
  ["[[::1]]", "80", /is not an IPv6 address/],
  ["x[::1]", "80", /is not an IPv6 address/],
  ["[::1]x", "80", /is not an IPv6 address/],
  ["[::1", "80", /is not an IPv6 address/],
  ["[::1]\n", "80", /is not an IPv6 address/],
  ["[\n]", "80", /^host "\[\\n\]" has brackets/],
  ["tcp://localhost", "80", /is not an IPv6 address/],
  ["localhost", "", /^port "" is not/],
  ["localhost", ":80", /^port ":80" is not/],
  ["localhost", "0", /is for listening/],
];

for (const [host, port, expected, options] of words) {
  test(`F52: tells what ${JSON.stringify(host)} and ${JSON.stringify(port)} are as two words`, () => {
    if (expected instanceof RegExp) {
      assert.throws(() => parseHostPort(host, port, options), { name: "TypeError", message: expected });
    } else {
      assert.deepEqual(parseHostPort(host, port, options), expected);
    }
  });
}

test("F53: takes each port from 1 to 65535, and 0 for listening", () => {
  for (let port = 1; port <= 65535; port += 1) assert.equal(parsePort(String(port)), port);
  assert.equal(parsePort("0", listening), 0);
  assert.equal(parsePort("80", listening), 80);
});

const badPorts: readonly string[] = [
  ..."0x50|1e3| 80 |80\n|080|-0|65536|٨٠|\t80|80\r|+80|-80|80.0|80.|.8|8 0|8_0|0b1|0o7|80n|0080|00|000000|01".split(
    "|",
  ),
  ..."99999|100000|65537|4294967376|18446744073709551696|1e400|NaN|Infinity|null|undefined|true|http|80x|x80".split(
    "|",
  ),
  ..."８０|八十|²|80\0|\0|80\u200b|\u202e08|\ufeff80|[80]|80,81|80-90|80;81|$(80)|%38%30|0x|x|-|+|".split(
    "|",
  ),
];

for (const text of badPorts) {
  test(`F53: refuses the port ${JSON.stringify(text)}`, () => {
    assert.throws(() => parsePort(text), {
      name: "TypeError",
      message: /^port ".*" is not a number from 1 to 65535/,
    });
    assert.throws(() => parsePort(text, listening), {
      name: "TypeError",
      message: /^port ".*" is not a number from 0 to 65535/,
    });
  });
}

test("F53: gives a hint only where it fits", () => {
  for (const text of badPorts.filter((port) => !/^0[0-9]+$/.test(port))) {
    assert.throws(() => parsePort(text), { message: / is not a number from 1 to 65535$/ });
  }
});

test("F53: says what is wrong with a port that looks like a number", () => {
  assert.throws(() => parsePort("080"), {
    message: 'port "080" is not a number from 1 to 65535: write it without leading zeros',
  });
});

test("takes a Unix path of 107 bytes, and an abstract name of 107", () => {
  assert.equal(parseUnixPath(`/${"a".repeat(106)}`).length, 107);
  assert.equal(parseUnixPath(`@${"a".repeat(107)}`).length, 108);
  assert.equal(parseUnixPath(`${"ü".repeat(53)}a`).length, 54);
  assert.equal(parseUnixPath("//run//x"), "/run//x");
  assert.equal(parseUnixPath("a//b"), "a//b");
  assert.equal(parseUnixPath("8"), "./8");
  assert.equal(parseUnixPath("80"), "./80");
});

const badPaths: readonly (readonly [name: string, path: string, message: RegExp])[] = [
  ["empty", "", /^path "" is empty/],
  ["an empty abstract name", "@", /^path "@" is empty/],
  ["108 bytes", `/${"a".repeat(107)}`, /has 108 bytes: a Unix socket's has 107 at most$/],
  ["108 bytes of an abstract name", `@${"a".repeat(108)}`, /has 108 bytes/],
  ["108 bytes in 54 characters", "ü".repeat(54), /has 108 bytes/],
  ["a NUL", "/tmp/a\0", /holds "\\x00"/],
  ["a NUL in an abstract name", "@a\0b", /holds "\\x00"/],
  ["a line feed", "/tmp/a\nb", /holds "\\n"/],
  ["an escape", "\x1b[31m", /holds "\\x1b"/],
  ["a C1 control", "/tmp/\u009b", /holds "\\x9b"/],
  ["a line separator", "/tmp/\u2028", /holds "\\u2028"/],
  ["half a surrogate pair", "/tmp/\ud800", /holds "\\ud800"/],
];

for (const [name, path, message] of badPaths) {
  test(`refuses a Unix path: ${name}`, () => {
    assert.throws(() => parseUnixPath(path), { name: "TypeError", message });
  });
}

test("refuses what is not a string, as JavaScript may hand it over", () => {
  const values: readonly (readonly [value: unknown, kind: string])[] = [
    [undefined, "undefined"],
    [null, "null"],
    [80, "80"],
    [{}, "an Object"],
    [["80"], "an Array"],
  ];
  for (const [anything, kind] of values) {
    const value = anything as string;
    const message = new RegExp(`^\\w+: ${kind} is not a string$`);
    assert.throws(() => parseTarget(value), { name: "TypeError", message });
    assert.throws(() => parsePort(value), { name: "TypeError", message });
    assert.throws(() => parseUnixPath(value), { name: "TypeError", message });
    assert.throws(() => parseHostPort(value, "80"), { name: "TypeError", message });
    assert.throws(() => parseHostPort("localhost", value), { name: "TypeError", message });
  }
});

const addresses: readonly (readonly [address: Address, text: string])[] = [
  [{ family: 4, host: "127.0.0.1", port: 80 }, "127.0.0.1:80"],
  [{ family: 6, host: "::1", port: 80 }, "[::1]:80"],
  [{ family: 6, host: "fe80::1%eth0", port: 80 }, "[fe80::1%eth0]:80"],
  [{ family: "unix", path: "/run/x.sock" }, "unix:/run/x.sock"],
  [{ family: "unix", path: "@name" }, "unix:@name"],
  [{ family: "unix", path: "" }, "unix"],
  [{ family: "unix", path: "@a\nb\x1b" }, String.raw`unix:"@a\nb\x1b"`],
];

for (const [address, text] of addresses) {
  test(`writes an address as ${text}`, () => {
    assert.equal(formatAddress(address), text);
  });
}

test("P24, F48: gives an address in one spelling", () => {
  assert.deepEqual({ ...tcpAddress("::ffff:1.2.3.4", 80) }, { family: 4, host: "1.2.3.4", port: 80 });
  assert.deepEqual(
    { ...canonicalAddress({ family: 6, host: "::FFFF:102:304", port: 80 }) },
    {
      family: 4,
      host: "1.2.3.4",
      port: 80,
    },
  );
  assert.deepEqual(
    { ...canonicalAddress({ family: 6, host: "2001:DB8:0::1", port: 80 }) },
    {
      family: 6,
      host: "2001:db8::1",
      port: 80,
    },
  );
  assert.deepEqual(canonicalAddress({ family: "unix", path: "@x" }), { family: "unix", path: "@x" });
  assert.throws(() => tcpAddress("localhost", 80), { name: "TypeError" });
});

const label = fc.stringMatching(/^[a-z_]([a-z0-9_-]{0,20}[a-z0-9_])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const host = fc.oneof(name, fc.ipV4(), fc.ipV6());
const port = fc.integer({ min: 1, max: 65535 });
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc
    .array(
      fc.constantFrom(
        "a",
        "1",
        "0x",
        ":",
        "::",
        "[",
        "]",
        "%",
        ".",
        "/",
        "@",
        "unix:",
        "tcp://",
        "\n",
        "\x1b",
        "\u202e",
        "ü",
        "80",
        "-",
      ),
    )
    .map((parts) => parts.join("")),
);

test("reads back every target that it writes", () => {
  const path = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 25 })
    .filter((text) => !/^@$|[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text) && Buffer.byteLength(text) <= 107);
  const target = fc.oneof(
    fc.tuple(host, port).map(([someHost, somePort]) => parseHostPort(someHost, String(somePort))),
    fc.tuple(host, port).map(([someHost, somePort]): Target => {
      const written = parseHostPort(someHost, String(somePort));
      return { ...written, scheme: "tls" } as Target;
    }),
    path.map((text) => unix(parseUnixPath(text))),
  );
  fc.assert(
    fc.property(target, (written) => {
      assert.deepEqual(parseTarget(formatTarget(written)), written);
      if (written.scheme === "tcp" && !/^unix$/i.test(written.host)) {
        assert.deepEqual(parseTarget(`tcp://${formatTarget(written)}`), written);
      }
    }),
    { numRuns: 2000 },
  );
});

test("reads back a target on a host named unix", () => {
  for (const someName of ["unix", "UNIX", "unix.", "unix.example", "tcp"]) {
    assert.deepEqual(parseTarget(formatTarget(tcp(someName, 80))), tcp(someName, 80));
  }
  assert.equal(formatTarget(tcp("unix", 80)), "tcp://unix:80");
  assert.equal(formatTarget(udp("unix", 80)), "udp://unix:80");
  assert.equal(formatTarget(udp("::1", 80)), "udp://[::1]:80");
  assert.deepEqual(parseTarget(formatTarget(udp("::1", 80))), udp("::1", 80));
  assert.equal(formatTarget(tcp("unix.example", 80)), "unix.example:80");
  assert.equal(formatTarget(tcp("my-unix", 80)), "my-unix:80");
});

test("reads back every address of a socket that it writes", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), port, (someHost, somePort) => {
      const address = tcpAddress(someHost, somePort);
      assert.deepEqual(canonicalAddress(address), address);
      assert.deepEqual(parseTarget(formatAddress(address)), tcp(address.host, address.port));
    }),
    { numRuns: 2000 },
  );
});

test("S9: refuses with one line, in which nothing is hidden", () => {
  let refused = 0;
  fc.assert(
    fc.property(anyText, fc.boolean(), (text, forListening) => {
      const options = { listening: forListening };
      const readers = [
        () => parseTarget(text, options),
        () => parseTarget(`${text}:80`, options),
        () => parseHostPort(text, "80", options),
        () => parsePort(text, options),
        () => parseUnixPath(text),
      ];
      for (const read of readers) {
        try {
          read();
        } catch (error) {
          refused += 1;
          assert.equal((error as Error).constructor, TypeError);
          const { message } = error as TypeError;
          assert.equal(
            replaceHidden(message, () => ""),
            message,
          );
          assert.match(message, /^(?:target|host|port|path) ".*"/);
        }
      }
    }),
    { numRuns: 3000 },
  );
  assert.ok(refused > 1000, `${refused} refused`);
});

test("S9: rejects every target whose parts would be rejected alone", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      let target: Target;
      try {
        target = parseTarget(text);
      } catch {
        return;
      }
      if (target.scheme === "unix") assert.equal(parseUnixPath(target.path), target.path);
      else assert.deepEqual(parseHostPort(target.host, String(target.port)), target);
      assert.deepEqual(parseTarget(formatTarget(target)), target);
    }),
    { numRuns: 3000 },
  );
});
