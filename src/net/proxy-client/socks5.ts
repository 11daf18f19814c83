/**
 * SOCKS5 (RFC 1928), with user and password (RFC 1929), as a handshake.
 *
 *     methods ──▶          which of them
 *             ◀── method
 *   [ user, password ──▶
 *             ◀── status ]
 *     connect to … ──▶     a name goes as a name: the proxy looks it up
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

/** What a reply says, from 1 on. */
const replies: readonly (readonly [code: KnownErrorCode, words: string])[] = [
  ["ERR_TARGET_UNREACHABLE", "the proxy failed to connect, and does not say why"],
  ["ERR_PROXY_REFUSED", "the proxy's rules forbid it"],
  ["ERR_TARGET_UNREACHABLE", "the proxy has no route to that network"],
  ["ERR_TARGET_UNREACHABLE", "the proxy cannot reach that host"],
  ["ERR_TARGET_REFUSED", "refused, says the proxy"],
  ["ERR_TARGET_UNREACHABLE", "the packets of the proxy got lost on the way (TTL expired)"],
  ["ERR_PROXY_REFUSED", "the proxy does not connect for others"],
  ["ERR_PROXY_REFUSED", "the proxy does not know that kind of address"],
];

export function* socks5(place: ProxyTarget, credentials: Credentials | undefined): Handshake {
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
      addressBytes(place.host),
      Uint8Array.of(place.port >> 8, place.port & 0xff),
    ]),
  };
  const reply = yield { read: exactly(2) };
  if (reply[0] !== version) throw notSpoken("SOCKS5", reply);
  const status = reply[1] ?? 0;
  // Some send nothing behind a refusal, so it is not waited for.
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
    `the proxy gives a reason that there is not (${status})`,
  ];
  return new HandshakeError(code, words);
}

/** The address that the proxy connected from, which tells us nothing. */
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

/** Text of at most 255 bytes behind its length; see `parseProxy` and `parseHost`. */
function withLength(text: string): Uint8Array {
  const bytes = encodeText(text);
  return concatBytes([Uint8Array.of(bytes.length), bytes]);
}
