/**
 * The memory into which one thread's datagrams are received, with their addresses.
 */
import { tcpAddress, type UdpAddress } from "../../base/address/address.ts";
import { createArena } from "./arena.ts";
import { datagramBytes, datagramsMax, header, headerInts } from "./records.ts";

/** WebAssembly memory consists of whole pages. */
const pageBytes = 65_536;
const headersAt = datagramsMax * datagramBytes;
const memoryBytes = headersAt + Math.ceil((datagramsMax * headerInts * 4) / pageBytes) * pageBytes;

let ofThisThread: DatagramMemory | undefined;

/**
 * Created when the first datagram socket is opened. All sockets of a thread share it, since each is read completely
 * before the next.
 */
export function datagramMemory(): DatagramMemory {
  return (ofThisThread ??= new DatagramMemory());
}

class DatagramMemory {
  readonly buffer: ArrayBuffer = createArena(memoryBytes);
  readonly #ints = new Int32Array(this.buffer, headersAt, datagramsMax * headerInts);
  readonly #bytes = new Uint8Array(this.buffer, headersAt, datagramsMax * headerInts * 4);

  /** The bytes of one datagram. */
  view(index: number): Uint8Array {
    const length = this.#ints[index * headerInts + header.length] as number;
    return new Uint8Array(this.buffer, index * datagramBytes, length);
  }

  /** Whether the datagram was larger than its room. */
  wasCut(index: number): boolean {
    return this.#ints[index * headerInts + header.cut] !== 0;
  }

  /** The sender's address; `last` if it is the same. */
  from(index: number, last: UdpAddress | undefined): UdpAddress | undefined {
    return this.#addressAt(index * headerInts + header.from, undefined, last);
  }

  /** The address that the datagram was sent to; `undefined` if the kernel does not say. */
  to(index: number, port: number, last: UdpAddress | undefined): UdpAddress | undefined {
    return this.#addressAt(index * headerInts + header.to, port, last);
  }

  #addressAt(
    at: number,
    knownPort: number | undefined,
    last: UdpAddress | undefined,
  ): UdpAddress | undefined {
    const family = this.#ints[at];
    if (family !== 4 && family !== 6) return undefined;
    const port = knownPort ?? this.#ints[at + 1] ?? 0;
    // The text, or the four bytes of IPv4, follows three numbers.
    const begin = (at + 3) * 4;
    const bytes = this.#bytes;
    const host =
      family === 4
        ? `${bytes[begin]}.${bytes[begin + 1]}.${bytes[begin + 2]}.${bytes[begin + 3]}`
        : String.fromCharCode(...bytes.subarray(begin, begin + (this.#ints[at + 2] as number)));
    return last?.host === host && last.port === port ? last : tcpAddress(host, port);
  }
}
