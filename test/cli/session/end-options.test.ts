/**
 * The end of stdin and of the peer, as the options of `connect` and `listen` decide it.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { portcall } from "../../support/command.ts";
import { receives, receivesEnd } from "../support/passive-peers.ts";
import { startConversation } from "../support/conversation.ts";

const notPosix = process.platform === "win32" && "pipes here are those of POSIX";
const MiB = 1_048_576;
const much = Buffer.alloc(MiB, "much ");

describe("when the peer has ended and stdin goes on", { skip: notPosix, concurrency: 3 }, () => {
  for (const role of ["connect", "listen"] as const) {
    test(`${role} ends with 0 when stdin gives nothing for --half-close-timeout`, async (t) => {
      const { child, stdout, peer } = await startConversation(t, role, "--half-close-timeout", "20ms");
      peer.end("all of it\n");
      assert.equal((await receivesEnd(stdout)).toString(), "all of it\n");
      // stdin is still open.
      assert.equal(await child.code(), 0);
      assert.equal((await receivesEnd(peer)).toString(), "");
    });

    test(`${role} sends what stdin still gives within the default of two seconds, and then ends`, async (t) => {
      const { child, stdin, stdout, peer } = await startConversation(t, role);
      peer.end();
      await receivesEnd(stdout);
      stdin.write("a late answer");
      await receives(peer, 13);
      const sinceMs = performance.now();
      assert.equal(await child.code(), 0);
      assert.ok(performance.now() - sinceMs > 1_500, "two seconds begin with the last of stdin");
    });
  }
});

describe("options for the end of stdin", { skip: notPosix, concurrency: 3 }, () => {
  for (const role of ["connect", "listen"] as const) {
    test(`${role} names --no-shutdown when the peer ends without a byte after our FIN`, async (t) => {
      const { child, stdin, peer } = await startConversation(t, role);
      stdin.end("GET / HTTP/1.0\r\n\r\n");
      // As a proxy does that treats FIN as the close of the whole connection.
      await receivesEnd(peer);
      peer.end();
      assert.equal(await child.code(), 0);
      assert.match(
        child.stderr,
        /^portcall: 127\.0\.0\.1:\d+ ended without sending a byte after our FIN; if you expected an answer, try --no-shutdown$/m,
      );
    });

    for (const [why, words, stdinBytes, answer] of [
      ["-N asked for FIN", ["-N"], "x", ""],
      ["nothing was sent", [], "", ""],
      ["something came", [], "x", "y"],
      ["--send-only expects nothing", ["--send-only"], "x", ""],
    ] as const) {
      test(`${role} does not name it when ${why}`, async (t) => {
        const { child, stdin, peer } = await startConversation(t, role, ...words);
        stdin.end(stdinBytes);
        await receivesEnd(peer);
        peer.end(answer);
        assert.equal(await child.code(), 0);
        assert.doesNotMatch(child.stderr, /--no-shutdown/);
      });
    }

    test(`${role} --no-shutdown gets the answer of a server that drops half-closed clients`, async (t) => {
      const { child, stdin, stdout, peer } = await startConversation(t, role, "--no-shutdown");
      stdin.end("request\n");
      await receives(peer, 8);
      for (let part = 1; part <= 20; part++) {
        peer.write("part ");
        await receives(stdout, 5 * part);
      }
      assert.equal(peer.readableEnded, false);
      peer.end();
      assert.equal((await receivesEnd(peer)).toString(), "request\n");
      assert.equal(await child.code(), 0);
      assert.doesNotMatch(child.stderr, /--no-shutdown/);
    });

    test(`${role} --recv-only leaves stdin unread, sends nothing and ends with the peer`, async (t) => {
      const { child, stdin, stdout, peer } = await startConversation(t, role, "--recv-only");
      stdin.write("never sent");
      peer.end(much);
      assert.equal((await receivesEnd(stdout)).length, MiB);
      assert.equal((await receivesEnd(peer)).length, 0);
      assert.equal(await child.code(), 0);
    });

    test(`${role} --send-only discards received bytes, and ends with stdin`, async (t) => {
      const { child, stdin, stdout, peer } = await startConversation(t, role, "--send-only");
      const printed = receivesEnd(stdout);
      peer.write("discarded");
      stdin.end(much);
      assert.equal((await receivesEnd(peer)).length, MiB);
      peer.end();
      assert.equal(await child.code(), 0);
      assert.equal((await printed).length, 0);
    });

    test(`${role} -q sends FIN at the end of stdin, and reports that it ended before the peer`, async (t) => {
      const { child, stdin, stdout, peer } = await startConversation(t, role, "-q", "1s");
      stdin.end("x");
      assert.equal((await receivesEnd(peer)).toString(), "x");
      peer.write("in time");
      assert.equal((await receivesEnd(stdout)).toString(), "in time");
      assert.equal(await child.code(), 0);
      assert.match(
        child.stderr,
        /^portcall: closed 1000 ms after the end of stdin \(-q\), before the peer's FIN$/m,
      );
    });

    test(`${role} -q ends with 17 when more comes after its time`, async (t) => {
      const { child, stdin, peer } = await startConversation(t, role, "-q", "1ms");
      stdin.end("x");
      const more = (): void => void (peer.destroyed || peer.write("more", () => setImmediate(more)));
      await receivesEnd(peer);
      more();
      const code = await child.code();
      // Cut while the peer still writes: it may learn of that by a reset, which is a failure too.
      assert.ok(code === 17 || code === 15, `exit ${code}: ${child.stderr}`);
    });

    test(`${role} never ends with 0 when the peer resets, whatever was asked for`, async (t) => {
      for (const words of [[], ["-N"], ["--no-shutdown"], ["--recv-only"], ["--send-only"]]) {
        const { child, stdin, peer } = await startConversation(t, role, ...words);
        stdin.write("x");
        if (!words.includes("--recv-only")) await receives(peer, 1);
        peer.resetAndDestroy();
        assert.equal(await child.code(), 15, words.join(" "));
        assert.match(child.stderr, /reset by peer/);
      }
    });
  }

  for (const [one, other] of [
    ["-N", "--no-shutdown"],
    ["-q1", "--no-shutdown"],
    ["--send-only", "--no-shutdown"],
    ["--send-only", "--recv-only"],
    ["-N", "--recv-only"],
    ["-q1", "--recv-only"],
  ] as const) {
    test(`${one} and ${other} exclude each other`, async (t) => {
      const child = portcall(t, ["connect", one, other, "localhost:1"]);
      assert.equal(await child.code(), 2);
      assert.match(child.stderr, /exclude each other\n$/);
    });
  }
});
