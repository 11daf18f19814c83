/** HTTP CONNECT, line by line. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { limits } from "../../../src/index.ts";
import { HandshakeError } from "../../../src/net/proxy-client/handshake.ts";
import { httpConnect } from "../../../src/net/proxy-client/http-connect.ts";
import { bytesOf, cuts, play, type Played } from "./scripted-wire.ts";

const endpoint = { host: "example.com", port: 443 };

function answered(answer: string): Played {
  return play(httpConnect(endpoint, undefined), [bytesOf(answer)]);
}

function failure({ error }: Played): readonly [string, string] {
  assert.ok(error instanceof Error, "it failed");
  return [error instanceof HandshakeError ? error.code : error.name, error.message];
}

describe("HTTP CONNECT", () => {
  const requests = [
    ["example.com", "example.com:443"],
    ["127.0.0.1", "127.0.0.1:443"],
    ["2001:db8::1", "[2001:db8::1]:443"],
  ] as const;
  for (const [host, authority] of requests) {
    test(`asks for ${authority}`, () => {
      const { sent } = play(httpConnect({ host, port: 443 }, undefined), []);
      assert.equal(
        Buffer.concat(sent).toString(),
        `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`,
      );
    });
  }

  test("says user and password in UTF-8 and base64", () => {
    const { sent } = play(httpConnect(endpoint, { user: "büb", password: "p:€" }), []);
    const [, basic = ""] =
      /\r\nProxy-Authorization: Basic (\S+)\r\n\r\n$/.exec(String(Buffer.concat(sent))) ?? [];
    assert.equal(Buffer.from(basic, "base64").toString(), "büb:p:€");
  });

  const accepted = [
    "HTTP/1.1 200 Connection established\r\n\r\n",
    "HTTP/1.0 200\r\n\r\n",
    "HTTP/1.1 200 \r\nContent-Length: 5\r\nVia: 1.1 proxy\r\n\r\n",
    "HTTP/1.1 204 Fine\nServer: bare line feeds\n\n",
    "HTTP/1.1 100 Continue\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
  ];
  for (const answer of accepted) {
    test(`leaves every byte behind ${JSON.stringify(answer)}, however it is cut`, () => {
      for (const pieces of cuts(bytesOf(answer, "\r\nSSH-2.0-first words"))) {
        const { done, error, rest } = play(httpConnect(endpoint, undefined), pieces);
        assert.equal(error, undefined);
        assert.ok(done);
        assert.equal(Buffer.from(rest).toString(), "\r\nSSH-2.0-first words");
      }
    });
  }

  const refusals = [
    ["403 Forbidden by rule", "ERR_PROXY_REFUSED", 'the proxy refused: "403 Forbidden by rule"'],
    ["405 Method Not Allowed", "ERR_PROXY_REFUSED", 'the proxy refused: "405 Method Not Allowed"'],
    ["302 Found", "ERR_PROXY_REFUSED", 'the proxy refused: "302 Found"'],
    ["502 Bad Gateway", "ERR_TARGET_UNREACHABLE", 'the proxy could not connect: "502 Bad Gateway"'],
    ["504", "ERR_TARGET_UNREACHABLE", 'the proxy could not connect: "504"'],
    ["500 \u001b[2J", "ERR_TARGET_UNREACHABLE", 'the proxy could not connect: "500 \\x1b[2J"'],
    ["407 Who are you", "ERR_PROXY_AUTH_FAILED", "the proxy requires a user and a password"],
  ] as const;
  for (const [status, code, words] of refusals) {
    test(`${JSON.stringify(status)} is ${code}, known from its first line`, () => {
      assert.deepEqual(failure(answered(`HTTP/1.1 ${status}\r\n`)), [code, words]);
    });
  }

  for (const status of [407, 401])
    test(`${status} to a password is that it is not taken`, () => {
      const answer = bytesOf(`HTTP/1.1 ${status} No\r\n`);
      assert.deepEqual(failure(play(httpConnect(endpoint, { user: "bob", password: "pw" }), [answer])), [
        "ERR_PROXY_AUTH_FAILED",
        "the proxy rejected this user and password",
      ]);
    });

  for (const answer of [
    "SSH-2.0-x\r\n",
    "\r\n",
    "HTTP/1.1 20 OK\r\n",
    "HTTP/1.1 099 OK\r\n",
    "HTTP/2 200 OK\r\n",
    "ICY 200 OK\n",
  ]) {
    test(`knows that ${JSON.stringify(answer)} is no answer`, () => {
      assert.equal(failure(answered(answer))[0], "ERR_PROXY_INVALID");
    });
  }

  describe("whose answer does not end", () => {
    const max = limits.proxyAnswerBytesMax.value;
    const endless = [
      ["one line", "x".repeat(max + 1)],
      ["one header", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(max)}`],
      ["headers", `HTTP/1.1 200 OK\r\n${"X: 1\r\n".repeat(max / 6)}`],
      ["1xx", "HTTP/1.1 100 Continue\r\n\r\n".repeat(max / 25 + 1)],
    ] as const;
    for (const [what, answer] of endless) {
      test(`but goes on with ${what}, fails at ${max} bytes`, () => {
        const words = `the proxy's answer is longer than ${max} bytes`;
        assert.deepEqual(failure(answered(answer)), ["ERR_PROXY_INVALID", words]);
      });
    }

    test("but stays within that, is taken", () => {
      const head = "HTTP/1.1 200 OK\r\n";
      const header = `X: ${"x".repeat(max - head.length - 7)}\r\n`;
      const { done, rest } = answered(`${head}${header}\r\nrest`);
      assert.ok(done);
      assert.equal(Buffer.from(rest).toString(), "rest");
    });
  });
});
