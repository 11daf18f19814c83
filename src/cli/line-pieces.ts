/**
 * Lines to be shown, as the bytes they are: without their ending, and one that is
 * too long for a line in pieces. No byte but the ending is lost or changed.
 */
import { limits } from "../base/limits.ts";
import { raw, type Codec } from "../codec/index.ts";

const LF = 0x0a;
const CR = 0x0d;

export const linePieces: Codec<Uint8Array> = {
  ...raw(),
  name: "line pieces",
  decoder() {
    const pieceBytes = limits.lineBytesMax.value;
    /** The stream position before which no line ends. */
    let searched = 0;
    return {
      decode(bytes) {
        const end = bytes.indexOf(LF, Math.max(0, searched - bytes.consumed));
        searched = bytes.consumed + bytes.length;
        if (end === -1) return bytes.length < pieceBytes ? undefined : bytes.take(pieceBytes);
        const length = end > 0 && bytes.at(end - 1) === CR ? end - 1 : end;
        searched = bytes.consumed + Math.min(length, pieceBytes);
        if (length > pieceBytes) return bytes.take(pieceBytes);
        const line = bytes.take(length);
        bytes.skip(end + 1 - length);
        return line;
      },
      end: (bytes) => (bytes.length === 0 ? undefined : bytes.takeAll()),
    };
  },
};
