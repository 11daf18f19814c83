/**
 * Version 1 of the PROXY protocol: one line of text.
 *
 * Each byte is checked as it arrives, so a line that cannot become valid is refused at the byte that proves it.
 */
import { tcpAddress, type TcpAddress } from "../../base/address/address.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { CodecError } from "../codec.ts";
import { lineBytesMaxV1, type ByteParser, type ProxyHeader } from "./header.ts";

const CR = 0x0d;
const LF = 0x0a;
const space = 0x20;
const digit0 = 0x30;
const colon = 0x3a;
const dot = 0x2e;

const wordsBytes = "PROXY UNKNOWN".length;

/** Parses the rest of the line, from behind `PROXY `. */
export function* parseV1(): ByteParser<ProxyHeader> {
  const family = yield* readFamily();
  if (family === undefined) {
    yield* skipLine();
    return headerOf(undefined, undefined);
  }
  const readHost = family === 4 ? readIpv4 : readIpv6;
  const sourceHost = yield* readHost();
  const destinationHost = yield* readHost();
  const sourcePort = yield* readPort(space);
  const destinationPort = yield* readPort(CR);
  if ((yield) !== LF) throw invalid("CR is not followed by LF");
  return headerOf(tcpAddress(sourceHost, sourcePort), tcpAddress(destinationHost, destinationPort));
}

function headerOf(source: TcpAddress | undefined, destination: TcpAddress | undefined): ProxyHeader {
  const transport = source === undefined ? undefined : "stream";
  return { version: 1, command: "proxy", transport, source, destination, tlvs: [] };
}

/** Reads `TCP4 ` or `TCP6 `; `undefined` for `UNKNOWN`, whose line goes on. */
function* readFamily(): ByteParser<4 | 6 | undefined> {
  const first = yield;
  if (first === "U".charCodeAt(0)) {
    yield* expect("NKNOWN");
    return undefined;
  }
  if (first !== "T".charCodeAt(0)) throw noFamily();
  yield* expect("CP");
  const digit = (yield) - digit0;
  if (digit !== 4 && digit !== 6) throw noFamily();
  yield* expect(" ");
  return digit;
}

function* expect(text: string): ByteParser<void> {
  for (let index = 0; index < text.length; index++) {
    if ((yield) !== text.charCodeAt(index)) throw noFamily();
  }
}

function noFamily(): CodecError {
  return invalid("PROXY is not followed by TCP4, TCP6 or UNKNOWN");
}

/** Skips to the end of an `UNKNOWN` line: its content has no meaning. */
function* skipLine(): ByteParser<void> {
  let before = yield;
  if (before !== space && before !== CR) throw noFamily();
  for (let length = wordsBytes + 2; length <= lineBytesMaxV1; length++) {
    if (length === lineBytesMaxV1 && before !== CR) break;
    const byte = yield;
    if (before === CR && byte === LF) return;
    before = byte;
  }
  throw new CodecError("too-long", `PROXY protocol: a line has more than ${lineBytesMaxV1} bytes`);
}

/** Reads an IPv4 address and the space behind it. */
function* readIpv4(): ByteParser<string> {
  return yield* readDotted("", yield);
}

/** Reads the rest of a dotted address, from `byte` on, and the space behind it. */
function* readDotted(start: string, byte: number): ByteParser<string> {
  let text = start;
  let part = start.slice(start.lastIndexOf(":") + 1);
  for (let parts = 1, next = byte; ; next = yield) {
    if (isDigit(next)) {
      part += String.fromCharCode(next);
      if (part.length > 1 && part.startsWith("0")) throw invalid("an address has a leading zero");
      if (Number(part) > 255) throw invalid(`an address holds ${part}, which is over 255`);
    } else if (part !== "" && next === (parts === 4 ? space : dot)) {
      if (parts === 4) return text;
      parts++;
      part = "";
    } else {
      throw invalid("an IPv4 address is malformed");
    }
    text += String.fromCharCode(next);
  }
}

/** Reads an IPv6 address and the space behind it. */
function* readIpv6(): ByteParser<string> {
  let text = "";
  for (let byte = yield; ; byte = yield) {
    if (byte === space && ipFamily(text) === 6) return text;
    // Senders write an IPv4-mapped address as inet_ntop does.
    if (byte === dot && mappedStart.test(text)) return yield* readDotted(text, byte);
    text += String.fromCharCode(byte);
    if (!(isHex(byte) || byte === colon) || !mayBeIpv6(text)) throw invalid("an IPv6 address is malformed");
  }
}

const mappedStart = /^::(?:ffff:)?(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])$/i;

/** Whether an IPv6 address may begin so; `text` has hexadecimal digits and colons only. */
function mayBeIpv6(text: string): boolean {
  if (text === ":") return true;
  const halves = text.split("::");
  if (halves.length > 2 || text.includes(":::") || /^:[^:]/.test(text)) return false;
  const groups = text.split(":").filter((group) => group !== "");
  if (groups.some((group) => group.length > 4)) return false;
  if (halves.length === 2) {
    // "::" stands for at least one group; a colon at the end asks for one more.
    return groups.length + (/[^:]:$/.test(text) ? 1 : 0) <= 7;
  }
  // Seven groups and a colon may go on with a digit, or with the colon of a last "::".
  return groups.length + (text.endsWith(":") ? 1 : 0) <= 8;
}

/** Reads a port, and the byte behind it. */
function* readPort(end: number): ByteParser<number> {
  let text = "";
  for (let byte = yield; ; byte = yield) {
    if (byte === end && text !== "") return Number(text);
    if (!isDigit(byte)) throw invalid("a port is malformed");
    text += String.fromCharCode(byte);
    if (text.length > 1 && text.startsWith("0")) throw invalid("a port has a leading zero");
    if (Number(text) > 65_535) throw invalid(`a port is ${text}, which is over 65535`);
  }
}

function isDigit(byte: number): boolean {
  return byte >= digit0 && byte <= digit0 + 9;
}

function isHex(byte: number): boolean {
  const letter = byte | 0x20;
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x66);
}

function invalid(what: string): CodecError {
  return new CodecError("invalid", `PROXY protocol: ${what}`);
}
