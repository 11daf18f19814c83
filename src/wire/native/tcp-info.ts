/**
 * Reads the kernel's `struct tcp_info` by offset. The structure only ever grows at its end, so an older kernel gives
 * fewer bytes.
 */
import type { TcpInfo, TcpState } from "../tcp-info.ts";

/** The kernel's numbers, from 1 on. */
const states: readonly TcpState[] = [
  "established",
  "syn-sent",
  "syn-received",
  "fin-wait-1",
  "fin-wait-2",
  "time-wait",
  "closed",
  "close-wait",
  "last-ack",
  "listen",
  "closing",
];

/** The kernel's values for "no threshold" and "not measured". */
const noThreshold = 0x7fffffff;
const noTime = 0xffffffff;

/** Reads as many fields as the kernel gave, in this machine's byte order. */
export function readTcpInfo(bytes: Uint8Array): TcpInfo {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const has = (offset: number, size: number): boolean => offset + size <= bytes.byteLength;
  const u8 = (offset: number): number | undefined => (has(offset, 1) ? view.getUint8(offset) : undefined);
  const u32 = (offset: number): number | undefined =>
    has(offset, 4) ? view.getUint32(offset, littleEndian) : undefined;
  const u64 = (offset: number): number | undefined =>
    has(offset, 8) ? Number(view.getBigUint64(offset, littleEndian)) : undefined;
  return {
    state: states[(u8(0) ?? 0) - 1],
    rttMs: msOf(u32(68)),
    rttVarMs: msOf(u32(72)),
    minRttMs: msOf(unless(noTime, u32(148))),
    retransmitTimeoutMs: msOf(u32(8)),
    retransmitsPending: u8(2),
    retransmitsTotal: u32(100),
    probesPending: u8(3),
    congestionWindowSegments: u32(80),
    slowStartThresholdSegments: unless(noThreshold, u32(76)),
    unackedSegments: u32(24),
    lostSegments: u32(32),
    sendMssBytes: u32(16),
    pathMtuBytes: u32(60),
    deliveryRateBytesPerSecond: unless(0, u64(160)),
    bytesAcked: u64(120),
    bytesReceived: u64(128),
    bytesRetransmitted: u64(208),
    bytesNotSent: u32(144),
    sinceSentMs: u32(44),
    sinceReceivedMs: u32(52),
  };
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function unless(nothing: number, value: number | undefined): number | undefined {
  return value === nothing ? undefined : value;
}

/** The kernel counts in microseconds. */
function msOf(microseconds: number | undefined): number | undefined {
  return microseconds === undefined ? undefined : microseconds / 1000;
}
