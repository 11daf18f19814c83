/** SOCKS5 byte by byte, as specified in RFC 1928 and RFC 1929. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HandshakeError } from "../../../src/net/proxy-client/handshake.ts";
import { socks5 } from "../../../src/net/proxy-client/socks5.ts";
import { bytesOf, cuts, play } from "./scripted-wire.ts";

const endpoint = { host: "example.com", port: 0x1f90 };
const bob = { user: "bob", password: "pw" };
const granted = [5, 0, 0, 1, 127, 0, 0, 1, 4, 210] as const;

function failure(error: unknown): readonly [string, string] {
  assert.ok(error instanceof HandshakeError, String(error));
  return [error.code, error.message];
}

describe("SOCKS5", () => {
  test("asks for a name as a name: the proxy looks it up", () => {
    const { sent, done } = play(socks5(endpoint, undefined), [bytesOf(5, 0, ...granted)]);
    assert.deepEqual(sent, [bytesOf(5, 1, 0), bytesOf(5, 1, 0, 3, 11, "example.com", 0x1f, 0x90)]);
    assert.ok(done);
  });

  const addresses = [
    ["127.0.0.2", [1, 127, 0, 0, 2]],
    ["2001:db8::1", [4, 0x20, 1, 0x0d, 0xb8, ...Array<number>(11).fill(0), 1]],
  ] as const;
  for (const [host, bytes] of addresses) {
    test(`asks for ${host} as an address`, () => {
      const { sent } = play(socks5({ host, port: 80 }, undefined), [bytesOf(5, 0, ...granted)]);
      assert.deepEqual(sent[1], bytesOf(5, 1, 0, ...bytes, 0, 80));
    });
  }

  test("says user and password if it is asked for them", () => {
    const { sent, done } = play(socks5(endpoint, bob), [bytesOf(5, 2, 1, 0, ...granted)]);
    assert.deepEqual(sent.slice(0, 2), [bytesOf(5, 2, 0, 2), bytesOf(1, 3, "bob", 2, "pw")]);
    assert.ok(done);
  });

  test("sends no credentials if the proxy does not ask for them", () => {
    const { sent, done } = play(socks5(endpoint, bob), [bytesOf(5, 0, ...granted)]);
    assert.equal(sent.length, 2);
    assert.ok(done);
  });

  const bound = [
    ["an IPv4 address", [1, 1, 2, 3, 4, 0, 80]],
    ["an IPv6 address", [4, ...Array<number>(16).fill(9), 0, 80]],
    ["a name", [3, 5, "proxy", 0, 80]],
    ["an empty name", [3, 0, 0, 80]],
  ] as const;
  for (const [what, address] of bound) {
    test(`leaves every byte behind the answer, which ends in ${what}, however it is cut`, () => {
      const answers = bytesOf(5, 0, 5, 0, 0, ...address, "SSH-2.0-first words");
      for (const pieces of cuts(answers)) {
        const { done, error, rest } = play(socks5(endpoint, undefined), pieces);
        assert.equal(error, undefined);
        assert.ok(done);
        assert.equal(Buffer.from(rest).toString(), "SSH-2.0-first words");
      }
    });
  }

  const refusals = [
    [1, "ERR_TARGET_UNREACHABLE"],
    [2, "ERR_PROXY_REFUSED"],
    [3, "ERR_TARGET_UNREACHABLE"],
    [4, "ERR_TARGET_UNREACHABLE"],
    [5, "ERR_TARGET_REFUSED"],
    [6, "ERR_TARGET_UNREACHABLE"],
    [7, "ERR_PROXY_REFUSED"],
    [8, "ERR_PROXY_REFUSED"],
    [9, "ERR_PROXY_INVALID"],
    [255, "ERR_PROXY_INVALID"],
  ] as const;
  for (const [status, code] of refusals) {
    test(`reply ${status} is ${code}, also with nothing behind it`, () => {
      const { error } = play(socks5(endpoint, undefined), [bytesOf(5, 0, 5, status)]);
      assert.equal(failure(error)[0], code);
    });
  }

  test("tells apart no password, a wrong one, and none that is taken", () => {
    const asks = play(socks5(endpoint, undefined), [bytesOf(5, 0xff)]);
    assert.deepEqual(failure(asks.error), [
      "ERR_PROXY_AUTH_FAILED",
      "the proxy requires a user and a password",
    ]);
    for (const answer of [bytesOf(5, 2, 1, 1), bytesOf(5, 0xff), bytesOf(5, 2, 5, 255)]) {
      assert.deepEqual(failure(play(socks5(endpoint, bob), [answer]).error), [
        "ERR_PROXY_AUTH_FAILED",
        "the proxy rejected this user and password",
      ]);
    }
  });

  const nonsense = [
    ["a banner", bytesOf("SSH-2.0-OpenSSH\r\n")],
    ["SOCKS4", bytesOf(0, 90)],
    ["a method that was not offered", bytesOf(5, 1)],
    ["a password that was not offered", bytesOf(5, 2)],
    ["a reply of another version", bytesOf(5, 0, 4, 0)],
    ["an address of no kind", bytesOf(5, 0, 5, 0, 0, 9, 1)],
  ] as const;
  for (const [what, answer] of nonsense) {
    test(`knows that ${what} is no answer`, () => {
      for (const pieces of cuts(answer)) {
        assert.equal(failure(play(socks5(endpoint, undefined), pieces).error)[0], "ERR_PROXY_INVALID");
      }
    });
  }
});
