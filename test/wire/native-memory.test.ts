/** Which part of its memory an engine reads into: copying to memory outside the cache takes half as long again. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { tcpAddress } from "../../src/base/address/address.ts";
import { chooseEngine, type Wire, type WireEvents } from "../../src/wire/index.ts";
import { dial, listen } from "../contract/wire-pair.ts";
import { nativeEngines } from "../support/native-engines.ts";

const streamBytes = 32 * 1024 * 1024;
/** Half of a typical second-level cache. The memory of an engine is 1 MiB or 4 MiB. */
const usedBytesMax = 256 * 1024;
const piece = new Uint8Array(65_536);

for (const { name, whyNot } of nativeEngines) {
  describe(`the memory of the ${name} engine`, { skip: whyNot ?? false }, () => {
    test("one stream that is only read uses the same 256 KiB over and over", async (t) => {
      const engine = chooseEngine(name);
      const door = await listen(t, engine, tcpAddress("127.0.0.1", 0));
      const [client, server] = await Promise.all([dial(engine, door.address), door.next()]);
      const silent: WireEvents = { bytes() {}, ended() {}, drained() {}, closed() {} };
      let [begin, end, received, sent] = [Infinity, 0, 0, 0];
      const fill = (wire: Wire): void => {
        for (let room = true; room && sent < streamBytes; sent += piece.length) room = wire.write(piece);
      };
      await new Promise<void>((resolve) => {
        server.start({
          ...silent,
          bytes(view) {
            begin = Math.min(begin, view.byteOffset);
            end = Math.max(end, view.byteOffset + view.length);
            received += view.length;
            if (received === streamBytes) resolve();
          },
        });
        client.start({ ...silent, drained: () => fill(client) });
        fill(client);
      });
      client.abort();
      server.abort();
      assert.ok(end - begin <= usedBytesMax, `${end - begin} bytes of memory were used`);
    });
  });
}
