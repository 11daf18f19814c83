/**
 * What `--crlf` and `--hex` make of bytes.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { crlfEnded, withCrlf } from "../../../src/cli/tty/crlf.ts";
import { HexDump } from "../../../src/cli/tty/hex.ts";
import { portcall } from "../../support/command.ts";
import { passiveServer, receivesEnd } from "../support/passive-peers.ts";

async function sent(...chunks: readonly string[]): Promise<string> {
  async function* input(): AsyncGenerator<Uint8Array, undefined> {
    for (const chunk of chunks) yield Promise.resolve(Buffer.from(chunk, "latin1"));
  }
  let text = "";
  for await (const chunk of withCrlf(input())) text += Buffer.from(chunk).toString("latin1");
  return text;
}

describe("--crlf", () => {
  test("makes a bare LF CR LF, and lets CR LF and a lone CR be", async () => {
    assert.equal(await sent("a\nb\r\nc\rd\n\n"), "a\r\nb\r\nc\rd\r\n\r\n");
  });

  test("F63: gives the same for every cut", async () => {
    const chunk = fc.string({ unit: fc.constantFrom("\r", "\n", "a", "\xff") });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk), async (chunks) => {
        assert.equal(await sent(...chunks), chunks.join("").replaceAll(/(?<!\r)\n/g, "\r\n"));
      }),
    );
  });

  test("hands a chunk on as it is, uncopied, if there is nothing to change", () => {
    const chunk = Buffer.from("GET / HTTP/1.0\r\n\r\n");
    assert.equal(crlfEnded(chunk, 0), chunk);
  });

  for (const [flag, ...rest] of [["-C"], ["--crlf"], ["-C", "-v"]]) {
    test(`connect ${[flag, ...rest].join(" ")} ends piped lines with CR LF`, async (t) => {
      const server = await passiveServer(t);
      const accepted = server.accept();
      const child = portcall(t, ["connect", flag as string, ...rest, "127.0.0.1", String(server.port)]);
      child.end("EHLO me\nQUIT\r\n");
      const peer = await accepted;
      assert.equal((await receivesEnd(peer)).toString(), "EHLO me\r\nQUIT\r\n");
      peer.end();
      assert.equal(await child.code(), 0);
    });
  }
});

describe("--hex", () => {
  test("has sixteen bytes in a row, and a row of its own for each chunk", () => {
    const dump = new HexDump();
    assert.deepEqual(dump.received(Buffer.from("HTTP/1.1 200 OK\r\n")), [
      "< 00000000  48 54 54 50 2f 31 2e 31  20 32 30 30 20 4f 4b 0d  |HTTP/1.1 200 OK.|\n",
      "< 00000010  0a                                                |.|\n",
    ]);
    assert.deepEqual(dump.sent(Buffer.from("hi\n")), [
      "> 00000000  68 69 0a                                          |hi.|\n",
    ]);
    assert.deepEqual(dump.received(Buffer.from([0xff, 0x7f, 0x20])), [
      "< 00000011  ff 7f 20                                          |.. |\n",
    ]);
  });

  test("connect shows both directions on stdout, in a pipe too", async (t) => {
    const server = await passiveServer(t);
    const accepted = server.accept();
    const child = portcall(t, ["connect", "--hex", "127.0.0.1", String(server.port)]);
    child.end("ping\n");
    const peer = await accepted;
    assert.equal((await receivesEnd(peer)).toString(), "ping\n");
    peer.end("\x1b[2Jpong");
    assert.equal(await child.code(), 0);
    assert.equal(
      child.stdout,
      "> 00000000  70 69 6e 67 0a                                    |ping.|\n" +
        "< 00000000  1b 5b 32 4a 70 6f 6e 67                           |.[2Jpong|\n",
    );
  });

  test("listen --connections 2 puts the client's number before each row", async (t) => {
    const child = portcall(t, ["listen", "--hex", "-C", "--connections", "2", ":0"]);
    const [, port = ""] = await child.printsOnStderr(/listening on \S*:(\d+)/);
    const one = portcall(t, ["connect", "127.0.0.1", port]);
    await child.printsOnStderr(/\[1\] connected/);
    await one.write("x");
    await child.prints(/^\[1\] < 00000000 {2}78 +\|x\|\n/);
    await child.write("y\n");
    await one.prints(/y\r\n/);
    await child.prints(/^\[1\] > 00000000 {2}79 0d 0a +\|y\.\.\|\n/m);
  });
});
