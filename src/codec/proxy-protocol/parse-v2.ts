/**
 * Version 2 of the PROXY protocol: a binary header.
 *
 * Lengths are checked as they arrive: one that cannot fit is refused before the bytes that it announces.
 */
import { tcpAddress, unixAddress, type Address } from "../../base/address/address.ts";
import { decodeText } from "../../base/bytes.ts";
import { CodecError } from "../codec.ts";
import { crc32c } from "./crc32c.ts";
import { fixedBytesV2, signatures, unixPathBytes, type ByteParser, type ProxyHeader } from "./header.ts";
import { fieldsOf, walkFields, type FoundFields } from "./fields.ts";

/** The bytes of both addresses, by the high half of the family byte. */
const addressBytes = [0, 12, 36, 2 * unixPathBytes] as const;

/** Parses the rest of a header, from behind its signature. */
export function* parseV2(headerBytesMax: number): ByteParser<ProxyHeader> {
  const versionAndCommand = yield;
  if (versionAndCommand >> 4 !== 2) throw invalid(`version ${versionAndCommand >> 4} is unknown`);
  const command = versionAndCommand & 0x0f;
  if (command > 1) throw invalid(`command ${command} is unknown`);
  const family = yield;
  // The block of a local connection has no meaning, its family included.
  if (command === 1) checkFamily(family);
  const needed = command === 1 ? (addressBytes[family >> 4] as number) : 0;
  const lengthHigh = yield;
  checkLength((lengthHigh << 8) + fixedBytesV2, headerBytesMax);
  if (((lengthHigh << 8) | 0xff) < needed) throw tooShort();
  const lengthLow = yield;
  const length = (lengthHigh << 8) | lengthLow;
  checkLength(length + fixedBytesV2, headerBytesMax);
  if (length < needed) throw tooShort();

  const header = new Uint8Array(fixedBytesV2 + length);
  header.set(signatures.v2);
  header.set([versionAndCommand, family, lengthHigh, lengthLow], signatures.v2.length);
  if (command === 0) {
    for (let index = 0; index < length; index++) yield;
    return { version: 2, command: "local", transport: undefined, ...noAddresses, tlvs: [] };
  }
  let filled = fixedBytesV2;
  function* next(): ByteParser<number> {
    return (header[filled++] = yield);
  }
  const fields: FoundFields = { checksumAt: undefined, found: [] };
  // Without a family, the length of the addresses is unknown, and so is where fields would begin.
  const skipped = family === 0 ? length : needed;
  checkRest(length - skipped);
  for (let index = 0; index < skipped; index++) yield* next();
  yield* walkFields(fields, length - skipped, next, () => filled);
  checkSum(header, fields.checksumAt);
  const transport = family === 0 ? undefined : (family & 0x0f) === 1 ? "stream" : "datagram";
  const addresses = addressesOf(family >> 4, header.subarray(fixedBytesV2, fixedBytesV2 + needed));
  return { version: 2, command: "proxy", transport, ...addresses, ...fieldsOf(header, fields) };
}

function checkFamily(byte: number): void {
  const family = byte >> 4;
  const transport = byte & 0x0f;
  // The specification allows an unspecified half only together with the other.
  if (byte !== 0 && (family === 0 || family > 3 || transport === 0 || transport > 2)) {
    throw invalid(`family 0x${byte.toString(16).padStart(2, "0")} is unknown`);
  }
}

function checkLength(least: number, headerBytesMax: number): void {
  if (least <= headerBytesMax) return;
  throw new CodecError(
    "too-long",
    `PROXY protocol: a header of more than ${headerBytesMax} bytes is announced`,
  );
}

/** A field has three bytes at least. */
function checkRest(rest: number): void {
  if (rest === 1 || rest === 2) throw invalid("a field is cut off");
}

function checkSum(header: Uint8Array, at: number | undefined): void {
  if (at === undefined) return;
  const stated = new DataView(header.buffer).getUint32(at);
  if (crc32c(header, at) !== stated) throw invalid("the checksum (CRC32C) is wrong");
}

const noAddresses = { source: undefined, destination: undefined } as const;

function addressesOf(
  family: number,
  block: Uint8Array,
): { readonly source: Address | undefined; readonly destination: Address | undefined } {
  if (family === 0) return noAddresses;
  if (family === 3) {
    return {
      source: unixAddress(pathOf(block.subarray(0, unixPathBytes))),
      destination: unixAddress(pathOf(block.subarray(unixPathBytes))),
    };
  }
  const size = family === 1 ? 4 : 16;
  const view = new DataView(block.buffer, block.byteOffset);
  return {
    source: tcpAddress(hostOf(block.subarray(0, size)), view.getUint16(2 * size)),
    destination: tcpAddress(hostOf(block.subarray(size, 2 * size)), view.getUint16(2 * size + 2)),
  };
}

function hostOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups: string[] = [];
  for (let index = 0; index < 16; index += 2) {
    groups.push((((bytes[index] as number) << 8) | (bytes[index + 1] as number)).toString(16));
  }
  return groups.join(":");
}

/** A path ends at its first zero; an abstract name begins with one. */
function pathOf(bytes: Uint8Array): string {
  const isAbstract = bytes[0] === 0 && bytes[1] !== 0;
  const start = isAbstract ? 1 : 0;
  const end = bytes.indexOf(0, start);
  const name = decodeText(bytes, start, end === -1 ? bytes.length : end);
  return isAbstract ? `@${name}` : name;
}

function tooShort(): CodecError {
  return invalid("the announced length is less than that of the addresses");
}

function invalid(what: string): CodecError {
  return new CodecError("invalid", `PROXY protocol: ${what}`);
}
