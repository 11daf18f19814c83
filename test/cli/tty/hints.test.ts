/**
 * Words for a person who waits: on the missing CR, and on what is waited for after FIN.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CrlfHint, silenceMs } from "../../../src/cli/tty/crlf-hint.ts";
import { noticeMs, CloseGrace, closeGraceMs } from "../../../src/cli/tty/close-grace.ts";
import { FakeClock } from "../../../src/testing/fake-clock.ts";

function hinting(port: number | undefined): { hint: CrlfHint; clock: FakeClock; said: string[] } {
  const clock = new FakeClock();
  const said: string[] = [];
  return { hint: new CrlfHint({ port, clock, say: (line) => said.push(line) }), clock, said };
}

describe("the hint on CR LF", () => {
  const rows: readonly (readonly [
    what: string,
    port: number | undefined,
    talk: readonly string[],
    isSaid: boolean,
  ])[] = [
    ["a bare LF to a port where lines end with CR LF", 25, [">HELO me\n"], true],
    ["a bare LF to a peer whose lines end with CR LF", 7777, ["<220 ready\r\n", ">HELO me\n"], true],
    ["a peer's CR LF cut in two", 7777, ["<220 ready\r", "<\n", ">HELO me\n"], true],
    ["a peer's line that is not finished", 7777, ["<220 ready\r\nname: ", ">bob\n"], true],
    ["a Unix socket whose lines end with CR LF", undefined, ["<ready\r\n", ">x\n"], true],
    ["a line in two chunks", 25, [">HELO", ">\n"], true],
    ["a request of HTTP, finished", 80, [">GET / HTTP/1.0\n", ">\n"], true],
    ["a request of HTTP, half typed", 80, [">GET / HTTP/1.0\n"], false],
    ["CR LF", 25, [">HELO me\r\n"], false],
    ["a line that is not finished", 25, [">HELO"], false],
    ["a line that is answered", 25, [">HELO me\n", "<250 hi\r\n"], false],
    ["a peer whose lines end with LF, on such a port", 25, ["<hello\n", ">HELO me\n"], false],
    ["a peer of which nothing is known", 7777, [">hello\n"], false],
    ["a peer that said no line", 7777, ["<name: ", ">bob\n"], false],
  ];
  for (const [what, port, talk, isSaid] of rows) {
    test(`${isSaid ? "is said" : "is not said"} of ${what}`, () => {
      const { hint, clock, said } = hinting(port);
      for (const one of talk) {
        const chunk = Buffer.from(one.slice(1));
        if (one.startsWith(">")) hint.sent(chunk);
        else hint.received(chunk);
      }
      clock.advance(silenceMs - 1);
      assert.deepEqual(said, []);
      clock.advance(1);
      assert.equal(said.length, isSaid ? 1 : 0);
      if (isSaid) assert.match(said[0] ?? "", /-C sends CR LF$/);
    });
  }

  test("is said once, and not behind the end", () => {
    const { hint, clock, said } = hinting(21);
    for (let line = 0; line < 3; line++) {
      hint.sent(Buffer.from("USER me\n"));
      clock.advance(silenceMs);
    }
    assert.equal(said.length, 1);
    const ended = hinting(21);
    ended.hint.sent(Buffer.from("USER me\n"));
    ended.hint.end();
    ended.clock.advance(silenceMs);
    assert.deepEqual(ended.said, []);
  });
});

describe("after our FIN", () => {
  function closing(): { closeGrace: CloseGrace; clock: FakeClock; said: string[] } {
    const clock = new FakeClock();
    const said: string[] = [];
    return { closeGrace: new CloseGrace({ clock, say: (line) => said.push(line) }), clock, said };
  }

  test("says once, after a while, what is waited for", () => {
    const { closeGrace: one, clock, said } = closing();
    one.finSent();
    clock.advance(noticeMs - 1);
    assert.deepEqual(said, []);
    clock.advance(1);
    clock.advance(60_000);
    assert.deepEqual(said, ["sent FIN; waiting for the peer, Ctrl-C stops"]);
  });

  test("says nothing of a peer that ends in time", () => {
    const { closeGrace: one, clock, said } = closing();
    one.finSent();
    one.end();
    clock.advance(60_000);
    assert.deepEqual(said, []);
  });

  test("after Ctrl-C the peer has a time that ends, and that is said", async () => {
    const { closeGrace: one, clock, said } = closing();
    one.hurry();
    one.finSent();
    clock.advance(noticeMs);
    assert.deepEqual(said, ["sent FIN; waiting 5 s for the peer, Ctrl-C again ends at once"]);
    clock.advance(closeGraceMs - noticeMs);
    await one.givenUp;
  });
});
