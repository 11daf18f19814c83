/**
 * Telnet (RFC 854) as messages: data, commands, negotiations, subnegotiations.
 *
 *     IAC IAC                       the byte 255 itself, in data
 *     IAC command                   IAC GA, IAC AYT, …
 *     IAC WILL|WONT|DO|DONT option  negotiation
 *     IAC SB option bytes IAC SE    subnegotiation
 *
 * Only parses; session.ts replies to negotiations and converts line endings.
 */
import { byteArray, limit, oneOf, record, shown } from "../../base/arguments.ts";
import type { ByteQueue } from "../../base/byte-queue.ts";
import { concatBytes } from "../../base/bytes.ts";
import { limits } from "../../base/limits.ts";
import { checkOptions } from "../../base/option-checks.ts";
import { CodecError, type Codec, type Decoder } from "../codec.ts";
import { escapeIac, unescapeIac } from "./escapes.ts";
import { IAC, SB, SE } from "./names.ts";

/** A negotiation verb: one side offers or refuses an option, or requests or forbids it. */
export type TelnetVerb = "will" | "wont" | "do" | "dont";

/** One unit of a telnet stream. */
export type TelnetMessage =
  /** Data. Boundaries between data messages carry no meaning. */
  | { readonly type: "data"; readonly bytes: Uint8Array }
  /** A command without parameters, by code: see `telnetCommands`. */
  | { readonly type: "command"; readonly command: number }
  /** The verb, and the option's number: see `telnetOptions`. */
  | { readonly type: "negotiation"; readonly verb: TelnetVerb; readonly option: number }
  /** The parameters of an option, without escapes. */
  | { readonly type: "subnegotiation"; readonly option: number; readonly bytes: Uint8Array };

/** Options of `telnet`. */
export interface TelnetOptions {
  /** Maximum bytes between `IAC SB` and `IAC SE` of a received subnegotiation. Default: 8 KiB. `Infinity` disables it. */
  readonly subnegotiationBytesMax?: number | undefined;
}

const verbs: readonly TelnetVerb[] = ["will", "wont", "do", "dont"];
const firstVerb = 0xfb;

/**
 * A codec that parses and writes a telnet stream, byte for byte.
 *
 * Decoding fails with `too-long` for a subnegotiation beyond its limit. It fails with `invalid` for one
 * without an option or with an IAC that is not doubled, and with `truncated` if the stream ends inside
 * a command. Line endings are not converted. Encoding throws a TypeError for a code that is not a byte,
 * or that has a message type of its own.
 *
 * @throws {TypeError} for an invalid limit.
 * @example
 * telnet().encode({ type: "negotiation", verb: "do", option: telnetOptions.naws }); // ff fd 1f
 */
export function telnet(options: TelnetOptions = {}): Codec<TelnetMessage> {
  checkOptions("telnet", options, { subnegotiationBytesMax: true });
  const bytesMax = limit(
    "telnet: subnegotiationBytesMax",
    options.subnegotiationBytesMax ?? limits.subnegotiationBytesMax.value,
  );
  return { name: "telnet", decoder: () => telnetDecoder(bytesMax), encode };
}

function telnetDecoder(subnegotiationBytesMax: number): Decoder<TelnetMessage> {
  /** The stream position before which no subnegotiation ends. */
  let searched = 0;

  /** Takes data up to the next command, or returns `undefined` if a command is at the front. */
  function takeData(bytes: ByteQueue): TelnetMessage | undefined {
    let length = bytes.indexOf(IAC);
    let escaped = false;
    while (length !== -1 && bytes.at(length + 1) === IAC) {
      escaped = true;
      length = bytes.indexOf(IAC, length + 2);
    }
    if (length === 0) return undefined;
    const data = length === -1 ? bytes.takeAll() : bytes.take(length);
    return { type: "data", bytes: escaped ? unescapeIac(data) : data };
  }

  /** The number of bytes between `IAC SB` and `IAC SE`, or `undefined` if the end has not arrived. */
  function subnegotiationBytes(bytes: ByteQueue): number | undefined {
    for (let from = Math.max(2, searched - bytes.consumed); ; from += 2) {
      const mark = bytes.indexOf(IAC, from);
      const length = (mark === -1 ? bytes.length : mark) - 2;
      if (length > subnegotiationBytesMax) throw tooLong();
      searched = bytes.consumed + length + 2;
      if (mark === -1) return undefined;
      const next = bytes.at(mark + 1);
      if (next === -1) return undefined;
      if (next === SE) return length;
      if (next !== IAC) {
        throw new CodecError("invalid", `a subnegotiation contains IAC ${next}, which is not allowed in it`);
      }
      if (length + 2 > subnegotiationBytesMax) throw tooLong();
      from = mark;
    }
  }

  function tooLong(): CodecError {
    return new CodecError("too-long", `a subnegotiation is longer than ${subnegotiationBytesMax} bytes`, {
      option: "subnegotiationBytesMax",
    });
  }

  function takeSubnegotiation(bytes: ByteQueue): TelnetMessage | undefined {
    const length = subnegotiationBytes(bytes);
    if (length === undefined) return undefined;
    if (length === 0) throw new CodecError("invalid", "a subnegotiation names no option");
    bytes.skip(2);
    const content = unescapeIac(bytes.take(length));
    bytes.skip(2);
    return { type: "subnegotiation", option: content[0] as number, bytes: content.subarray(1) };
  }

  return {
    decode(bytes) {
      if (bytes.length === 0) return undefined;
      const data = takeData(bytes);
      if (data !== undefined) return data;
      const code = bytes.at(1);
      if (code === -1) return undefined;
      if (code === SB) return takeSubnegotiation(bytes);
      const verb = verbs[code - firstVerb];
      if (verb === undefined) {
        bytes.skip(2);
        return { type: "command", command: code };
      }
      const option = bytes.at(2);
      if (option === -1) return undefined;
      bytes.skip(3);
      return { type: "negotiation", verb, option };
    },
    end(bytes) {
      if (bytes.length === 0) return undefined;
      throw new CodecError("truncated", `the peer ended ${bytes.length} bytes into a telnet command`);
    },
  };
}

function encode(message: TelnetMessage): Uint8Array {
  record("telnet: message", message);
  switch (message.type) {
    case "data":
      return escapeIac(byteArray("telnet: message.bytes", message.bytes));
    case "command":
      if (message.command >= SB || message.command < 0 || !Number.isInteger(message.command)) {
        throw new TypeError(`telnet: command: ${shown(message.command)} is not a command without parameters`);
      }
      return Uint8Array.of(IAC, message.command);
    case "negotiation": {
      const verb = verbs.indexOf(oneOf("telnet: verb", message.verb, verbs));
      return Uint8Array.of(IAC, firstVerb + verb, optionNumber(message.option));
    }
    case "subnegotiation": {
      const content = concatBytes([
        Uint8Array.of(optionNumber(message.option)),
        byteArray("telnet: message.bytes", message.bytes),
      ]);
      return concatBytes([Uint8Array.of(IAC, SB), escapeIac(content), Uint8Array.of(IAC, SE)]);
    }
    default:
      throw new TypeError(`telnet: message: ${shown(message)} is not a TelnetMessage`);
  }
}

function optionNumber(option: number): number {
  if (Number.isInteger(option) && option >= 0 && option <= 0xff) return option;
  throw new TypeError(`telnet: option: ${shown(option)} is not a whole number from 0 to 255`);
}
