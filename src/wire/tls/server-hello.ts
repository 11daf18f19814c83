/**
 * Reads from a server's first handshake messages which group the key exchange uses.
 *
 * Node tells it only to clients, and not in all versions. ServerHello and ServerKeyExchange are not encrypted.
 */
import { concatBytes } from "../../base/bytes.ts";

const handshakeRecord = 0x16;
const serverHello = 2;
const serverKeyExchange = 12;
const namedCurve = 3;
const keyShare = 0x0033;

/** @returns the name of the group; `undefined` if there is none, or the messages are incomplete. */
export function groupOf(flight: Uint8Array): string | undefined {
  const messages = new Reader(handshakeBytes(flight));
  let group: number | undefined;
  while (messages.left >= 4) {
    const type = messages.take(1);
    const body = messages.part(messages.take(3));
    if (type === serverHello) group = groupOfHello(body) ?? group;
    else if (type === serverKeyExchange && body.left >= 3 && body.take(1) === namedCurve)
      group = body.take(2);
  }
  return group === undefined ? undefined : (groups.get(group) ?? `0x${group.toString(16).padStart(4, "0")}`);
}

/** Whether a quantum computer could not find the key that such an exchange agrees on. */
export function isPostQuantum(group: string | undefined): boolean {
  return group?.includes("MLKEM") === true;
}

/** The group of a TLS 1.3 server; a server that asks the client to try again names the group as well. */
function groupOfHello(hello: Reader): number | undefined {
  hello.part(2 + 32);
  hello.part(hello.take(1));
  hello.part(2 + 1);
  const extensions = hello.part(hello.take(2));
  while (extensions.left >= 4) {
    const type = extensions.take(2);
    const body = extensions.part(extensions.take(2));
    if (type === keyShare && body.left >= 2) return body.take(2);
  }
  return undefined;
}

/** The handshake messages up to the first record of another kind: what follows it is encrypted. */
function handshakeBytes(flight: Uint8Array): Uint8Array {
  const records = new Reader(flight);
  const parts: Uint8Array[] = [];
  while (records.left >= 5 && records.take(1) === handshakeRecord) {
    records.take(2);
    parts.push(records.part(records.take(2)).bytes);
  }
  return concatBytes(parts);
}

/** Reads numbers and parts; beyond the end there are zeros and empty parts. */
class Reader {
  readonly bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.#at;
  }

  take(bytes: number): number {
    return this.part(bytes).bytes.reduce((value, byte) => value * 256 + byte, 0);
  }

  part(length: number): Reader {
    const end = Math.min(this.#at + length, this.bytes.length);
    const part = new Reader(this.bytes.subarray(this.#at, end));
    this.#at = end;
    return part;
  }
}

/** Names of groups in the registry of TLS (IANA), as OpenSSL writes them. */
const groups: ReadonlyMap<number, string> = new Map([
  [0x0017, "P-256"],
  [0x0018, "P-384"],
  [0x0019, "P-521"],
  [0x001d, "X25519"],
  [0x001e, "X448"],
  [0x0100, "ffdhe2048"],
  [0x0101, "ffdhe3072"],
  [0x0102, "ffdhe4096"],
  [0x0103, "ffdhe6144"],
  [0x0104, "ffdhe8192"],
  [0x0200, "MLKEM512"],
  [0x0201, "MLKEM768"],
  [0x0202, "MLKEM1024"],
  [0x11eb, "SecP256r1MLKEM768"],
  [0x11ec, "X25519MLKEM768"],
  [0x11ed, "SecP384r1MLKEM1024"],
]);
