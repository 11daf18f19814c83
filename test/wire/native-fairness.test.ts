/**
 * A flood on sockets, and other work of the process meanwhile: timers, promises, files, the next turn of the loop.
 * The tests limit how much of the flood may pass before each gets its turn, so that they hold on a slow machine, too.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test, type TestContext } from "node:test";
import { tcpAddress } from "../../src/base/address/address.ts";
import { chooseEngine, type EngineChoice, type Wire, type WireEvents } from "../../src/wire/index.ts";
import { dial, listen } from "../contract/wire-pair.ts";
import { nativeEngines } from "../support/native-engines.ts";

const MB = 1_000_000;

/** In one turn of the loop: 4 MiB and the last batch, which io_uring may fill with as much again. */
const turnBytesMax = 9 * MB;

/** Progress of one kind of work: how often it ran, and the most of the flood that passed in between. */
class Work {
  times = 0;
  bytesBetweenMax = 0;
  #lastBytes = 0;

  done(floodBytes: number): void {
    this.times++;
    this.bytesBetweenMax = Math.max(this.bytesBetweenMax, floodBytes - this.#lastBytes);
    this.#lastBytes = floodBytes;
  }
}

/** Floods these pairs until so many bytes have arrived. Meanwhile each kind of work runs over and over. */
async function flood(
  t: TestContext,
  name: EngineChoice,
  { pairs, bytes }: { readonly pairs: number; readonly bytes: number },
): Promise<Readonly<Record<"timer" | "immediate" | "promise" | "file", Work>>> {
  const engine = chooseEngine(name);
  const door = await listen(t, engine, tcpAddress("127.0.0.1", 0));
  const work = { timer: new Work(), immediate: new Work(), promise: new Work(), file: new Work() };
  const wires: Wire[] = [];
  let received = 0;
  let flooding = true;
  const piece = new Uint8Array(65_536);
  const fill = (wire: Wire): void => {
    while (flooding && wire.write(piece));
  };
  const silent: WireEvents = { bytes() {}, ended() {}, drained() {}, closed() {} };
  for (let pair = 0; pair < pairs; pair++) {
    const [client, server] = await Promise.all([dial(engine, door.address), door.next()]);
    wires.push(client, server);
    server.start({ ...silent, bytes: (view) => void (received += view.length) });
    client.start({ ...silent, drained: () => fill(client) });
  }
  // Full wires are drained when there is room. Nothing else keeps them going.
  for (let index = 0; index < wires.length; index += 2) fill(wires[index] as Wire);

  const interval = setInterval(() => work.timer.done(received), 1);
  const goOn = async (kind: Work, once: () => Promise<unknown>): Promise<void> => {
    while (received < bytes) {
      await once();
      kind.done(received);
    }
  };
  await Promise.all([
    goOn(work.immediate, () => new Promise((resolve) => setImmediate(resolve))),
    goOn(work.promise, () => new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => undefined)),
    goOn(work.file, () => readFile("package.json")),
  ]);
  flooding = false;
  clearInterval(interval);
  for (const wire of wires) wire.abort();
  return work;
}

const engines: readonly { readonly name: EngineChoice; readonly whyNot?: string | undefined }[] = [
  ...nativeEngines,
  { name: "portable" },
];

for (const { name, whyNot } of engines) {
  describe(`in a flood on the ${name} engine`, { skip: whyNot, timeout: 120_000 }, () => {
    for (const pairs of [1, 8, 300]) {
      test(`over ${pairs} connections timers, promises and files go on`, async (t) => {
        const work = await flood(t, name, { pairs, bytes: 300 * MB });
        for (const [kind, { times, bytesBetweenMax }] of Object.entries(work)) {
          t.diagnostic(`${kind}: ${times} times, at most ${Math.round(bytesBetweenMax / MB)} MB between two`);
        }
        const { immediate, timer, promise, file } = work;
        // When node:net is paused, it has read a chunk of each socket already, and reads one more.
        const most = turnBytesMax + (name === "portable" ? pairs * 2 * 65_536 : 0);
        assert.ok(immediate.bytesBetweenMax <= most);
        assert.ok(Math.max(timer.bytesBetweenMax, promise.bytesBetweenMax) <= 2 * most);
        // This needs several turns, and other threads.
        assert.ok(file.times >= 1);
      });
    }
  });
}
