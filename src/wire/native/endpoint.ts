/**
 * Where the wires of one listener, or of one connect, are; and who is at their other end.
 */
import { tcpAddress, type Address, type TcpAddress } from "../../base/address/address.ts";
import type { NativeLoop } from "./native-loop.ts";

export class Endpoint {
  readonly loop: NativeLoop;
  readonly #address: Address;
  /** Where it is every address of the machine, each wire may be at another one. */
  readonly #everywhere: boolean;
  /** Mostly they are all at the same. */
  #last: Address;

  constructor(loop: NativeLoop, address: Address) {
    this.loop = loop;
    this.#address = this.#last = address;
    this.#everywhere = address.family !== "unix" && (address.host === "0.0.0.0" || address.host === "::");
  }

  /** Where one of its wires is; of one that is closed only what it was bound to is known. */
  localOf(id: number): Address {
    if (!this.#everywhere || this.loop.calls.local(id) < 0) return this.#address;
    const { host, port } = this.loop.returnedHost();
    const last = this.#last;
    if (last.family === "unix" || last.host !== host || last.port !== port)
      this.#last = tcpAddress(host, port);
    return this.#last;
  }
}

/** The other end of a wire: its address, or as long as nobody has asked, an IPv4 one as 32 bits below its port. */
export type Remote = Address | number | undefined;

/** The other end that the last call has answered with, if it is one of TCP. */
export function returnedRemote(loop: NativeLoop): Remote {
  const packed = loop.returnedIpv4();
  if (packed !== undefined) return packed;
  const { host, port } = loop.returnedHost();
  return tcpAddress(host, port);
}

/** The host in such a number, as 32 bits with a sign. */
export function hostBits(packed: number): number {
  return packed | 0;
}

export function portOf(packed: number): number {
  return Math.floor(packed / 2 ** 32);
}

export function ipv4Address(bits: number, port: number): TcpAddress {
  const host = `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
  return { family: "ipv4", host, port };
}
