/**
 * The flags of nc and ncat that portcall does not support, and why. A line with one of them is rejected with that
 * reason.
 */
import type { FlagTable } from "./flag-row.ts";

const anything = { placeholder: "<value>", read: (typed: string): string => typed };
const noSocketOption = "Node cannot set it on a socket";
const notRecorded =
  "nc records no bytes here; pipe stdout through `tee`, or use `portcall connect --hex` to see both directions";
const noTls = "`portcall nc` does not speak TLS; use `portcall connect --tls`";

export const missingFlags: FlagTable = {
  D: { brief: "debug the socket", cannot: noSocketOption },
  F: {
    brief: "pass the connection to another process",
    cannot: "Node cannot pass a descriptor to an unrelated process",
  },
  M: { brief: "the TTL of sent packets", value: anything, cannot: noSocketOption },
  m: {
    brief: "the lowest TTL to accept",
    value: anything,
    cannot: `${noSocketOption}; ncat's -m is --max-conns`,
  },
  P: {
    brief: "the user for the proxy",
    value: anything,
    cannot: "there is no password prompt; write --proxy-auth user:password, or set NCAT_PROXY_AUTH",
  },
  S: { brief: "TCP MD5 signatures", cannot: noSocketOption },
  T: { brief: "the type of service", value: anything, cannot: noSocketOption },
  V: { brief: "the routing table", value: anything, cannot: noSocketOption },
  Z: { brief: "DCCP", cannot: "Node has no DCCP" },
  b: { brief: "broadcast", cannot: "use `portcall connect -u --broadcast`" },
  g: { ncatOnly: true, brief: "source routing", value: anything, cannot: noSocketOption },
  G: { ncatOnly: true, brief: "source routing", value: anything, cannot: noSocketOption },
  sctp: { ncatOnly: true, brief: "SCTP", cannot: "Node has no SCTP" },
  vsock: { ncatOnly: true, brief: "AF_VSOCK", cannot: "Node has no AF_VSOCK" },
  "lua-exec": {
    ncatOnly: true,
    brief: "run a Lua script",
    value: anything,
    cannot: "Lua is not supported; use `portcall serve ./handler.ts` for a script, or -e for a program",
  },
  "proxy-dns": {
    ncatOnly: true,
    brief: "which side looks the target up",
    value: anything,
    cannot: "the proxy always looks names up",
  },
  output: { short: "o", ncatOnly: true, brief: "record in a file", value: anything, cannot: notRecorded },
  "hex-dump": {
    ncatShort: "x",
    ncatOnly: true,
    brief: "record in a file, in hex",
    value: anything,
    cannot: notRecorded,
  },
  "append-output": { ncatOnly: true, brief: "append to the recording", cannot: notRecorded },
  broker: {
    ncatOnly: true,
    brief: "pass what one client sends to all others",
    cannot: "clients are not joined here; `portcall serve ./handler.ts` runs a handler that joins them",
  },
  ssl: { ncatOnly: true, brief: "TLS", cannot: noTls },
  "ssl-verify": { ncatOnly: true, brief: "TLS", cannot: noTls },
  "ssl-cert": { ncatOnly: true, brief: "TLS", value: anything, cannot: noTls },
  "ssl-key": { ncatOnly: true, brief: "TLS", value: anything, cannot: noTls },
  "ssl-trustfile": { ncatOnly: true, brief: "TLS", value: anything, cannot: noTls },
  "ssl-ciphers": { ncatOnly: true, brief: "TLS", value: anything, cannot: noTls },
  "ssl-servername": { ncatOnly: true, brief: "TLS", value: anything, cannot: noTls },
  "ssl-alpn": { ncatOnly: true, brief: "TLS", value: anything, cannot: noTls },
};
