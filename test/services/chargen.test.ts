import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../src/index.ts";
import { createMemoryEngine } from "../../src/wire/index.ts";
import { simulateNetwork } from "../../src/testing/simulated-network.ts";
import { bothModes, run } from "./service-under-test.ts";

const printables = Array.from({ length: 95 }, (_, offset) => String.fromCharCode(0x20 + offset)).join("");

/** Lines of the pattern of RFC 864, generated in another way than the service does. */
function patternLines(count: number): string {
  const ring = printables + printables;
  return Array.from({ length: count }, (_, line) => `${ring.slice(line % 95, (line % 95) + 72)}\r\n`).join(
    "",
  );
}

for (const [words, mode] of bothModes)
  test(`sends the pattern of RFC 864: 72 characters a line, each line one further, over and over, ${words}`, async (t) => {
    const { dial } = await run(t, "chargen", mode);
    const client = await dial();
    const expected = patternLines(300);
    const received = Buffer.from((await client.readExactly(expected.length)) ?? []).toString();
    assert.equal(received, expected);
    // Our second line is the first of the RFC's example.
    assert.equal(
      received.split("\r\n")[1],
      "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh",
    );
  });

for (const [words, mode] of bothModes)
  test(`takes no notice of what the client says, and goes on after its end, ${words}`, async (t) => {
    const { dial } = await run(t, "chargen", { ...mode, welcome: "Here it comes" });
    const client = await dial();
    await client.write("x".repeat(200_000));
    await client.end();
    const expected = `Here it comes\n${patternLines(2_000)}`;
    assert.equal(Buffer.from((await client.readExactly(expected.length)) ?? []).toString(), expected);
  });

for (const [words, mode] of bothModes)
  test(`F84: for a client that never reads it stops at the high-water mark, and gives up in the end, ${words}`, async (t) => {
    const network = simulateNetwork({ capacityBytes: 65_536 });
    const { dial, server } = await run(t, "chargen", mode, network.engine, network.clock);
    const client = await dial();
    await network.pass(1_000);
    const kept = client.bytesReceived;
    const buffers = 65_536 + limits.readBufferBytesMax.value + limits.writeAheadBytes.value;
    assert.ok(kept > 0 && kept <= buffers, `${kept} bytes`);
    await network.pass(20_000);
    assert.equal(client.bytesReceived, kept);
    assert.equal(server.stats.connections, 1);
    await network.pass(limits.writeStallTimeoutMs.value);
    assert.equal(server.stats.connections, 0);
  });

for (const [words, mode] of bothModes)
  test(`F84: a client that reads again after a while has missed nothing, ${words}`, async (t) => {
    const network = simulateNetwork({ capacityBytes: 65_536 });
    const { dial } = await run(t, "chargen", mode, network.engine, network.clock);
    const client = await dial();
    await network.pass(20_000);
    const expected = patternLines(5_000);
    assert.equal(Buffer.from((await client.readExactly(expected.length)) ?? []).toString(), expected);
  });

for (const [words, mode] of bothModes)
  test(`a client that takes everything at once does not keep the others from being served, ${words}`, async (t) => {
    const { dial } = await run(t, "chargen", mode, createMemoryEngine({ capacityBytes: Infinity }));
    const greedy = await dial();
    const reading = (async () => {
      for await (const _ of greedy);
    })().catch(() => undefined);
    const other = await dial();
    assert.ok(await other.readLine());
    await greedy.abort();
    await reading;
  });

for (const [words, mode] of bothModes)
  test(`ends when the server is closed, ${words}`, async (t) => {
    const { dial, server } = await run(t, "chargen", mode);
    const client = await dial();
    assert.ok(await client.readLine());
    const closed = server.close();
    while ((await client.read()) !== null);
    await client.end();
    await closed;
  });
