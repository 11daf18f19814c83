/**
 * The local and remote addresses of the wires of one listener, or of one connect.
 */
import {
  canonicalTcpAddress,
  tcpAddress,
  type Address,
  type TcpAddress,
} from "../../base/address/address.ts";
import type { NativeLoop } from "./native-loop.ts";

export class Endpoint {
  readonly loop: NativeLoop;
  readonly #address: Address;
  /** A listener on all addresses: each wire may have another local address. */
  readonly #everywhere: boolean;
  /** The last one. Most wires have the same. */
  #last: Address;

  constructor(loop: NativeLoop, address: Address) {
    this.loop = loop;
    this.#address = this.#last = address;
    this.#everywhere = address.family !== "unix" && (address.host === "0.0.0.0" || address.host === "::");
  }

  /** The local address of a wire. For a closed wire only the bound address is known. */
  localOf(id: number): Address {
    if (!this.#everywhere || this.loop.calls.local(id) < 0) return this.#address;
    const { host, port } = this.loop.returnedHost();
    const last = this.#last;
    if (last.family === "unix" || last.host !== host || last.port !== port)
      this.#last = tcpAddress(host, port);
    return this.#last;
  }
}

/** The peer's address. Until it is asked for, an IPv4 address is one number: 32 bits below its port. */
export type Remote = Address | number | undefined;

/** The peer's address that the last call has returned, for TCP. */
export function returnedRemote(loop: NativeLoop): Remote {
  const packed = loop.returnedIpv4();
  if (packed !== undefined) return packed;
  const { host, port } = loop.returnedHost();
  return tcpAddress(host, port);
}

/** The host in such a number, as a signed 32-bit integer. */
export function hostBits(packed: number): number {
  return packed | 0;
}

export function portOf(packed: number): number {
  return Math.floor(packed / 2 ** 32);
}

export function ipv4Address(bits: number, port: number): TcpAddress {
  const host = `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
  return canonicalTcpAddress(4, host, port);
}
