import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { limits } from "../../src/index.ts";
import { codecByName } from "../../src/codec/index.ts";
import { services, type ServiceOptions } from "../../src/services/index.ts";
import { simulateNetwork } from "../../src/testing/simulated-network.ts";
import { readAll } from "../support/connection-pair.ts";
import { bothModes, run, type Options } from "./service-under-test.ts";

const rows: readonly (readonly [promise: string, options: Options, said: string, answered: string])[] = [
  ["sends nothing to a client that sends nothing", {}, "", ""],
  ["sends back its input unchanged", {}, "a\nb\r\nc\r", "a\nb\r\nc\r"],
  ["welcomes if configured", { welcome: "Echo here" }, "hi", "Echo here\nhi"],

  [
    "counts lines as messages, and leaves their ends as they are",
    { messagesMax: 2 },
    "a\r\n\nc\n",
    "a\r\n\n",
  ],
  ["counts the last line without an ending", { messagesMax: 2 }, "a\nb", "a\nb"],
  ["counts, and welcomes with a line", { messagesMax: 1, welcome: "hi" }, "a\nb\n", "hi\na\n"],

  ["--frame lines sends lines", { frame: "lines" }, "a\r\nb\nc", "a\nb\nc\n"],
  [
    "--frame lines sends back a line whose end would be taken for another",
    { frame: "lines" },
    "a\r\r\n",
    "a\r\n",
  ],
  ["--frame crlf sends CR LF", { frame: "crlf" }, "a\nb\r\nc", "a\nb\r\nc\r\n"],
  ["--frame delim ends each with its mark", { frame: "delim:--" }, "a--b-", "a--b---"],
  ["--frame fixed counts bytes", { frame: "fixed:3", messagesMax: 2 }, "abcdefghi", "abcdef"],
  ["--frame u8 counts bytes", { frame: "u8", messagesMax: 2 }, "\x01a\0\x01b", "\x01a\0"],
  ["--frame u16le counts bytes", { frame: "u16le" }, "\x02\0hi", "\x02\0hi"],
  ["--frame u32be counts bytes", { frame: "u32be" }, "\0\0\0\x02hi", "\0\0\0\x02hi"],
  ["--frame varint counts bytes", { frame: "varint" }, `\x7f${"x".repeat(127)}`, `\x7f${"x".repeat(127)}`],
];

for (const [promise, options, said, answered] of rows) {
  test(promise, async (t) => {
    const { talk } = await run(t, "echo", options);
    const { answer, ending } = await talk(said);
    assert.equal(answer.toString("latin1"), answered);
    assert.equal(ending.how, "fin");
  });
}

for (const [words, mode] of bothModes) {
  for (const [promise, options, said, answered] of rows.slice(0, 3)) {
    test(`${promise}, ${words}`, async (t) => {
      const { talk } = await run(t, "echo", { ...options, ...mode });
      const { answer, ending } = await talk(said);
      assert.equal(answer.toString("latin1"), answered);
      assert.deepEqual([ending.how, ending.by], ["fin", "peer"]);
      assert.deepEqual([ending.bytesReceived, ending.bytesSent], [said.length, answered.length]);
    });
  }
}

for (const [words, mode] of bothModes)
  test(`sends back any bytes, cut in any way, ${words}`, async (t) => {
    const { dial } = await run(t, "echo", mode);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), async (pieces) => {
        const client = await dial();
        for (const piece of pieces) await client.write(piece);
        await client.end();
        const all = Buffer.concat(pieces);
        assert.deepEqual(Buffer.from((await client.readExactly(all.length)) ?? []), all);
        assert.equal(await client.read(), null);
      }),
      { numRuns: 50 },
    );
  });

test("a message cut short by the client's end costs its own connection", async (t) => {
  const { talk } = await run(t, "echo", { frame: "fixed:4" });
  const { answer, ending } = await talk("abcdef");
  assert.equal(answer.toString(), "abcd");
  assert.equal(ending.how, "protocol");
  assert.equal(ending.error?.code, "ERR_TRUNCATED");
});

test("is raw where no message is framed or counted, and only there", () => {
  const entry = services.find(({ name }) => name === "echo");
  const isRaw = (options: ServiceOptions): boolean => entry?.create(options).raw !== undefined;
  assert.ok(isRaw({}));
  assert.ok(isRaw({ welcome: "hi", framing: codecByName("raw", "bytes") }));
  assert.ok(!isRaw({ messagesMax: 1 }));
  assert.ok(!isRaw({ framing: codecByName("lines", "bytes") }));
  assert.ok(!isRaw({ framing: codecByName("fixed:3", "bytes") }));
});

for (const [words, mode] of bothModes) {
  test(`reads no more from a client that does not read, and loses nothing, ${words}`, async (t) => {
    const network = simulateNetwork({ capacityBytes: 4_096 });
    const { dial, endingOf } = await run(t, "echo", mode, network.engine, network.clock);
    const client = await dial();
    const said = Buffer.alloc(1_000_000, "0123456789");
    const sent = client.write(said).then(() => client.end());
    await network.pass(1_000);
    // The buffers of both directions, of the client's reader and of the echo.
    const held = 2 * 4_096 + 2 * (limits.readBufferBytesMax.value + limits.writeAheadBytes.value);
    assert.ok(client.bytesSent <= held, `${client.bytesSent} bytes sent`);
    assert.deepEqual(await readAll(client), said);
    await sent;
    await client.close();
    assert.equal((await endingOf(client)).bytesSent, said.length);
  });

  test(`ends a client that is silent for the idle time-out, ${words}`, async (t) => {
    const network = simulateNetwork({ capacityBytes: 4_096 });
    const { dial, server } = await run(t, "echo", mode, network.engine, network.clock);
    const client = await dial();
    await client.write("x");
    await network.pass(limits.idleTimeoutMs.value - 1_000);
    assert.equal(server.stats.connections, 1);
    await network.pass(2_000);
    assert.equal(server.stats.connections, 0);
  });
}
