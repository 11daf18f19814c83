/**
 * Dialogues of protocols that are not text.
 *
 *     PostgreSQL  SSLRequest, and one byte      MySQL  the server's greeting, and SSLRequest
 *     LDAP        the extended operation StartTLS (RFC 4511, section 4.14)
 */
import { concatBytes, decodeText, encodeText } from "../../base/bytes.ts";
import { notOffered, notSpoken, Reader, refused, tooLong, type Dialogue } from "./dialogue.ts";

export function* postgres(): Dialogue {
  yield { send: Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f) };
  const answer = decodeText(yield* new Reader().bytes(1));
  if (answer === "N") throw notOffered();
  // A server that knows no SSLRequest, or one out of memory. Its words could be an attacker's, so they are not shown.
  if (answer === "E") throw refused("an error message");
  if (answer !== "S") throw notSpoken("PostgreSQL", answer);
}

/** Capabilities of a MySQL client. */
const mysqlFlag = { protocol41: 0x200, ssl: 0x800, secureConnection: 0x8000, pluginAuth: 0x80000 } as const;

export function* mysql(): Dialogue {
  const reader = new Reader();
  const [low = 0, middle = 0, high = 0] = yield* reader.bytes(4);
  const greeting = yield* reader.bytes(low | (middle << 8) | (high << 16));
  // An error packet: the host is blocked, or there are too many connections.
  if (greeting[0] === 0xff) throw refused(decodeText(greeting.subarray(3)));
  const versionEnd = greeting.indexOf(0, 1);
  if (greeting[0] !== 10 || versionEnd < 0) throw notSpoken("MySQL", decodeText(greeting));
  // After the version: a thread number, 8 bytes of a nonce and a zero byte.
  const capabilities = versionEnd + 14;
  const offered = (greeting[capabilities] ?? 0) | ((greeting[capabilities + 1] ?? 0) << 8);
  if ((offered & mysqlFlag.ssl) === 0) throw notOffered();
  const { protocol41, ssl, secureConnection, pluginAuth } = mysqlFlag;
  const request = new Uint8Array(36);
  const view = new DataView(request.buffer);
  // The length of the packet, and its number in the low byte of the fourth.
  view.setUint32(0, 32 | (1 << 24), true);
  view.setUint32(4, protocol41 | ssl | secureConnection | pluginAuth, true);
  // The longest packet: 16 MiB. Then the character set utf8mb4.
  view.setUint32(8, 1 << 24, true);
  request[12] = 45;
  yield { send: request };
}

/** The name of the operation. */
const startTlsOid = "1.3.6.1.4.1.1466.20037";

const ber = { sequence: 0x30, extendedRequest: 0x77, requestName: 0x80, extendedResponse: 0x78 } as const;

export function* ldap(): Dialogue {
  const name = element(ber.requestName, encodeText(startTlsOid));
  const messageId = Uint8Array.of(2, 1, 1);
  yield {
    send: element(ber.sequence, concatBytes([messageId, element(ber.extendedRequest, name)])),
  };
  const reader = new Reader();
  const message = yield* readElement(reader);
  const [, operation] = elementsOf(message);
  if (operation?.tag !== ber.extendedResponse) throw notSpoken("LDAP", decodeText(message));
  const [result, , words] = elementsOf(operation.content);
  const code = result?.content[0];
  if (code === undefined) throw notSpoken("LDAP", decodeText(message));
  if (code !== 0) throw refused(`result ${code} ${decodeText(words?.content ?? new Uint8Array())}`);
}

/** An element of BER with less than 128 bytes. */
function element(tag: number, content: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(tag, content.length), content]);
}

/** Reads a sequence; returns its content. */
function* readElement(reader: Reader): Dialogue<Uint8Array> {
  const [tag, first = 0] = yield* reader.bytes(2);
  if (tag !== ber.sequence) throw notSpoken("LDAP", String.fromCharCode(tag ?? 0, first));
  if (first < 0x80) return yield* reader.bytes(first);
  if (first === 0x80 || first > 0x84) throw tooLong();
  let length = 0;
  for (const byte of yield* reader.bytes(first - 0x80)) length = length * 256 + byte;
  return yield* reader.bytes(length);
}

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The elements within another one. Of a malformed one, those before the fault. */
function elementsOf(bytes: Uint8Array): readonly Element[] {
  const elements: Element[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const tag = bytes[at] as number;
    let length = bytes[at + 1] as number;
    at += 2;
    if (length >= 0x80) {
      const count = length - 0x80;
      if (count === 0 || count > 4 || at + count > bytes.length) break;
      length = bytes.subarray(at, at + count).reduce((sum, byte) => sum * 256 + byte, 0);
      at += count;
    }
    if (at + length > bytes.length) break;
    elements.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return elements;
}
