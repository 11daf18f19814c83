import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ByteQueue } from "../../src/base/byte-queue.ts";
import { concatBytes } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import { lengthPrefixed, type LengthPrefixedOptions } from "../../src/codec/index.ts";
import { bytesOf, decodeAll, singleBytes } from "../../src/testing/cuts.ts";
import { WatchedQueue } from "./watched-queue.ts";

const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits.replaceAll(" ", ""), "hex"));

describe("F67: a length", () => {
  const table: [LengthPrefixedOptions["prefix"], length: number, written: string][] = [
    ["u8", 0, "00"],
    ["u8", 255, "ff"],
    ["u16be", 0, "00 00"],
    ["u16be", 258, "01 02"],
    ["u16be", 65_535, "ff ff"],
    ["u16le", 258, "02 01"],
    ["u16le", 65_535, "ff ff"],
    ["u32be", 0, "00 00 00 00"],
    ["u32be", 66_051, "00 01 02 03"],
    ["u32le", 66_051, "03 02 01 00"],
    ["varint", 0, "00"],
    ["varint", 1, "01"],
    ["varint", 127, "7f"],
    ["varint", 128, "80 01"],
    ["varint", 300, "ac 02"], // the example of the protocol buffers page
    ["varint", 16_383, "ff 7f"],
    ["varint", 16_384, "80 80 01"],
    ["varint", 2_097_151, "ff ff 7f"],
    ["varint", 2_097_152, "80 80 80 01"],
  ];
  for (const [prefix, length, written] of table) {
    test(`of ${length} is written and read as ${prefix} ${written}`, () => {
      const codec = lengthPrefixed({ prefix });
      const message = new Uint8Array(length).fill(7);
      const framed = concatBytes([hex(written), message]);
      assert.deepEqual(codec.encode(message), framed);
      assert.deepEqual(decodeAll(codec, [framed]), { received: [message], error: undefined });
    });
  }

  /** Lengths too large to send here: the number of missing bytes shows how they were decoded. */
  const large: [LengthPrefixedOptions["prefix"], written: string, length: number][] = [
    ["u32be", "ff ff ff ff", 0xffffffff],
    ["u32be", "80 00 00 00", 0x80000000], // not negative
    ["u32le", "00 00 00 80", 0x80000000],
    ["u32le", "ff ff ff ff", 0xffffffff],
    ["varint", "80 80 80 80 01", 2 ** 28],
    ["varint", "ff ff ff ff 0f", 0xffffffff],
  ];
  for (const [prefix, written, length] of large) {
    test(`of ${length} is read from ${prefix} ${written}; nothing is set aside for it`, () => {
      const codec = lengthPrefixed({ prefix, messageBytesMax: Infinity });
      const { error } = decodeAll(codec, [hex(written), bytesOf("abc")]);
      assert.equal(error?.kind, "truncated");
      assert.equal(error.missingBytes, length - 3);
      assert.equal(decodeAll(lengthPrefixed({ prefix }), [hex(written)]).error?.kind, "too-long");
    });
  }

  test("larger than the prefix can hold is refused on sending", () => {
    assert.throws(() => lengthPrefixed({ prefix: "u8" }).encode(new Uint8Array(256)), {
      name: "TypeError",
      message: "lengthPrefixed: a message of 256 bytes needs the length 256, which u8 cannot hold",
    });
    assert.throws(() => lengthPrefixed({ prefix: "u16le" }).encode(new Uint8Array(65_536)), TypeError);
  });
});

test("F67: the largest length can be written, and no larger one", () => {
  for (const [prefix, largest] of [
    ["u32be", "ff ff ff ff"],
    ["u32le", "ff ff ff ff"],
    ["varint", "ff ff ff ff 0f"],
  ] as const) {
    const codec = lengthPrefixed({ prefix, adjustment: -0xffffffff });
    assert.deepEqual(codec.encode(""), hex(largest));
    assert.deepEqual(decodeAll(codec, [hex(largest)]).received, [new Uint8Array(0)]);
    assert.throws(
      () => codec.encode("x"),
      /^TypeError: .* needs the length 4294967296, which .* cannot hold$/,
    );
  }
});

describe("F67: a varint", () => {
  for (const [written, reason] of [
    ["80 00", "a length prefix (varint) is not in its shortest form"],
    ["ff 80 80 00", "a length prefix (varint) is not in its shortest form"],
    ["80 80 80 80 00", "a length prefix (varint) is not in its shortest form"],
    ["ff ff ff ff 1f", "a length prefix (varint) has more than 32 bits"],
    ["80 80 80 80 80", "a length prefix (varint) has more than 32 bits"],
    ["ff ff ff ff ff ff ff ff ff 01", "a length prefix (varint) has more than 32 bits"],
  ] as const) {
    test(`of ${written} is invalid`, () => {
      const { error } = decodeAll(lengthPrefixed({ prefix: "varint" }), singleBytes(hex(written)));
      assert.equal(error?.kind, "invalid");
      assert.equal(error.message, reason);
    });
  }
});

describe("a header before the length", () => {
  const postgres = lengthPrefixed({ prefix: "u32be", offset: 1, adjustment: -4 });

  test("is the beginning of the message, and goes before the length on sending", () => {
    const framed = hex("51 00 00 00 0d 53 45 4c 45 43 54 20 31 00");
    assert.deepEqual(postgres.encode("QSELECT 1\0"), framed);
    assert.deepEqual(decodeAll(postgres, [framed]).received, [bytesOf("QSELECT 1\0")]);
  });

  test("of three bytes, as in TLS records, comes back whole", () => {
    const tls = lengthPrefixed({ prefix: "u16be", offset: 3 });
    assert.deepEqual(decodeAll(tls, [hex("16 03 01 00 02 aa bb")]).received, [hex("16 03 01 aa bb")]);
    assert.deepEqual(tls.encode(hex("16 03 01 aa bb")), hex("16 03 01 00 02 aa bb"));
    assert.deepEqual(tls.encode(hex("16 03 01")), hex("16 03 01 00 00"));
  });

  test("cannot be left out on sending", () => {
    assert.throws(() => postgres.encode(""), {
      name: "TypeError",
      message: "lengthPrefixed: a message of 0 bytes is shorter than its header of 1",
    });
  });

  test("is copied from the message, which stays as it was", () => {
    const message = bytesOf("Zx");
    const framed = postgres.encode(message);
    framed.fill(0);
    assert.deepEqual(message, bytesOf("Zx"));
  });
});

describe("an adjustment", () => {
  test("below zero makes a length that is too small invalid", () => {
    const codec = lengthPrefixed({ prefix: "u16be", adjustment: -2 });
    assert.deepEqual(decodeAll(codec, [hex("00 02 00 03 61")]).received, [new Uint8Array(0), bytesOf("a")]);
    for (const small of ["00 00", "00 01"]) {
      const { error } = decodeAll(codec, [hex(small)]);
      assert.equal(error?.kind, "invalid");
      assert.match(error.message, /^a length prefix of [01] is less than the 2 that it counts$/);
    }
  });

  test("above zero makes a message that is too short one that cannot be sent", () => {
    const codec = lengthPrefixed({ prefix: "u8", adjustment: 3 });
    assert.deepEqual(codec.encode("abcd"), bytesOf("\x01abcd"));
    assert.throws(() => codec.encode("ab"), /^TypeError: .* needs the length -1, which u8 cannot hold$/);
  });
});

test("F36: a message cut short says how many bytes are missing, once its length is there", () => {
  const codec = lengthPrefixed({ prefix: "u32be", offset: 2 });
  const framed = codec.encode(new Uint8Array(196));
  assert.equal(framed.length, 200);
  for (let came = 1; came < 200; came++) {
    const { received, error } = decodeAll(codec, [framed, framed.subarray(0, came)]);
    assert.equal(received.length, 1);
    assert.equal(error?.kind, "truncated");
    assert.equal(error.missingBytes, came < 6 ? undefined : 200 - came);
    assert.match(
      error.message,
      came < 6
        ? new RegExp(`^the peer ended ${came} bytes into a message, before its length$`)
        : new RegExp(`^the peer ended after ${came} of the 200 bytes of a message and its length$`),
    );
  }
});

describe("F8: the limit", () => {
  test("counts the message, header included, and not the length", () => {
    const codec = lengthPrefixed({ prefix: "u8", offset: 2, messageBytesMax: 5 });
    assert.deepEqual(decodeAll(codec, [bytesOf("hd\x03abc")]).received, [bytesOf("hdabc")]);
    assert.equal(decodeAll(codec, [bytesOf("hd\x04abcd")]).error?.kind, "too-long");
  });

  test("fails on the length alone", () => {
    const queue = new ByteQueue();
    queue.push(hex("00 80 00 01"));
    assert.throws(() => lengthPrefixed({ prefix: "u32be" }).decoder().decode(queue), {
      name: "CodecError",
      kind: "too-long",
      message: "a message of 8388609 bytes is announced, longer than 8388608",
      option: "messageBytesMax",
    });
  });

  test("is 8 MiB unless another is given", () => {
    assert.equal(limits.messageBytesMax.value, 0x800000);
    const { received, error } = decodeAll(lengthPrefixed({ prefix: "u32be" }), [
      hex("00 80 00 00"),
      new Uint8Array(0x800000),
    ]);
    assert.equal(error, undefined);
    assert.equal(received[0]?.length, 0x800000);
  });
});

test("F68: a message announced and never sent costs what has come, no more", () => {
  const before = process.memoryUsage().arrayBuffers;
  const waiting = Array.from({ length: 500 }, () => {
    const queue = new ByteQueue();
    queue.push(hex("00 80 00 00"));
    queue.push(bytesOf("abc"));
    const decoder = lengthPrefixed({ prefix: "u32be" }).decoder();
    assert.equal(decoder.decode(queue), undefined);
    return { queue, decoder };
  });
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
  assert.equal(waiting.length, 500);
});

test("F66: single bytes are not looked at again while a message comes", () => {
  for (const prefix of ["u32be", "varint"] as const) {
    const codec = lengthPrefixed({ prefix, offset: 1 });
    const framed = codec.encode(new Uint8Array(60_000));
    const queue = new WatchedQueue();
    const decoder = codec.decoder();
    let received: Uint8Array | undefined;
    for (const byte of singleBytes(framed)) {
      queue.push(byte);
      received = decoder.decode(queue);
    }
    assert.equal(received?.length, 60_000);
    // The length is read again at each call, the message once.
    assert.ok(queue.bytesLookedAt <= framed.length * 8, `${queue.bytesLookedAt} of ${framed.length}`);
  }
});

test("gives a view where a message without a header lies in one chunk", () => {
  const queue = new ByteQueue();
  const chunk = hex("00 02 61 62");
  queue.push(chunk);
  assert.equal(lengthPrefixed({ prefix: "u16be" }).decoder().decode(queue)?.buffer, chunk.buffer);
});

test("refuses options that are none, naming option, value and what it should be", () => {
  const table: [unknown, string][] = [
    [{ prefix: "u24be" }, 'prefix: "u24be" is none of u8, u16be, u16le, u32be, u32le, varint'],
    [{ prefix: "toString" }, 'prefix: "toString" is none of u8, u16be, u16le, u32be, u32le, varint'],
    [{}, "prefix: undefined is none of u8, u16be, u16le, u32be, u32le, varint"],
    [{ prefix: "u8", offset: -1 }, "offset: -1 is not a whole number of 0 or more"],
    [{ prefix: "u8", offset: 0.5 }, "offset: 0.5 is not a whole number of 0 or more"],
    [{ prefix: "u8", adjustment: NaN }, "adjustment: NaN is not a whole number"],
    [{ prefix: "u8", adjustment: "1" }, 'adjustment: "1" is not a whole number'],
    [
      { prefix: "u8", messageBytesMax: 0 },
      "messageBytesMax: 0 is not a whole number of 1 or more, or Infinity",
    ],
  ];
  for (const [options, message] of table) {
    assert.throws(() => lengthPrefixed(options as LengthPrefixedOptions), {
      name: "TypeError",
      message: `lengthPrefixed: ${message}`,
    });
  }
});
