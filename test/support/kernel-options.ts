/**
 * What the kernel says of a socket of this process: its options, read back by a program that shares the descriptor.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Address } from "../../src/index.ts";

/** Booleans are 0 and 1, times as the kernel has them. */
export interface KernelOptions {
  readonly noDelay: number;
  readonly keepAlive: number;
  readonly keepAliveS: number;
  readonly keepAliveIntervalS: number;
  readonly keepAliveProbes: number;
  readonly userTimeoutMs: number;
  readonly receiveBufferBytes: number;
  readonly sendBufferBytes: number;
}

const program = `
import json, socket as s
one = s.socket(fileno=3)
tcp, all = s.IPPROTO_TCP, s.SOL_SOCKET
print(json.dumps({
    "noDelay": int(one.getsockopt(tcp, s.TCP_NODELAY) != 0),
    "keepAlive": one.getsockopt(all, s.SO_KEEPALIVE),
    "keepAliveS": one.getsockopt(tcp, s.TCP_KEEPIDLE),
    "keepAliveIntervalS": one.getsockopt(tcp, s.TCP_KEEPINTVL),
    "keepAliveProbes": one.getsockopt(tcp, s.TCP_KEEPCNT),
    "userTimeoutMs": one.getsockopt(tcp, s.TCP_USER_TIMEOUT),
    "receiveBufferBytes": one.getsockopt(all, s.SO_RCVBUF),
    "sendBufferBytes": one.getsockopt(all, s.SO_SNDBUF),
}))`;

/** Of a socket of IPv4 with these two ends, which is this process's. */
export function kernelOptions(local: Address, remote: Address | undefined): KernelOptions {
  const fd = descriptorOf(local, remote);
  const { stdout, status } = spawnSync("python3", ["-c", program], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit", fd],
  });
  assert.equal(status, 0);
  return JSON.parse(stdout) as KernelOptions;
}

/** /proc has the inode of each connection, and of what each descriptor is. */
function descriptorOf(local: Address, remote: Address | undefined): number {
  const ends = `${hexOf(local)} ${hexOf(remote)} `;
  const line = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .find((one) => one.includes(ends));
  const inode = line?.trim().split(/\s+/)[9];
  const fd = readdirSync("/proc/self/fd").find((one) => linkOf(one) === `socket:[${inode}]`);
  assert.ok(fd !== undefined, `no descriptor of this process is ${JSON.stringify(local)}`);
  return Number(fd);
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // It was the folder itself, which is read no more.
    return "";
  }
}

function hexOf(address: Address | undefined): string {
  assert.ok(address?.family === 4);
  const bytes = address.host.split(".").map(Number).toReversed();
  const port = address.port.toString(16).padStart(4, "0");
  return `${Buffer.from(bytes).toString("hex")}:${port}`.toUpperCase();
}
