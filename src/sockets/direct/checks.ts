/** Checks of arguments, which the constructors of the Direct Sockets API perform at once. */
import { parseHost } from "../../base/address/host.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { flag, oneOf, record, shown, text } from "../../base/arguments.ts";

/** Which addresses of a name to use. */
export type SocketDnsQueryType = "ipv4" | "ipv6";

/** The options, none if they were left out. @throws {TypeError} for what is no object. */
export function dictionary<Options extends object>(name: string, options: Options | undefined): Options {
  return record(`${name}: options`, options ?? {}) as Options;
}

/** @throws {TypeError} for what is no port. */
export function port(name: string, value: unknown, least: 0 | 1): number {
  return integer(name, value, least, 65_535);
}

/** @throws {TypeError} for a size that is no whole number above 0. */
export function size(name: string, value: unknown): number | undefined {
  return value === undefined ? undefined : integer(name, value, 1, 4_294_967_295);
}

/** @throws {TypeError} for what is no whole number from `least` to `most`. */
export function integer(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new TypeError(`${name}: ${shown(value)} is not a whole number from ${least} to ${most}`);
}

/** @throws {TypeError} for another value. */
export function familyOf(dnsQueryType: unknown): 4 | 6 | undefined {
  if (dnsQueryType === undefined) return undefined;
  oneOf("dnsQueryType", dnsQueryType, ["ipv4", "ipv6"]);
  return dnsQueryType === "ipv4" ? 4 : 6;
}

/** @throws {TypeError} for what is no name and no address. */
export function hostOf(name: string, value: unknown): string {
  return parseHost(text(name, value).replace(/^\[(.*)\]$/, "$1"));
}

/** @throws {TypeError} for a name: a socket is bound to an address. */
export function localAddressOf(value: unknown): string {
  const address = hostOf("localAddress", value);
  if (ipFamily(address) === undefined)
    throw new TypeError(`localAddress: ${shown(value)} is not an IP address`);
  return address;
}

/** @throws {TypeError} if `ipv6Only` is set and the address is not `::`. */
export function checkIpv6Only(value: unknown, localAddress: string): boolean | undefined {
  if (value !== undefined && localAddress !== "::") {
    throw new TypeError(`ipv6Only: it needs the localAddress "::", and not ${shown(localAddress)}`);
  }
  return value === undefined ? undefined : flag("ipv6Only", value);
}

/** @throws {TypeError} unless it is an ArrayBuffer or a view of one. */
export function bufferSource(name: string, value: unknown): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError(`${name}: ${shown(value)} is neither an ArrayBuffer nor a view of one`);
}
