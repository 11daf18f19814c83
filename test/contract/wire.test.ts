/** The engines and their address families: one row each. */
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { tcpAddress } from "../../src/base/address/address.ts";
import {
  createEpollEngine,
  createMemoryEngine,
  createPortableEngine,
  createUringEngine,
  whyNoEpoll,
  whyNoUring,
} from "../../src/wire/index.ts";
import { testWire } from "./wire.ts";
import { temporaryFolder } from "../support/folder.ts";

const folder = temporaryFolder();

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === "::1"),
);
let names = 0;

const ipv4 = {
  name: "IPv4",
  address: () => tcpAddress("127.0.0.1", 0),
  // 192.0.2.0/24 is reserved for documentation (RFC 5737).
  elsewhere: tcpAddress("192.0.2.1", 0),
};
const ipv6 = {
  name: "IPv6",
  address: () => tcpAddress("::1", 0),
  elsewhere: tcpAddress("2001:db8::1", 0),
  skip: hasIpv6 ? undefined : "this machine has no ::1",
};
const unixPath = {
  name: "a Unix path",
  address: () => ({ family: "unix", path: join(folder, `socket-${++names}`) }) as const,
};
const unixAbstract = {
  name: "an abstract Unix name",
  address: () => ({ family: "unix", path: `@portcall-wire-${process.pid}-${++names}` }) as const,
  skip: process.platform === "linux" ? undefined : "only Linux has abstract names",
};

testWire({
  name: "portable",
  createEngine: () => createPortableEngine(),
  addresses: [ipv4, ipv6, unixPath, unixAbstract],
});

testWire({
  name: "epoll",
  createEngine: () => createEpollEngine(),
  addresses: [
    { ...ipv4, skip: whyNoEpoll() },
    { ...ipv6, skip: whyNoEpoll() ?? ipv6.skip },
    { ...unixPath, skip: whyNoEpoll() },
    { ...unixAbstract, skip: whyNoEpoll() },
  ],
});

testWire({
  name: "io_uring",
  createEngine: () => createUringEngine(),
  addresses: [
    { ...ipv4, skip: whyNoUring() },
    { ...ipv6, skip: whyNoUring() ?? ipv6.skip },
    { ...unixPath, skip: whyNoUring() },
    { ...unixAbstract, skip: whyNoUring() },
  ],
});

// In memory every address belongs to this machine.
testWire({
  name: "memory",
  createEngine: () => createMemoryEngine(),
  detaches: false,
  addresses: [
    { name: ipv4.name, address: ipv4.address },
    { name: unixPath.name, address: unixPath.address },
  ],
});

testWire({
  name: "memory (small buffers, odd chunks)",
  createEngine: () => createMemoryEngine({ capacityBytes: 5000, chunkBytesMax: 997 }),
  detaches: false,
  addresses: [{ name: ipv4.name, address: ipv4.address }],
});
