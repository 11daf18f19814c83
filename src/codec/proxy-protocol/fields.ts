/** The fields (TLVs) of a version 2 header: where they lie, and what they mean. */
import { decodeLatin1, decodeText } from "../../base/bytes.ts";
import { CodecError } from "../codec.ts";
import {
  tlsBits,
  tlsTypes,
  tlvTypes,
  uniqueIdBytesMax,
  type ByteParser,
  type ProxyHeader,
  type ProxyTls,
  type ProxyTlv,
} from "./header.ts";

/** Where a field lies in its header. */
interface FoundField {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

export interface FoundFields {
  checksumAt: number | undefined;
  readonly found: FoundField[];
}

/** The bytes of the TLS field before its own fields: flags and the result of verification. */
const tlsFixedBytes = 5;

const fieldHeadBytes = 3;

const tlsFieldTypes: ReadonlySet<number> = new Set(Object.values(tlsTypes));

/** Types that may come once: two values of one would leave open which is true. */
const single: ReadonlySet<number> = new Set(Object.values(tlvTypes).filter((type) => type !== tlvTypes.noop));

/**
 * Walks through `length` bytes of fields, and records where they lie.
 *
 * @param next reads and stores a byte
 * @param offset how many bytes of the header are stored
 */
export function* walkFields(
  fields: FoundFields,
  length: number,
  next: () => ByteParser<number>,
  offset: () => number,
): ByteParser<void> {
  for (let left = length; left > 0;) {
    const type = yield* next();
    if (single.has(type) && fields.found.some((field) => field.type === type)) {
      throw invalid(`field 0x${type.toString(16).padStart(2, "0")} comes twice`);
    }
    left -= fieldHeadBytes;
    const size = yield* readSize(type, left, next);
    const start = offset();
    fields.found.push({ type, start, end: start + size });
    if (type === tlvTypes.crc32c) fields.checksumAt = start;
    if (type === tlvTypes.tls) yield* walkTls(size, next);
    else for (let index = 0; index < size; index++) yield* next();
    left -= size;
  }
}

/** Reads the length of a field, of which `left` bytes of the header may be part. */
function* readSize(type: number, left: number, next: () => ByteParser<number>): ByteParser<number> {
  const least = type === tlvTypes.crc32c ? 4 : type === tlvTypes.tls ? tlsFixedBytes : 0;
  const most = type === tlvTypes.crc32c ? 4 : type === tlvTypes.uniqueId ? uniqueIdBytesMax : Infinity;
  // Nothing can be left behind the field but another field, which has three bytes at least.
  const fits = (size: number): boolean =>
    size >= least && size <= most && (left === size || left - size >= fieldHeadBytes);
  if (left < least || (left > most && left - least < fieldHeadBytes)) throw wrongSize(type);
  const high = yield* next();
  if (!anyOf(high << 8, fits)) throw wrongSize(type);
  const size = (high << 8) | (yield* next());
  if (!fits(size)) throw wrongSize(type);
  return size;
}

function anyOf(first: number, fits: (size: number) => boolean): boolean {
  for (let size = first; size <= first + 0xff; size++) if (fits(size)) return true;
  return false;
}

function* walkTls(length: number, next: () => ByteParser<number>): ByteParser<void> {
  let left = length - tlsFixedBytes;
  if (left > 0 && left < fieldHeadBytes) throw wrongSize(tlvTypes.tls);
  for (let index = 0; index < tlsFixedBytes; index++) yield* next();
  const seen = new Set<number>();
  while (left > 0) {
    const type = yield* next();
    if (seen.has(type)) throw invalid(`field 0x${type.toString(16)} of the TLS session comes twice`);
    if (tlsFieldTypes.has(type)) seen.add(type);
    left -= fieldHeadBytes;
    const size = yield* readSize(type, left, next);
    for (let index = 0; index < size; index++) yield* next();
    left -= size;
  }
}

/** The fields with a name, and the others as they came. */
export function fieldsOf(
  header: Uint8Array,
  { found }: FoundFields,
): Pick<ProxyHeader, "alpn" | "authority" | "uniqueId" | "tls" | "netns" | "tlvs"> {
  const value = (type: number): Uint8Array | undefined => {
    const field = found.find((one) => one.type === type);
    return field && header.slice(field.start, field.end);
  };
  const alpn = value(tlvTypes.alpn);
  const authority = value(tlvTypes.authority);
  const uniqueId = value(tlvTypes.uniqueId);
  const tls = value(tlvTypes.tls);
  const netns = value(tlvTypes.netns);
  const known: readonly number[] = Object.values(tlvTypes);
  const tlvs: ProxyTlv[] = found
    .filter(({ type }) => !known.includes(type))
    .map(({ type, start, end }) => ({ type, value: header.slice(start, end) }));
  return {
    ...(alpn && { alpn: decodeLatin1(alpn) }),
    ...(authority && { authority: decodeText(authority) }),
    ...(uniqueId && { uniqueId }),
    ...(tls && { tls: tlsOf(tls) }),
    ...(netns && { netns: decodeText(netns) }),
    tlvs,
  };
}

function tlsOf(value: Uint8Array): ProxyTls {
  const bits = value[0] as number;
  const named = Object.entries(tlsTypes);
  const texts: Partial<Record<keyof typeof tlsTypes, string>> = {};
  for (let at = tlsFixedBytes; at < value.length;) {
    const start = at + fieldHeadBytes;
    const end = start + (((value[at + 1] as number) << 8) | (value[at + 2] as number));
    const name = named.find(([, type]) => type === value[at])?.[0] as keyof typeof tlsTypes | undefined;
    if (name !== undefined) texts[name] = decodeText(value, start, end);
    at = end;
  }
  const certificateOnConnection = (bits & tlsBits.certificateOnConnection) !== 0;
  const certificateInSession = (bits & tlsBits.certificateInSession) !== 0;
  // HAProxy sends the result 0 for a client without a certificate too.
  const hasCertificate = certificateOnConnection || certificateInSession;
  return {
    used: (bits & tlsBits.used) !== 0,
    certificateOnConnection,
    certificateInSession,
    verified: hasCertificate && value.subarray(1, tlsFixedBytes).every((byte) => byte === 0),
    ...texts,
  };
}

function wrongSize(type: number): CodecError {
  return invalid(`field 0x${type.toString(16).padStart(2, "0")} has an impossible length`);
}

function invalid(what: string): CodecError {
  return new CodecError("invalid", `PROXY protocol: ${what}`);
}
