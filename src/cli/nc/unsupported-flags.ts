/**
 * The flags of nc and ncat that are not to be had here, and why; a line that has one is
 * refused with these words.
 */
import type { FlagTable } from "./flag-row.ts";

const anything = { placeholder: "<value>", read: (typed: string): string => typed };
const noSocketOption = "Node cannot set it on a socket";
const notRecorded =
  "nc records no bytes here; pipe stdout through `tee`, or use `portcall connect --hex` to see both directions";
const noTls = "TLS is not spoken here yet; `openssl s_client` and `ncat --ssl` do";

export const missingFlags: FlagTable = {
  D: { brief: "debug the socket", cannot: noSocketOption },
  F: {
    brief: "hand the connection on to another process",
    cannot: "Node cannot hand a descriptor on to a stranger",
  },
  M: { brief: "the TTL of what is sent", value: anything, cannot: noSocketOption },
  m: {
    brief: "the least TTL of what comes",
    value: anything,
    cannot: `${noSocketOption}; ncat's -m is --max-conns`,
  },
  P: {
    brief: "the user for the proxy",
    value: anything,
    cannot: "no password is asked for here; write --proxy-auth user:password, or set NCAT_PROXY_AUTH",
  },
  S: { brief: "TCP MD5 signatures", cannot: noSocketOption },
  T: { brief: "the type of service", value: anything, cannot: noSocketOption },
  V: { brief: "the routing table", value: anything, cannot: noSocketOption },
  Z: { brief: "DCCP", cannot: "Node has no DCCP" },
  b: { brief: "broadcast", cannot: "broadcasts are not sent here; `socat - UDP-DATAGRAM:…,broadcast` does" },
  g: { ncatOnly: true, brief: "source routing", value: anything, cannot: noSocketOption },
  G: { ncatOnly: true, brief: "source routing", value: anything, cannot: noSocketOption },
  sctp: { ncatOnly: true, brief: "SCTP", cannot: "Node has no SCTP" },
  vsock: { ncatOnly: true, brief: "AF_VSOCK", cannot: "Node has no AF_VSOCK" },
  "lua-exec": {
    ncatOnly: true,
    brief: "run a Lua script",
    value: anything,
    cannot:
      "there is no Lua here; `portcall serve ./handler.ts` takes a script of your own, and -e a program",
  },
  "proxy-dns": {
    ncatOnly: true,
    brief: "who looks the target up",
    value: anything,
    cannot: "the proxy looks names up, always",
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
