/**
 * What the library keeps beside its objects, and where it reaches the machine: module-level variables, clocks and timers,
 * and output. Each list is complete: a new entry is a decision.
 */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

/** Files of the library, which is everything but the command. */
const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .map((name) => name.replaceAll("\\", "/"))
  .filter((name) => name.endsWith(".ts") && !name.startsWith("cli/"))
  .map((name) => ({ name, code: withoutComments(readFileSync(join("src", name), "utf8")) }));

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\/|(?<![:"'`])\/\/.*$/gm, "");
}

function filesWith(pattern: RegExp): string[] {
  return sources
    .filter(({ code }) => pattern.test(code))
    .map(({ name }) => name)
    .toSorted();
}

describe("the library", () => {
  test("keeps counters, caches and the state of one call in module-level variables, and nothing else", () => {
    const found = sources.flatMap(({ name, code }) =>
      Array.from(code.matchAll(/^(?:export )?(?:let|var) (\w+)/gm), ([, variable]) => `${name} ${variable}`),
    );
    assert.deepEqual(found.toSorted(), [
      // The block of memory from which short texts are cut.
      "base/bytes.ts block",
      "base/bytes.ts blockText",
      "base/bytes.ts blockUsed",
      // Numbers of clients, servers and UDP sockets.
      "net/client/connect.ts lastId",
      // During one call: a view is being handed out.
      "net/connection/byte-connection.ts insideUnstableView",
      // During one call: the executor of a promise hands over its function.
      "net/connection/message-reader.ts resolveNext",
      "net/diagnostics.ts lastServer",
      "net/udp/datagram-traffic.ts lastSocket",
      // Engines and the addon, made when first asked for.
      "wire/addon/addon.ts loaded",
      "wire/addon/system-lookup.ts lastId",
      "wire/addon/system-lookup.ts lookups",
      "wire/choose-engine.ts epoll",
      "wire/choose-engine.ts uring",
      "wire/native/datagram-memory.ts ofThisThread",
      "wire/native/native-engines.ts probed",
      // Listeners of the process and of its cluster, added once.
      "wire/shared/before-exit.ts isListening",
      "wire/shared/cluster-worker.ts isListening",
      "wire/shared/cluster-worker.ts worker",
    ]);
  });

  test("reads clocks and sets timers in these files alone", () => {
    const clocks = /\bDate\.now\(|\bperformance\.now\(|\bnew Date\(\)|\bset(?:Timeout|Interval)\(/;
    assert.deepEqual(filesWith(clocks), [
      "base/clock.ts",
      // The method of `net.Socket`, which takes its timer from a clock.
      "net/connection/node-stream.ts",
      // Their answer is the time.
      "services/daytime.ts",
      "services/time.ts",
      // They keep the process alive, and never fire.
      "wire/memory/process-life.ts",
      "wire/portable/listening-handle.ts",
    ]);
  });

  test("prints nothing", () => {
    assert.deepEqual(filesWith(/\bconsole\.|\bprocess\.(?:stdout|stderr)\b/), []);
  });
});
