/** Handshakes without a network: records what they send, and feeds what they read in any pieces. */
import { ByteQueue } from "../../../src/base/byte-queue.ts";
import { concatBytes, encodeText, noBytes } from "../../../src/base/bytes.ts";
import { CodecError } from "../../../src/codec/index.ts";
import { endless, type Handshake } from "../../../src/net/proxy-client/handshake.ts";

export interface Played {
  /** The bytes sent before each read. */
  readonly sent: Uint8Array[];
  readonly done: boolean;
  readonly error: unknown;
  /** The bytes that it left for the target's reader. */
  readonly rest: Uint8Array;
}

/** Runs a handshake against a proxy's answer, which arrives in these pieces. */
export function play(
  handshake: Handshake,
  pieces: readonly Uint8Array[],
  tooLong: () => Error = endless,
): Played {
  const queue = new ByteQueue();
  const left = [...pieces];
  const sent: Uint8Array[] = [noBytes];
  let done = false;
  let error: unknown;
  try {
    for (let step = handshake.next(noBytes); ;) {
      if (step.done === true) {
        done = true;
        break;
      }
      if ("send" in step.value) {
        sent.push(concatBytes([sent.pop() ?? noBytes, step.value.send]));
        step = handshake.next(noBytes);
        continue;
      }
      const bytes = step.value.read.decode(queue);
      if (bytes === undefined) {
        const piece = left.shift();
        if (piece === undefined) break;
        queue.push(piece);
        continue;
      }
      if ((sent.at(-1) ?? noBytes).length > 0) sent.push(noBytes);
      step = handshake.next(bytes);
    }
  } catch (thrown) {
    error = thrown instanceof CodecError ? tooLong() : thrown;
  }
  const rest = concatBytes([queue.takeAll(), ...left]);
  return { sent: sent.filter(({ length }) => length > 0), done, error, rest };
}

/** The same bytes split in two in every way, and byte by byte. */
export function cuts(bytes: Uint8Array): Uint8Array[][] {
  return [
    Array.from(bytes, (byte) => Uint8Array.of(byte)),
    ...Array.from({ length: bytes.length + 1 }, (_, at) =>
      [bytes.slice(0, at), bytes.slice(at)].filter(({ length }) => length > 0),
    ),
  ];
}

export function bytesOf(...parts: readonly (number | string)[]): Uint8Array {
  return concatBytes(
    parts.map((part) => (typeof part === "string" ? encodeText(part) : Uint8Array.of(part))),
  );
}
