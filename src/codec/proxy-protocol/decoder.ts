/** The decoder of a PROXY protocol header, of either version. */
import { shown } from "../../base/arguments.ts";
import { limits } from "../../base/limits.ts";
import { checkOptions } from "../../base/option-checks.ts";
import { CodecError, type Decoder } from "../codec.ts";
import { signatures, type ByteParser, type ProxyHeader } from "./header.ts";
import { parseV1 } from "./parse-v1.ts";
import { parseV2 } from "./parse-v2.ts";

/** Options of `proxyHeaderDecoder`. */
export interface ProxyHeaderOptions {
  /** Maximum length of a version 2 header in bytes. Default: 4096. */
  readonly headerBytesMax?: number | undefined;
}

/**
 * Decodes the one header at the front of a stream, of version 1 or 2. Bytes behind it stay in the queue.
 *
 * The stream is refused at the first byte that no header can have there.
 *
 * @throws {TypeError} for an invalid limit.
 */
export function proxyHeaderDecoder(options: ProxyHeaderOptions = {}): Decoder<ProxyHeader> {
  checkOptions("proxyHeaderDecoder", options, { headerBytesMax: headerLimit });
  const parser = parseHeader(options.headerBytesMax ?? limits.proxyHeaderBytesMax.value);
  parser.next();
  let looked = 0;
  return {
    ownsMessages: true,
    decode(bytes) {
      while (looked < bytes.length) {
        const { done, value } = parser.next(bytes.at(looked++));
        if (done !== true) continue;
        bytes.skip(looked);
        return value;
      }
      return undefined;
    },
    end(bytes) {
      const what = bytes.length === 0 ? "without a PROXY protocol header" : "inside a PROXY protocol header";
      throw new CodecError("truncated", `the stream ends ${what}`);
    },
  };
}

/** The specification's longest addresses must fit. */
const headerBytesLeast = 232;

function headerLimit(name: string, value: unknown): void {
  const isValid = Number.isSafeInteger(value) && (value as number) >= headerBytesLeast;
  if (!isValid)
    throw new TypeError(`${name}: ${shown(value)} is not a whole number of ${headerBytesLeast} or more`);
}

function* parseHeader(headerBytesMax: number): ByteParser<ProxyHeader> {
  const first = yield;
  const signature = [signatures.v1, signatures.v2].find((one) => one[0] === first);
  if (signature === undefined) throw noHeader();
  for (const byte of signature.subarray(1)) {
    if ((yield) !== byte) throw noHeader();
  }
  return yield* signature === signatures.v1 ? parseV1() : parseV2(headerBytesMax);
}

function noHeader(): CodecError {
  return new CodecError("invalid", "the stream does not begin with a PROXY protocol header");
}
