/**
 * SOCKS5 (RFC 1928), with user and password (RFC 1929), as a handshake.
 *
 *     methods ──▶
 *             ◀── method
 *   [ user, password ──▶
 *             ◀── status ]
 *     connect to … ──▶     a name is sent as a name: the proxy resolves it
 *             ◀── reply, and the address that it connected from
 */
import { concatBytes, encodeText } from "../../base/bytes.ts";
import type { KnownErrorCode } from "../../base/errors.ts";
import { ipBytes } from "../../base/address/ip.ts";
import { exactly } from "../connection/read-decoders.ts";
import { HandshakeError, notAllowed, notSpoken, type Handshake, type ProxyTarget } from "./handshake.ts";
import type { Credentials } from "../../base/address/proxy.ts";

const version = 5;
const noneAsked = 0;
const userAndPassword = 2;
const noneAcceptable = 0xff;
const connectCommand = 1;
const addressTypes = { ipv4: 1, name: 3, ipv6: 4 } as const;

/** The meanings of reply codes, from 1 on. */
const replies: readonly (readonly [code: KnownErrorCode, words: string])[] = [
  ["ERR_TARGET_UNREACHABLE", "the proxy could not connect and gives no reason"],
  ["ERR_PROXY_REFUSED", "the proxy's rules forbid it"],
  ["ERR_TARGET_UNREACHABLE", "the proxy has no route to that network"],
  ["ERR_TARGET_UNREACHABLE", "the proxy cannot reach that host"],
  ["ERR_TARGET_REFUSED", "the target refused the proxy's connection"],
  ["ERR_TARGET_UNREACHABLE", "the proxy's packets did not reach the target (TTL expired)"],
  ["ERR_PROXY_REFUSED", "the proxy does not support connecting to targets"],
  ["ERR_PROXY_REFUSED", "the proxy does not support that kind of address"],
];

export function* socks5(target: ProxyTarget, credentials: Credentials | undefined): Handshake {
  const methods = credentials === undefined ? [noneAsked] : [noneAsked, userAndPassword];
  yield { send: Uint8Array.of(version, methods.length, ...methods) };
  const choice = yield { read: exactly(2) };
  if (choice[0] !== version) throw notSpoken("SOCKS5", choice);
  const method = choice[1];
  if (method === userAndPassword && credentials !== undefined) yield* authenticate(credentials);
  else if (method === noneAcceptable) throw notAllowed(credentials !== undefined);
  else if (method !== noneAsked) throw notSpoken("SOCKS5", choice);

  yield {
    send: concatBytes([
      Uint8Array.of(version, connectCommand, 0),
      addressBytes(target.host),
      Uint8Array.of(target.port >> 8, target.port & 0xff),
    ]),
  };
  const reply = yield { read: exactly(2) };
  if (reply[0] !== version) throw notSpoken("SOCKS5", reply);
  const status = reply[1] ?? 0;
  // Some proxies send nothing after the code of a refusal, so do not wait for more.
  if (status !== 0) throw refusal(status);
  yield* skipAddress();
}

function* authenticate({ user, password }: Credentials): Handshake {
  yield { send: concatBytes([Uint8Array.of(1), withLength(user), withLength(password)]) };
  const answer = yield { read: exactly(2) };
  if (answer[0] !== 1 && answer[0] !== version) throw notSpoken("SOCKS5", answer);
  if (answer[1] !== 0) throw notAllowed(true);
}

function refusal(status: number): HandshakeError {
  const [code, words] = replies[status - 1] ?? [
    "ERR_PROXY_INVALID",
    `the proxy sent an unknown reply code (${status})`,
  ];
  return new HandshakeError(code, words);
}

/** Skips the address that the proxy connected from, which is not needed. */
function* skipAddress(): Handshake {
  const head = yield { read: exactly(3) };
  const [, type, first = 0] = head;
  const left = { [addressTypes.ipv4]: 3, [addressTypes.ipv6]: 15, [addressTypes.name]: first }[type ?? 0];
  if (left === undefined) throw notSpoken("SOCKS5", head);
  yield { read: exactly(left + 2) };
}

function addressBytes(host: string): Uint8Array {
  const address = ipBytes(host);
  if (address === undefined) return concatBytes([Uint8Array.of(addressTypes.name), withLength(host)]);
  const type = address.length === 4 ? addressTypes.ipv4 : addressTypes.ipv6;
  return concatBytes([Uint8Array.of(type), address]);
}

/** Text of at most 255 bytes, preceded by its length; see `parseProxy` and `parseHost`. */
function withLength(text: string): Uint8Array {
  const bytes = encodeText(text);
  return concatBytes([Uint8Array.of(bytes.length), bytes]);
}
