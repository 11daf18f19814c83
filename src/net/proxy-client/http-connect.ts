/**
 * HTTP CONNECT (RFC 9110, section 9.3.6), as a handshake.
 *
 * The answer is read line by line. A server that does not speak HTTP is detected at the first line, and
 * bytes after the empty line stay for the target's reader.
 */
import { decodeText, encodeText } from "../../base/bytes.ts";
import { limits } from "../../base/limits.ts";
import { quote } from "../../base/text/quote.ts";
import { until } from "../connection/read-decoders.ts";
import {
  endless,
  HandshakeError,
  notAllowed,
  notSpoken,
  type Handshake,
  type ProxyTarget,
} from "./handshake.ts";
import type { Credentials } from "../../base/address/proxy.ts";

export function* httpConnect({ host, port }: ProxyTarget, credentials: Credentials | undefined): Handshake {
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const authorization =
    credentials === undefined ? "" : `Proxy-Authorization: Basic ${basic(credentials)}\r\n`;
  yield { send: encodeText(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`) };
  let bytesLeft = limits.proxyAnswerBytesMax.value;
  for (;;) {
    const line = yield { read: until("\n", bytesLeft) };
    bytesLeft -= line.length;
    const [, digits, reason = ""] = /^HTTP\/1\.\d ([1-9]\d\d)(?: (.*?))?\r?\n$/.exec(decodeText(line)) ?? [];
    if (digits === undefined) throw notSpoken("HTTP", line);
    const status = Number(digits);
    if (status >= 300) throw refusal(status, reason, credentials !== undefined);
    for (let header = line; !/^\r?\n$/.test(decodeText(header)); bytesLeft -= header.length) {
      if (bytesLeft <= 0) throw endless();
      header = yield { read: until("\n", bytesLeft) };
    }
    // 1xx: an interim response; the final one follows.
    if (status >= 200) return;
    if (bytesLeft <= 0) throw endless();
  }
}

function refusal(status: number, reason: string, given: boolean): HandshakeError {
  // 407 is the status of proxies; some send 401 for a wrong password.
  if (status === 407 || status === 401) return notAllowed(given);
  const answer = quote(`${status} ${reason}`.trimEnd());
  if (status >= 500) {
    return new HandshakeError("ERR_TARGET_UNREACHABLE", `the proxy could not connect: ${answer}`);
  }
  return new HandshakeError("ERR_PROXY_REFUSED", `the proxy refused: ${answer}`);
}

/** Base64 of UTF-8 (RFC 7617). */
function basic({ user, password }: Credentials): string {
  return btoa(String.fromCharCode(...encodeText(`${user}:${password}`)));
}
