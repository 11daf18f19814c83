/** The engines and the address families of their datagrams: one row each. */
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { tcpAddress } from "../../src/base/address/address.ts";
import {
  createEpollEngine,
  createMemoryEngine,
  createPortableEngine,
  createUringEngine,
  whyNoEpoll,
  whyNoUring,
} from "../../src/wire/index.ts";
import { open, testDatagrams } from "./datagram.ts";
import { pattern } from "./wire-pair.ts";

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === "::1"),
);
const noIpv6 = hasIpv6 ? undefined : "this machine has no ::1";

const ipv4 = { name: "IPv4", address: tcpAddress("127.0.0.1", 0), wildcard: tcpAddress("0.0.0.0", 0) };
const ipv6 = { name: "IPv6", address: tcpAddress("::1", 0), wildcard: tcpAddress("::", 0) };

testDatagrams({
  name: "portable",
  createEngine: () => createPortableEngine(),
  addresses: [
    // 192.0.2.0/24 and 2001:db8::/32 are reserved for documentation.
    { ...ipv4, elsewhere: tcpAddress("192.0.2.1", 0) },
    { ...ipv6, elsewhere: tcpAddress("2001:db8::1", 0), skip: noIpv6 },
  ],
});

for (const [name, createEngine, skip] of [
  ["epoll", () => createEpollEngine(), whyNoEpoll()],
  ["io_uring", () => createUringEngine(), whyNoUring()],
] as const) {
  testDatagrams({
    name,
    createEngine,
    addresses: [
      {
        ...ipv4,
        other: tcpAddress("127.0.0.2", 0),
        notToSendFrom: tcpAddress("239.1.2.3", 0),
        elsewhere: tcpAddress("192.0.2.1", 0),
        skip,
      },
      {
        ...ipv6,
        // IPv4 on a socket for both families.
        other: tcpAddress("127.0.0.2", 0),
        notToSendFrom: tcpAddress("ff02::1", 0),
        elsewhere: tcpAddress("2001:db8::1", 0),
        skip: skip ?? noIpv6,
      },
    ],
  });
}

// In memory every address belongs to this machine.
testDatagrams({
  name: "memory",
  createEngine: () => createMemoryEngine(),
  addresses: [{ ...ipv4, other: tcpAddress("127.0.0.2", 0) }, ipv6],
});

for (const [name, createEngine, skip] of [
  ["portable", () => createPortableEngine(), noIpv6],
  ["epoll", () => createEpollEngine(), whyNoEpoll() ?? noIpv6],
  ["io_uring", () => createUringEngine(), whyNoUring() ?? noIpv6],
  ["memory", () => createMemoryEngine(), undefined],
] as const) {
  test(
    `the ${name} engine on all addresses of IPv6 hears IPv4 too, in its own spelling (F48)`,
    {
      skip: skip ?? false,
    },
    async (t) => {
      const engine = createEngine();
      const server = await open(t, engine, ipv6.wildcard);
      const client = await open(t, engine, ipv4.address);
      await client.send(pattern(3), { ...ipv4.address, port: server.wire.local.port });
      const { from } = await server.next();
      assert.deepEqual(from, client.wire.local);
      assert.equal(await server.send(pattern(4), from), undefined);
      assert.equal((await client.next()).bytes.length, 4);
    },
  );
}
