/**
 * Events that a turn had no time for are reported in a later turn, even if nothing else happens. No event is reported
 * repeatedly.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { tcpAddress } from "../../src/base/address/address.ts";
import { chooseEngine, type Engine } from "../../src/wire/index.ts";
import { connectThrough, listen } from "../contract/wire-pair.ts";
import { nativeEngines } from "../support/native-engines.ts";
import type { WireRecorder } from "../support/wire-recorder.ts";
import { temporaryFolder } from "../support/folder.ts";

/** Full reads that fill epoll's arena, and with it the batch. */
const readsInBatch = 8;
const readBytes = 128 * 1024;

/** Keeps the handler busy longer than a turn lasts. */
function standStill(): void {
  const until = performance.now() + 20;
  while (performance.now() < until);
}

/** How often the event loop has turned. */
function turnsOfLoop(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount;
}

for (const { name, whyNot } of nativeEngines) {
  describe(`on the ${name} engine`, { skip: whyNot, timeout: 20_000 }, () => {
    /** Busy pairs over a Unix socket, whose bytes make a batch that takes a whole turn; `last` is called at its end. */
    async function openBusy(
      t: TestContext,
      engine: Engine,
      last: () => void = () => undefined,
    ): Promise<{ fill(): void; heard(): Promise<unknown> }> {
      const folder = temporaryFolder(t);
      const door = await listen(t, engine, {
        family: "unix",
        path: join(folder, "busy"),
      });
      const pairs: (readonly [WireRecorder, WireRecorder])[] = [];
      let reported = 0;
      for (let index = 0; index < readsInBatch; index++) {
        const pair = await connectThrough(t, engine, door);
        const [client, server] = pair;
        client.start();
        server.start();
        server.onBytes = () => {
          standStill();
          if (++reported === readsInBatch) last();
        };
        pairs.push(pair);
      }
      return {
        fill: () => {
          for (const [client] of pairs) assert.ok(client.wire.write(new Uint8Array(readBytes)));
        },
        heard: () => Promise.all(pairs.map(([, server]) => server.untilReceived(readBytes))),
      };
    }

    test("a reset after the peer's end is reported after a turn that was used up", async (t) => {
      const engine = chooseEngine(name);
      const door = await listen(t, engine, tcpAddress("127.0.0.1", 0));
      const busy = await openBusy(t, engine);
      const [client, server] = await connectThrough(t, engine, door);
      client.start();
      server.start();
      client.wire.end();
      await server.until(() => server.hasEnded);
      // The batch with the end of stream is over, so that the reset follows.
      await nextTurn();
      busy.fill();
      client.wire.abort();
      await busy.heard();
      // Linux reports a reset after the end of stream as EPIPE.
      assert.equal((await server.closing)?.code, "EPIPE");
    });

    test("an event kept for a closed wire is not reported to the next wire with its descriptor", async (t) => {
      const engine = chooseEngine(name);
      const door = await listen(t, engine, tcpAddress("127.0.0.1", 0));
      const busy = await openBusy(t, engine, () => server.close());
      const [client, server] = await connectThrough(t, engine, door);
      client.start();
      server.start();
      busy.fill();
      client.wire.write(Uint8Array.of(1));
      await server.closing;
      const [otherClient, otherServer] = await connectThrough(t, engine, door);
      otherClient.start();
      otherServer.start();
      otherClient.wire.write(Uint8Array.of(2, 3));
      await otherServer.untilReceived(2);
      assert.deepEqual(otherServer.received, Uint8Array.of(2, 3));
    });

    test("a wire that is paused while its event is kept receives its bytes after resume", async (t) => {
      const engine = chooseEngine(name);
      const door = await listen(t, engine, tcpAddress("127.0.0.1", 0));
      const busy = await openBusy(t, engine, () => server.wire.pause());
      const [client, server] = await connectThrough(t, engine, door);
      client.start();
      server.start();
      busy.fill();
      client.wire.write(Uint8Array.of(1));
      await busy.heard();
      client.wire.write(Uint8Array.of(2));
      client.wire.end();
      server.wire.resume();
      await server.until(() => server.hasEnded);
      assert.deepEqual(server.received, Uint8Array.of(1, 2));
    });

    test("room for a peer that has ended and does not read is waited for without a turn", async (t) => {
      const engine = chooseEngine(name);
      const door = await listen(t, engine, tcpAddress("127.0.0.1", 0));
      for (const reads of [false, true]) {
        const [client, server] = await connectThrough(t, engine, door);
        if (reads) server.start();
        client.wire.end();
        // Long enough for the end of stream to have arrived, read or not.
        const [otherClient, otherServer] = await connectThrough(t, engine, door);
        otherClient.start();
        otherServer.start();
        otherClient.wire.write(Uint8Array.of(1));
        await otherServer.untilReceived(1);
        if (reads) await server.until(() => server.hasEnded);
        const sent = server.fill(new Uint8Array(65_536));
        if (!reads) {
          server.start();
          server.wire.pause();
        }
        // V8 may run tasks of its own in one such time, but not in all of them.
        const counts: number[] = [];
        do {
          const before = turnsOfLoop();
          await new Promise((resolve) => setTimeout(resolve, 100));
          counts.push(turnsOfLoop() - before);
        } while ((counts.at(-1) as number) >= 50 && counts.length < 20);
        assert.ok((counts.at(-1) as number) < 50, `${counts.join(", ")} turns while nothing happens`);
        client.start();
        await client.untilReceived(sent);
        await server.until(() => server.drainedCount > 0);
      }
    });
  });
}
