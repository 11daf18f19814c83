/**
 * What keeps the process alive is the same on every engine, in memory too, and as in node:net.
 */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { whyNoEpoll, whyNoUring } from "../../src/wire/index.ts";
import { start } from "../support/command.ts";

const program = fileURLToPath(new URL("programs/process-life.js", import.meta.url));

/** Long enough for an idle process to exit. */
const aliveMs = 250;
/** Longer than a loaded machine takes to close a socket. */
const endsMs = 20_000;

async function run(t: TestContext, engine: string, name: string, ms: number): Promise<string> {
  const child = start(t, process.execPath, [program, engine, name, `${ms}`]);
  assert.equal(await child.code(), 0, child.stderr);
  return child.stdout;
}

for (const { engine, skip } of [
  { engine: "portable", skip: undefined },
  { engine: "epoll", skip: whyNoEpoll() },
  { engine: "io_uring", skip: whyNoUring() },
  { engine: "memory", skip: undefined },
]) {
  describe(`on the ${engine} engine`, { skip, concurrency: 2 }, () => {
    for (const name of [
      "a listener",
      "a paused listener",
      "an open connection",
      "a connection of which both ends are paused",
      "a connection of which one side has ended",
      "bytes that wait to be sent",
      "a read with a deadline",
      "a bound datagram socket",
      "a dialed datagram socket",
      "a listener that was unreferenced and referenced again",
      "a paused listener that was unreferenced and referenced again",
      "a connection that was unreferenced and referenced again",
      "datagram sockets that were unreferenced and referenced again",
      "bytes that wait to be sent on an unreferenced connection",
    ]) {
      test(`${name} keeps the process alive`, async (t) => {
        assert.equal(await run(t, engine, name, aliveMs), "alive\n");
      });
    }

    for (const name of [
      "a closed listener",
      "a connection that both sides have ended",
      "a connection that was closed",
      "a connection that was reset",
      "a pair for tests whose two ends were closed",
      "a closed datagram socket",
      "an unreferenced listener",
      "an unreferenced listener that is paused, and one that was paused before",
      "an unreferenced connection",
      "an unreferenced connection that reads",
      "unreferenced datagram sockets",
    ]) {
      test(`${name} does not keep the process alive`, async (t) => {
        assert.equal(await run(t, engine, name, endsMs), "");
      });
    }

    test("a read whose deadline passes fails, and then the process ends by itself", async (t) => {
      const name = "a read whose deadline has passed, and its pair closed";
      assert.equal(await run(t, engine, name, endsMs), "ERR_READ_TIMEOUT\n");
    });
  });
}

test("in memory with a clock set by hand, nothing that is open keeps the process alive", async (t) => {
  for (const name of ["a listener", "an open connection", "a bound datagram socket"]) {
    assert.equal(await run(t, "memory with a fake clock", name, endsMs), "");
  }
});
