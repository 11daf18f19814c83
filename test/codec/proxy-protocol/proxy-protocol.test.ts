import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { tcpAddress, unixAddress } from "../../../src/base/address/address.ts";
import { ByteQueue } from "../../../src/base/byte-queue.ts";
import { limits } from "../../../src/base/limits.ts";
import {
  CodecError,
  encodeProxyHeader,
  proxyHeaderDecoder,
  type ProxyHeader,
  type ProxyHeaderToSend,
} from "../../../src/index.ts";
import { bytesOf, cutAt, everySplit, singleBytes } from "../../../src/testing/cuts.ts";

const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits.replaceAll(/\s/g, ""), "hex"));
const signature = "0d0a0d0a000d0a515549540a";
const client = tcpAddress("192.0.2.1", 56_324);
const front = tcpAddress("198.51.100.7", 443);

interface Outcome {
  readonly header?: ProxyHeader | undefined;
  /** The bytes behind the header. */
  readonly rest?: string;
  readonly error?: string;
  /** How many bytes were given before the outcome. */
  readonly given: number;
}

/** Feeds chunks until there is an outcome; the rest of them still goes into the queue. */
function read(chunks: readonly Uint8Array[], headerBytesMax?: number): Outcome {
  const queue = new ByteQueue();
  const decoder = proxyHeaderDecoder({ headerBytesMax });
  let header: ProxyHeader | undefined;
  let given = 0;
  for (const chunk of chunks) {
    queue.push(chunk);
    if (header !== undefined) continue;
    given += chunk.length;
    try {
      header = decoder.decode(queue);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      return { error: error.message, given };
    }
  }
  return { header, rest: Buffer.from(queue.takeAll()).toString("latin1"), given };
}

function readAll(bytes: Uint8Array): ProxyHeader {
  const { header, error } = read([bytes]);
  assert.ok(header !== undefined, error ?? "incomplete");
  return header;
}

const proxied: Pick<ProxyHeader, "command" | "transport" | "tlvs"> = {
  command: "proxy",
  transport: "stream",
  tlvs: [],
};
const unknown = { source: undefined, destination: undefined, transport: undefined } as const;

/** Bytes as other programs write them. */
const golden: readonly (readonly [name: string, bytes: Uint8Array, header: ProxyHeader])[] = [
  [
    "the specification's line for IPv4",
    bytesOf("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
    {
      ...proxied,
      version: 1,
      source: tcpAddress("255.255.255.255", 65_535),
      destination: tcpAddress("255.255.255.255", 65_535),
    },
  ],
  [
    "a line for IPv6",
    bytesOf("PROXY TCP6 2001:DB8::1 ::1 1 0\r\n"),
    { ...proxied, version: 1, source: tcpAddress("2001:db8::1", 1), destination: tcpAddress("::1", 0) },
  ],
  [
    "a line with an IPv4-mapped address as inet_ntop writes it",
    bytesOf("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.7 56324 443\r\n"),
    { ...proxied, version: 1, source: client, destination: front },
  ],
  [
    "the specification's longest unknown line",
    bytesOf(`PROXY UNKNOWN ${"f".repeat(91)}\r\n`),
    { ...proxied, ...unknown, version: 1 },
  ],
  ["the line of a health check", bytesOf("PROXY UNKNOWN\r\n"), { ...proxied, ...unknown, version: 1 }],
  [
    "an unknown line with a lone CR",
    bytesOf("PROXY UNKNOWN a\rb\n\r\r\n"),
    { ...proxied, ...unknown, version: 1 },
  ],
  [
    "TCP over IPv4",
    hex(`${signature} 21 11 000c c0000201 c6336407 dc04 01bb`),
    { ...proxied, version: 2, source: client, destination: front },
  ],
  [
    "UDP over IPv6",
    hex(`${signature} 21 22 0024 20010db8${"00".repeat(11)}01 ${"00".repeat(15)}01 0001 0002`),
    {
      ...proxied,
      transport: "datagram",
      version: 2,
      source: tcpAddress("2001:db8::1", 1),
      destination: tcpAddress("::1", 2),
    },
  ],
  [
    "Unix sockets, abstract, with a path of 108 bytes",
    hex(`${signature} 21 31 00d8 0061${"00".repeat(106)} ${"62".repeat(108)}`),
    { ...proxied, version: 2, source: unixAddress("@a"), destination: unixAddress("b".repeat(108)) },
  ],
  [
    "an unnamed Unix client",
    hex(`${signature} 21 31 00d8 ${"00".repeat(108)} 2f62${"00".repeat(106)}`),
    { ...proxied, version: 2, source: unixAddress(""), destination: unixAddress("/b") },
  ],
  [
    "a health check",
    hex(`${signature} 20 00 0000`),
    { ...proxied, ...unknown, version: 2, command: "local" },
  ],
  [
    "a health check, whose block means nothing",
    hex(`${signature} 20 ff 0005 0102030405`),
    { ...proxied, ...unknown, version: 2, command: "local" },
  ],
  [
    "an unspecified family, whose block means nothing",
    hex(`${signature} 21 00 0001 03`),
    { ...proxied, ...unknown, version: 2 },
  ],
  [
    "HAProxy 2.6 with send-proxy-v2-ssl-cn, crc32c, authority and unique-id",
    hex(`${signature} 2111003d7f0000017f000001de207081030004337b2e680100026832020009612e6578616d706c65
      05000469642d3120000f0100000000210007544c5376312e33`),
    {
      ...proxied,
      version: 2,
      source: tcpAddress("127.0.0.1", 56_864),
      destination: tcpAddress("127.0.0.1", 28_801),
      alpn: "h2",
      authority: "a.example",
      uniqueId: bytesOf("id-1"),
      tls: {
        used: true,
        certificateOnConnection: false,
        certificateInSession: false,
        // HAProxy reports a successful verification, of no certificate.
        verified: false,
        version: "TLSv1.3",
      },
    },
  ],
  [
    "every field",
    hex(`${signature} 21 11 0049 c0000201 c6336407 dc04 01bb
      01 0002 6832  02 0003 612e62  04 0001 ff  05 0002 00ff  20 0016 07 00000000 21 0007 544c5376312e33 22 0004 636ec383
      30 0002 6e73  ea 0001 2a  03 0004 00000000`),
    {
      ...proxied,
      version: 2,
      source: client,
      destination: front,
      alpn: "h2",
      authority: "a.b",
      uniqueId: Uint8Array.of(0, 255),
      tls: {
        used: true,
        certificateOnConnection: true,
        certificateInSession: true,
        verified: true,
        version: "TLSv1.3",
        commonName: "cn\u00c3",
      },
      netns: "ns",
      tlvs: [{ type: 0xea, value: Uint8Array.of(0x2a) }],
    },
  ],
];

/** Each with the number of bytes that prove it wrong, and a part of the reason. */
const refused: readonly (readonly [bytes: Uint8Array, proof: number, reason: RegExp])[] = [
  [bytesOf("GET / HTTP/1.1\r\n"), 1, /does not begin with/],
  [bytesOf("\x16\x03\x01"), 1, /does not begin with/],
  [bytesOf("\r\n\r\n\0\r\nQUIP"), 11, /does not begin with/],
  [bytesOf("PROXYTCP4"), 6, /does not begin with/],
  [bytesOf("proxy "), 1, /does not begin with/],
  [bytesOf("PROXY  TCP4"), 7, /not followed by/],
  [bytesOf("PROXY TCP5 "), 10, /not followed by/],
  [bytesOf("PROXY TCP4\t"), 11, /not followed by/],
  [bytesOf("PROXY TCP \r"), 10, /not followed by/],
  [bytesOf("PROXY UDP4 "), 8, /not followed by/],
  [bytesOf("PROXY UNKNOWNS"), 14, /not followed by/],
  [bytesOf("PROXY UNKNOWN\n"), 14, /not followed by/],
  [bytesOf(`PROXY UNKNOWN ${"f".repeat(100)}`), 106, /more than 107 bytes/],
  [bytesOf(`PROXY UNKNOWN ${"f".repeat(91)}\r\r`), 107, /more than 107 bytes/],
  [bytesOf("PROXY TCP4 \r\n"), 12, /IPv4 address is malformed/],
  [bytesOf("PROXY TCP4  1"), 12, /IPv4 address is malformed/],
  [bytesOf("PROXY TCP4 1..2"), 14, /IPv4 address is malformed/],
  [bytesOf("PROXY TCP4 1.2.3 "), 17, /IPv4 address is malformed/],
  [bytesOf("PROXY TCP4 1.2.3.4.5"), 19, /IPv4 address is malformed/],
  [bytesOf("PROXY TCP4 256.1"), 14, /256, which is over 255/],
  [bytesOf("PROXY TCP4 1.02.3"), 15, /leading zero/],
  [bytesOf("PROXY TCP4 ::1 "), 12, /IPv4 address is malformed/],
  [bytesOf("PROXY TCP4 1.2.3.4 1.2.3.4 1\r"), 29, /port is malformed/],
  [bytesOf("PROXY TCP4 1.2.3.4 1.2.3.4 01"), 29, /leading zero/],
  [bytesOf("PROXY TCP4 1.2.3.4 1.2.3.4 65536"), 32, /65536, which is over/],
  [bytesOf("PROXY TCP4 1.2.3.4 1.2.3.4  "), 28, /port is malformed/],
  [bytesOf("PROXY TCP4 1.2.3.4 1.2.3.4 -1"), 28, /port is malformed/],
  [bytesOf("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n"), 31, /port is malformed/],
  [bytesOf("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 "), 31, /port is malformed/],
  [bytesOf("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\r"), 32, /CR is not followed/],
  [bytesOf("PROXY TCP6 1.2.3.4"), 13, /IPv6 address is malformed/],
  [bytesOf("PROXY TCP6 :1"), 13, /IPv6 address is malformed/],
  [bytesOf("PROXY TCP6 :::"), 14, /IPv6 address is malformed/],
  [bytesOf("PROXY TCP6 1::2::"), 17, /IPv6 address is malformed/],
  [bytesOf("PROXY TCP6 12345"), 16, /IPv6 address is malformed/],
  [bytesOf("PROXY TCP6 g"), 12, /IPv6 address is malformed/],
  [bytesOf("PROXY TCP6 1:2:3:4:5:6:7:8:"), 27, /IPv6 address is malformed/],
  [bytesOf("PROXY TCP6 1:2:3:4:5:6:7 "), 25, /IPv6 address is malformed/],
  [bytesOf("PROXY TCP6 1:2:3:4:5:6:7::8"), 27, /IPv6 address is malformed/],
  [bytesOf("PROXY TCP6 ::ffff:256."), 22, /IPv6 address is malformed/],
  [bytesOf("PROXY TCP6 fe80::1%"), 19, /IPv6 address is malformed/],
  [hex(`${signature} 11`), 13, /version 1 is unknown/],
  [hex(`${signature} 22`), 13, /command 2 is unknown/],
  [hex(`${signature} 21 10`), 14, /family 0x10 is unknown/],
  [hex(`${signature} 21 01`), 14, /family 0x01 is unknown/],
  [hex(`${signature} 21 13`), 14, /family 0x13 is unknown/],
  [hex(`${signature} 21 41`), 14, /family 0x41 is unknown/],
  [hex(`${signature} 21 11 10`), 15, /more than 4096 bytes is announced/],
  [hex(`${signature} 20 00 0ff1`), 16, /more than 4096 bytes is announced/],
  [hex(`${signature} 21 11 000b`), 16, /less than that of the addresses/],
  [hex(`${signature} 21 21 0023`), 16, /less than that of the addresses/],
  [hex(`${signature} 21 31 00d7`), 16, /less than that of the addresses/],
  [hex(`${signature} 21 11 000d`), 16, /a field is cut off/],
  [hex(`${signature} 21 11 000e`), 16, /a field is cut off/],
  ...(
    [
      ["03 00", 6, 1, /field 0x03 has an impossible length/],
      ["ea 01", 6, 2, /field 0xea has an impossible length/],
      ["ea 0004", 6, 3, /field 0xea has an impossible length/],
      ["ea 0001", 6, 3, /field 0xea has an impossible length/],
      ["03 01", 300, 2, /field 0x03 has an impossible length/],
      ["03 0003", 10, 3, /field 0x03 has an impossible length/],
      ["05 0081", 132, 3, /field 0x05 has an impossible length/],
      ["20 0004", 15, 3, /field 0x20 has an impossible length/],
      ["20 0006", 9, 3, /field 0x20 has an impossible length/],
      ["20 0009 0100000000 21 0002", 12, 11, /field 0x21 has an impossible length/],
      ["20 000b 0100000000 21 0000 21", 14, 12, /0x21 of the TLS session comes twice/],
      ["02 0000 02", 6, 4, /field 0x02 comes twice/],
      ["03 0004 00000001", 7, 7, /checksum \(CRC32C\) is wrong/],
    ] as const
  ).map(
    ([fields, length, proof, reason]) =>
      [
        hex(
          `${signature} 21 11 ${(length + 12).toString(16).padStart(4, "0")} c0000201c6336407dc0401bb ${fields}`,
        ),
        28 + proof,
        reason,
      ] as const,
  ),
];

describe("a PROXY protocol header", () => {
  for (const [name, bytes, header] of golden) {
    test(`is read: ${name}`, () => {
      assert.deepEqual(readAll(withChecksum(bytes)), header);
    });
  }

  test("is the same however it is cut, and leaves what follows it", () => {
    for (const [name, plain, header] of golden) {
      const bytes = withChecksum(plain);
      const stream = Uint8Array.from([...bytes, ...bytesOf("PROXY after\r\n")]);
      for (const chunks of [...everySplit(stream), singleBytes(stream)]) {
        const outcome = read(chunks);
        assert.deepEqual(outcome.header, header, name);
        assert.equal(outcome.rest, "PROXY after\r\n", name);
      }
    }
  });

  for (const [bytes, proof, reason] of refused) {
    const name = JSON.stringify(Buffer.from(bytes).toString("latin1"));
    test(`F75: is refused at the byte that proves it: ${name}, byte ${proof}`, () => {
      const { error, given } = read(singleBytes(bytes));
      assert.match(error ?? "accepted", reason);
      assert.equal(given, proof);
      assert.match(read([bytes]).error ?? "accepted", reason);
    });
  }

  test("proxyHeaderBytesMax: refuses a longer header by its length alone", () => {
    const length = limits.proxyHeaderBytesMax.value - 16;
    const announce = (more: number): Uint8Array =>
      hex(`${signature} 21 00 ${(length + more).toString(16).padStart(4, "0")}`);
    assert.equal(read([announce(0)]).error, undefined);
    assert.match(read([announce(1)]).error ?? "", /more than 4096 bytes/);
    assert.match(read([hex(`${signature} 21 00 01f4`)], 500).error ?? "", /more than 500 bytes/);
    assert.throws(() => proxyHeaderDecoder({ headerBytesMax: 231 }), {
      name: "TypeError",
      message: "headerBytesMax: 231 is not a whole number of 232 or more",
    });
  });

  test("is truncated by the end of the stream", () => {
    const end = (bytes: Uint8Array): void => {
      const queue = new ByteQueue();
      const decoder = proxyHeaderDecoder();
      if (bytes.length > 0) queue.push(bytes);
      decoder.decode(queue);
      decoder.end(queue);
    };
    assert.throws(() => {
      end(new Uint8Array());
    }, /without a PROXY protocol header/);
    assert.throws(() => {
      end(bytesOf("PROXY T"));
    }, /inside a PROXY protocol header/);
  });
});

/** Fills in the checksum of a golden header, by a second implementation. */
function withChecksum(bytes: Uint8Array): Uint8Array {
  const at = Buffer.from(bytes).indexOf(Uint8Array.of(3, 0, 4, 0, 0, 0, 0));
  if (at === -1) return bytes;
  const filled = Uint8Array.from(bytes);
  new DataView(filled.buffer).setUint32(at + 3, crcByTable(bytes));
  return filled;
}

/** CRC32C by table, as RFC 9260 prints it. */
function crcByTable(bytes: Uint8Array): number {
  const table = Array.from({ length: 256 }, (_, index) => {
    let crc = index;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    return crc >>> 0;
  });
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] as number);
  return (crc ^ 0xffffffff) >>> 0;
}

const anyPort = fc.integer({ min: 0, max: 65_535 });
const anyIpv4 = fc.tuple(fc.ipV4(), anyPort).map(([host, port]) => tcpAddress(host, port));
const anyIpv6 = fc
  .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), anyPort)
  .map(([bytes, port]) =>
    tcpAddress(
      Array.from({ length: 8 }, (_, at) =>
        ((bytes[2 * at] ?? 0) * 256 + (bytes[2 * at + 1] ?? 0)).toString(16),
      ).join(":"),
      port,
    ),
  );
const anyUnix = fc.stringMatching(/^[@/]?[a-z/]{1,100}$/).map(unixAddress);
const anyEnds = fc.oneof(
  fc.tuple(anyIpv4, anyIpv4),
  fc.tuple(anyIpv6, anyIpv6),
  fc.tuple(anyIpv4, anyIpv6),
  fc.tuple(anyUnix, anyUnix),
);
const plain = { noNullPrototype: true } as const;
const anyText = fc.string({ unit: "grapheme", maxLength: 20 });
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

const anyV2: fc.Arbitrary<ProxyHeaderToSend> = fc
  .record({
    ends: anyEnds,
    transport: fc.constantFrom("stream" as const, "datagram" as const),
    alpn: maybe(fc.constantFrom("h2", "http/1.1", "\xff")),
    authority: maybe(anyText),
    uniqueId: maybe(fc.uint8Array({ maxLength: 128 })),
    tls: maybe(
      fc
        .record(
          {
            used: fc.boolean(),
            certificateOnConnection: fc.boolean(),
            certificateInSession: fc.boolean(),
            verified: fc.boolean(),
            version: anyText,
            commonName: anyText,
          },
          plain,
        )
        // Without a certificate, none was verified.
        .map((one) => ({
          ...one,
          verified: one.verified && (one.certificateOnConnection || one.certificateInSession),
        })),
    ),
    netns: maybe(anyText),
    tlvs: fc.array(
      fc.record(
        { type: fc.integer({ min: 0xe0, max: 0xef }), value: fc.uint8Array({ maxLength: 40 }) },
        plain,
      ),
      { maxLength: 4 },
    ),
    checksum: fc.boolean(),
  })
  .map(({ ends: [source, destination], ...rest }) => ({
    ...rest,
    version: 2 as const,
    command: "proxy" as const,
    source,
    destination,
  }));

const anyHeader = fc.oneof(
  anyV2,
  anyEnds
    .filter(([source]) => source.family !== "unix")
    .map(([source, destination]) => ({ ...proxied, version: 1 as const, source, destination })),
);

const defined = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));

describe("encodeProxyHeader", () => {
  test("writes what the decoder reads", () => {
    fc.assert(
      fc.property(anyHeader, fc.array(fc.nat()), (header, cuts) => {
        const { checksum: _, ...rest } = header as ProxyHeaderToSend;
        assert.deepEqual(read(cutAt(encodeProxyHeader(header), cuts)).header, defined(rest));
      }),
    );
  });

  test("writes the golden headers", () => {
    for (const [name, bytes, header] of golden) {
      if (!/^(?:the specification's line|the line of|TCP|UDP|Unix|an unnamed|a health check$)/.test(name))
        continue;
      assert.deepEqual(encodeProxyHeader(header), bytes, name);
    }
  });

  test("leaves out a zone, and writes mixed families as IPv6", () => {
    const text = (header: ProxyHeaderToSend): string => Buffer.from(encodeProxyHeader(header)).toString();
    const source = tcpAddress("fe80::1%eth0", 1);
    assert.equal(
      text({ version: 1, source, destination: front }),
      "PROXY TCP6 fe80::1 ::ffff:198.51.100.7 1 443\r\n",
    );
    assert.equal(
      readAll(encodeProxyHeader({ version: 2, source, destination: front })).source?.toString(),
      "[fe80::1]:1",
    );
  });

  test("refuses what a version cannot carry", () => {
    const ends = { source: client, destination: front };
    const wrong: readonly (readonly [header: ProxyHeaderToSend, message: RegExp])[] = [
      [{ version: 3 as 2 }, /version: 3 is not 1 or 2/],
      [{ version: 1, ...ends, alpn: "h2" }, /version 1 has addresses only/],
      [{ version: 1, ...ends, transport: "datagram" }, /version 1 has no datagrams/],
      [{ version: 2, alpn: "h2" }, /need a source and a destination/],
      [{ version: 2, source: client, destination: unixAddress("/a") }, /cannot stand in one header/],
      [{ version: 2, ...ends, uniqueId: new Uint8Array(129) }, /129 bytes, more than 128/],
      [{ version: 2, ...ends, alpn: "\u0100" }, /beyond U\+00FF/],
      [{ version: 2, ...ends, authority: "\ud800" }, /lone surrogate/],
      [{ version: 2, ...ends, tlvs: [{ type: 1, value: new Uint8Array() }] }, /a member of its own, alpn/],
      [{ version: 2, ...ends, tlvs: [{ type: 256, value: new Uint8Array() }] }, /256 is not a whole/],
      [{ version: 2, ...ends, tlvs: [{ type: 7, value: new Uint8Array(65_530) }] }, /more than 65535/],
      [
        { version: 2, source: unixAddress("a".repeat(109)), destination: unixAddress("") },
        /more than 108 bytes/,
      ],
    ];
    for (const [header, message] of wrong) {
      assert.throws(
        () => encodeProxyHeader(header),
        (error) => {
          assert.ok(error instanceof TypeError);
          assert.match(error.message, message);
          return true;
        },
      );
    }
  });
});

/** What may complete the beginning of a header. */
const completions: readonly string[] = [
  ..."PROXY UNKNOWN\r\n".split("").map((_, at) => "PROXY UNKNOWN\r\n".slice(at)),
  ...["", "0", ":", "::", "0::", ":0", "0:0:0:0:0:0:0:0"].flatMap((start) =>
    ["", ...Array.from({ length: 7 }, (_, count) => ":0".repeat(count + 1)), ".0", ".0.0", ".0.0.0"].flatMap(
      (address) =>
        [" ::", " 0.0.0.0", ""].flatMap((next) =>
          [" 0 0\r\n", " 0\r\n"].map((ports) => start + address + next + ports),
        ),
    ),
  ),
  ...[
    "0 0\r\n",
    "0\r\n",
    "\r\n",
    "\n",
    "0.0.0.0 0 0\r\n",
    ":: 0 0\r\n",
    " :: :: 0 0\r\n",
    " 0.0.0.0 0.0.0.0 0 0\r\n",
  ],
];

describe("F75: any other bytes", () => {
  test("are refused, or can still become a header", () => {
    const line = "PROXY TCP6 ::1 1:2:3:4:5:6:7:8 65535 1\r\n";
    const lines = [line, line.replace("::1", "::ffff:1.2.3.4"), "PROXY TCP4 1.2.3.4 255.10.0.9 1 2\r\n"];
    const edit = fc.record({
      at: fc.nat({ max: 45 }),
      remove: fc.nat({ max: 3 }),
      insert: fc.string({ unit: fc.constantFrom(..."0129af:. \r\n".split("")), maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.constantFrom(...lines), fc.array(edit, { maxLength: 3 }), (start, edits) => {
        let text = start;
        for (const { at, remove, insert } of edits)
          text = text.slice(0, at) + insert + text.slice(at + remove);
        const { header, error, given } = read(singleBytes(bytesOf(text)));
        if (header !== undefined) return;
        const live = error === undefined ? text : text.slice(0, given - 1);
        if (live.length < 10) return;
        const completed = completions.some((end) => read([bytesOf(live + end)]).header !== undefined);
        assert.ok(completed, `${JSON.stringify(live)} should have been refused before`);
      }),
      { numRuns: 2_000 },
    );
  });

  test("never make it throw anything but a CodecError, however they are cut", () => {
    const mutations = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 });
    fc.assert(
      fc.property(anyHeader, mutations, fc.array(fc.nat()), (header, changes, cuts) => {
        const bytes = encodeProxyHeader(header);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        const { given: _, ...whole } = read([bytes]);
        const { given: __, ...cut } = read(cutAt(bytes, cuts).filter((chunk) => chunk.length > 0));
        assert.deepEqual(cut, whole);
      }),
      { numRuns: 1_000 },
    );
  });

  /** Whether a version 2 header has a checksum, read without the code that is tested. */
  function hasChecksum(bytes: Uint8Array): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const addressBytes = [0, 12, 36, 216][view.getUint8(13) >> 4] ?? 0;
    for (let at = 16 + addressBytes; at + 3 <= bytes.length; at += 3 + view.getUint16(at + 1)) {
      if (bytes[at] === 3) return true;
    }
    return false;
  }

  test("with a checksum are refused if one bit is wrong", () => {
    fc.assert(
      fc.property(anyV2, fc.nat(), (header, endpoint) => {
        const bytes = encodeProxyHeader({ ...header, checksum: true });
        const bit = endpoint % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        const { header: parsed } = read([bytes]);
        // One bit can hide the checksum: in its type, or in a length, so that the field before it swallows it.
        const isLocal = parsed?.command === "local";
        const isRefused = parsed === undefined || isLocal || parsed.source === undefined;
        assert.ok(isRefused || !hasChecksum(bytes));
      }),
    );
  });
});
