/** Sources of addresses. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { tcpAddress } from "../../../src/base/address/address.ts";
import { sourceOf } from "../../../src/base/address/source.ts";

const source = (host: string): string | undefined => sourceOf(tcpAddress(host, 1));

describe("a source", () => {
  test("is an IPv4 address, mapped or not", () => {
    assert.equal(source("127.0.0.2"), source("::ffff:127.0.0.2"));
    assert.notEqual(source("127.0.0.2"), source("127.0.0.3"));
  });

  test("is the first 64 bits of an IPv6 address", () => {
    assert.equal(source("2001:db8:0:1::1"), source("2001:db8:0:1:ffff:ffff:ffff:ffff"));
    assert.notEqual(source("2001:db8:0:1::1"), source("2001:db8:0:2::1"));
  });

  test("is the whole of a link-local address, zone and all", () => {
    assert.notEqual(source("fe80::1%eth0"), source("fe80::2%eth0"));
    assert.notEqual(source("fe80::1%eth0"), source("fe80::1%eth1"));
    assert.equal(source("fe8::1"), source("fe8::2"), "fe8:: is 0fe8::, and no link's");
  });

  test("is undefined for a Unix client, and for a client that has disconnected", () => {
    assert.equal(sourceOf({ family: "unix", path: "" }), undefined);
    assert.equal(sourceOf(undefined), undefined);
  });
});
