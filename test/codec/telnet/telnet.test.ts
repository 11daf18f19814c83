/** Properties of the telnet codec beyond the contract. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { limits, telnet, telnetCommands, telnetOptions, type TelnetMessage } from "../../../src/index.ts";
import { decodeAll } from "../../../src/testing/cuts.ts";
import { WatchedQueue } from "../watched-queue.ts";

const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits.replaceAll(" ", ""), "hex"));
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("telnet", () => {
  const rows: readonly (readonly [TelnetMessage, string])[] = [
    [{ type: "data", bytes: bytes(0x61, 0xff, 0x0a) }, "61 ff ff 0a"],
    [{ type: "data", bytes: bytes() }, ""],
    [{ type: "command", command: telnetCommands.ga }, "ff f9"],
    [{ type: "command", command: telnetCommands.ayt }, "ff f6"],
    [{ type: "negotiation", verb: "will", option: telnetOptions.echo }, "ff fb 01"],
    [{ type: "negotiation", verb: "wont", option: telnetOptions.sga }, "ff fc 03"],
    [{ type: "negotiation", verb: "do", option: telnetOptions.naws }, "ff fd 1f"],
    [{ type: "negotiation", verb: "dont", option: 255 }, "ff fe ff"],
    [{ type: "subnegotiation", option: telnetOptions.ttype, bytes: bytes(1) }, "ff fa 18 01 ff f0"],
    [{ type: "subnegotiation", option: 31, bytes: bytes(0, 255, 0, 24) }, "ff fa 1f 00 ff ff 00 18 ff f0"],
  ];
  for (const [message, wire] of rows) {
    test(`writes ${JSON.stringify(message)} as ${wire || "nothing"}`, () => {
      assert.deepEqual(Uint8Array.from(telnet().encode(message)), hex(wire));
    });
  }

  test("F70: gives the data before a command at once, however the command is cut", () => {
    const { received } = decodeAll(telnet(), [hex("61 ff"), hex("fb"), hex("01 62 ff"), hex("ff 63")]);
    assert.deepEqual(received, [
      { type: "data", bytes: hex("61") },
      { type: "negotiation", verb: "will", option: 1 },
      { type: "data", bytes: hex("62") },
      { type: "data", bytes: hex("ff 63") },
    ]);
  });

  for (const cut of ["ff", "ff fd", "ff fa", "ff fa 18", "ff fa 18 ff"]) {
    test(`F70: a stream that ends with ${cut} is truncated`, () => {
      const { received, error } = decodeAll(telnet(), [hex(`61 ${cut}`)]);
      assert.equal(received.length, 1);
      assert.equal(error?.kind, "truncated");
      assert.equal(error.message, `the peer ended ${hex(cut).length} bytes into a telnet command`);
    });
  }

  test("F72: a subnegotiation of subnegotiationBytesMax passes, and one byte more is too long", () => {
    const max = limits.subnegotiationBytesMax.value;
    const [head, tail] = [hex("ff fa 18"), hex("ff f0")];
    const { received } = decodeAll(telnet(), [head, new Uint8Array(max - 1), tail]);
    assert.equal(received.length, 1);
    const { error } = decodeAll(telnet(), [head, new Uint8Array(max)]);
    assert.equal(error?.message, "a subnegotiation is longer than 8192 bytes");
    assert.equal(error.option, "subnegotiationBytesMax");
  });

  test("F72: looks at each byte of a subnegotiation a few times at most, in single bytes too", () => {
    for (const byte of [0x61, 0xff]) {
      const queue = new WatchedQueue();
      const decoder = telnet().decoder();
      queue.push(hex("ff fa 18"));
      for (let count = 0; count < 8000; count++) {
        queue.push(bytes(byte));
        assert.equal(decoder.decode(queue), undefined);
      }
      assert.ok(queue.bytesLookedAt < 12 * 8000, `${queue.bytesLookedAt} bytes are looked at`);
    }
  });

  test("F73: takes a megabyte of IACs apart in one go", () => {
    const data = new Uint8Array(1_000_000).fill(0xff);
    const wire = telnet().encode({ type: "data", bytes: data });
    assert.equal(wire.length, 2_000_000);
    const { received } = decodeAll(telnet(), [wire]);
    assert.deepEqual(received, [{ type: "data", bytes: data }]);
  });

  for (const [message, complaint] of [
    [{ type: "command", command: 250 }, "telnet: command: 250 is not a command without parameters"],
    [{ type: "command", command: 1.5 }, "telnet: command: 1.5 is not a command without parameters"],
    [{ type: "negotiation", verb: "may", option: 1 }, 'telnet: verb: "may" is none of will, wont, do, dont'],
    [
      { type: "negotiation", verb: "do", option: 256 },
      "telnet: option: 256 is not a whole number from 0 to 255",
    ],
    [
      { type: "subnegotiation", option: -1, bytes: bytes() },
      "telnet: option: -1 is not a whole number from 0 to 255",
    ],
    [{ type: "text" }, "telnet: message: an Object is not a TelnetMessage"],
    ["text", 'telnet: message: "text" is not an object'],
  ] as const) {
    test(`refuses to send ${JSON.stringify(message)}`, () => {
      assert.throws(() => telnet().encode(message as unknown as TelnetMessage), {
        name: "TypeError",
        message: complaint,
      });
    });
  }

  test("refuses a limit that is none", () => {
    assert.throws(
      () => telnet({ subnegotiationBytesMax: 0 }),
      /^TypeError: telnet: subnegotiationBytesMax: 0 is/,
    );
  });
});
