/** Proxy URLs: how they are parsed, and that messages never show the credentials. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseProxy } from "../../../src/base/address/proxy.ts";

describe("a proxy", () => {
  const rows = [
    ["socks5://localhost:1080", "socks5", "localhost", 1080],
    ["socks5h://localhost:1080", "socks5", "localhost", 1080],
    ["SOCKS5://localhost:1080", "socks5", "localhost", 1080],
    ["http://proxy.example:3128", "http", "proxy.example", 3128],
    ["http://proxy.example:3128/", "http", "proxy.example", 3128],
    ["socks5://[::1]:1080", "socks5", "::1", 1080],
    ["socks5://127.0.0.1:1", "socks5", "127.0.0.1", 1],
  ] as const;
  for (const [text, protocol, host, port] of rows) {
    test(`is read: ${text}`, () => {
      const proxy = parseProxy(text);
      assert.deepEqual(
        [proxy.protocol, proxy.target, proxy.credentials],
        [protocol, { scheme: "tcp", host, port }, undefined],
      );
    });
  }

  test("has a user and a password, percent-encoded, and everything up to the last @", () => {
    const credentialsOf = (before: string) => parseProxy(`socks5://${before}@h:1`).credentials;
    assert.deepEqual(credentialsOf("bob:pw"), { user: "bob", password: "pw" });
    assert.deepEqual(credentialsOf("bob"), { user: "bob", password: "" });
    assert.deepEqual(credentialsOf("b%3Ab:p%40w%25"), { user: "b:b", password: "p@w%" });
    assert.deepEqual(credentialsOf("bob:p:w"), { user: "bob", password: "p:w" });
    assert.deepEqual(credentialsOf("bob:p@w"), { user: "bob", password: "p@w" });
    assert.deepEqual(credentialsOf("b%C3%BCb:%E2%82%AC"), { user: "büb", password: "€" });
  });

  test("is called by a name without them", () => {
    assert.equal(parseProxy("socks5h://bob:pw@[::1]:1080").name, "socks5://[::1]:1080");
    assert.equal(parseProxy("http://bob:pw@proxy:3128/").name, "http://proxy:3128");
  });

  const refused: readonly (readonly [text: string, message: RegExp])[] = [
    ["", /^proxy "" is not socks5:\/\/host:port or http:\/\/host:port$/],
    ["localhost:1080", /^proxy "localhost:1080" is not socks5/],
    ["bob:secret@localhost:1080", /^proxy "\*\*\*@localhost:1080" is not socks5/],
    ["ftp://bob:secret@h:1", /^proxy "ftp:\/\/\*\*\*@h:1" is not socks5/],
    ["ftp://bob:sec//ret@h:1", /^proxy "ftp:\/\/\*\*\*@h:1" is not socks5/],
    ["socks4://h:1", /^proxy "socks4:\/\/h:1" is not socks5/],
    ["constructor://h:1", /^proxy "constructor:\/\/h:1" is not socks5/],
    ["socks5://h", /^proxy: no port: write socks5:\/\/host:port$/],
    ["socks5://bob:secret", /^proxy: no port: write socks5:\/\/host:port$/],
    ["http://h:1/path", /^proxy: no port: write http:\/\/host:port$/],
    ["http://h:0", /^proxy: port "0" is not a number from 1 to 65535/],
    ["http://h h:1", /^proxy: host "h h" holds " "/],
    ["http://::1:1080", /^proxy: target .* is an IPv6 address without brackets/],
    ["socks5://@h:1", /^proxy: the user before the @ is empty$/],
    ["socks5://bob:%zz@h:1", /^proxy: user and password must be percent-encoded; write % as %25$/],
    ["http://b%3Ab:secret@h:1", /^proxy: the user contains a colon, which HTTP does not allow$/],
    [`socks5://bob:${"é".repeat(128)}@h:1`, /^proxy: user or password has 256 bytes: .* 255 at most$/],
  ];
  for (const [text, message] of refused) {
    test(`is refused: ${text.slice(0, 40)}`, () => {
      assert.throws(
        () => parseProxy(text),
        (error) => error instanceof TypeError && message.test(error.message),
      );
    });
  }

  test("that is no text is refused", () => {
    assert.throws(() => parseProxy(7 as unknown as string), /^TypeError: proxy: 7 is not a string$/);
  });

  test("never shows its password, whatever is wrong with it", () => {
    const anything = fc.stringMatching(/^[ab:/@.[\]% 1]{0,12}$/);
    fc.assert(
      fc.property(anything, anything, (scheme, rest) => {
        try {
          const { name } = parseProxy(`${scheme}://bob:S3CRET@${rest}`);
          assert.ok(!name.includes("S3CRET"), name);
        } catch (error) {
          assert.ok(error instanceof TypeError, String(error));
          assert.ok(!error.message.includes("S3CRET"), error.message);
        }
      }),
    );
  });
});
