/** A peer resets while it is sent much data: the reason is the reset, on every engine. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, formatAddress, serve } from "../../src/index.ts";
import { forEachEngine } from "../support/engines.ts";

forEachEngine((createEngine) => {
  test("a reset is reported as one, also where a write notices it first", async (t) => {
    const engine = createEngine();
    const server = await serve({ engine, readBufferBytesMax: 1 }, async (client) => {
      // The client has filled both buffers, and waits for room.
      await client.readExactly(1);
      await client.abort();
    });
    t.after(() => server.close({ drainMs: 0 }));
    for (let round = 0; round < 10; round++) {
      const connection = await connect(formatAddress(server.address), { engine });
      const writes = Array.from({ length: 20 }, () =>
        connection.write(new Uint8Array(1 << 20)).then(
          () => "sent",
          (error: unknown) => (error as { readonly code: string }).code,
        ),
      );
      const { how, by, error } = await connection.closed;
      assert.deepEqual([how, by, error?.code], ["reset", "peer", "ECONNRESET"], error?.message);
      const outcomes = new Set(await Promise.all(writes));
      outcomes.delete("sent");
      assert.deepEqual([...outcomes], ["ECONNRESET"]);
    }
  });
});
