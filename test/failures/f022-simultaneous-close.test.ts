/** F22: both sides close at the same time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, formatAddress, serve, type Connection, type CloseInfo } from "../../src/index.ts";
import { unless } from "./support/needs.ts";
import { Seen } from "./support/seen.ts";

const pairs = 1_000;

test(`F22: ${pairs} times, both sides close at once: each sees one clean end`, unless(), async (t) => {
  const seen = new Seen();
  const arrived: Connection[] = [];
  let received: (() => void) | undefined;
  const server = await serve({ onEvent: seen.onEvent }, async (client) => {
    arrived.push(client);
    received?.();
    await client.closed;
  });
  t.after(() => server.close({ drainMs: 0 }));
  const target = formatAddress(server.address);

  async function pair(): Promise<readonly Connection[]> {
    const ours = await connect(target, { onEvent: seen.onEvent });
    const isTheirs = (one: Connection): boolean => JSON.stringify(one.remote) === JSON.stringify(ours.local);
    while (!arrived.some(isTheirs)) await new Promise<void>((resolve) => (received = resolve));
    const theirs = arrived.splice(arrived.findIndex(isTheirs), 1)[0] as Connection;
    return [ours, theirs];
  }

  for (let i = 0; i < pairs; i++) {
    const both = await pair();
    // The last data of both sides crosses on the network.
    for (const one of both) void one.write("bye");
    const endings: CloseInfo[] = await Promise.all(both.map((one) => one.close()));
    for (const closeInfo of endings) {
      assert.deepEqual(
        [closeInfo.how, closeInfo.by, closeInfo.error, closeInfo.bytesUnsent],
        ["fin", "us", undefined, 0],
        `pair ${i}`,
      );
      assert.equal(closeInfo.bytesReceived, 3, `pair ${i}`);
    }
  }
  assert.equal((await seen.first(2 * pairs, "closed")).length, 2 * pairs);
  assert.equal(seen.all("closed").length, seen.all("opened").length);
  assert.equal(server.stats.connections, 0);
});
