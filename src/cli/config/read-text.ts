/**
 * The text of a settings file. Its length is limited, so that a wrong file cannot fill the memory or be read without
 * end.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { UsageError } from "../usage.ts";

/** Hundreds of times what all options together need. */
const bytesMax = 1_048_576;

/**
 * Reads a regular file. `mayRead` looks at the open file, so that it cannot be replaced in between.
 *
 * @param flags for open(2), besides those for reading.
 * @throws {UsageError} if it is too large; the system's error if it cannot be read.
 */
export function readRegularFile(
  path: string,
  flags: number,
  mayRead: (stat: Stats) => boolean,
): string | undefined {
  // Without O_NONBLOCK, opening a named pipe would wait for a writer.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | flags);
  try {
    return mayRead(fstatSync(file)) ? textOf(path, file) : undefined;
  } finally {
    closeSync(file);
  }
}

/** Reads any file, including a pipe. */
export function readAnything(path: string): string {
  const file = openSync(path, constants.O_RDONLY);
  try {
    return textOf(path, file);
  } finally {
    closeSync(file);
  }
}

/** The limit counts the bytes read, not the size of fstat(2): a pipe has no size, and a file can grow. */
function textOf(path: string, file: number): string {
  const pieces: Buffer[] = [];
  for (let bytes = 0; ;) {
    const piece = Buffer.allocUnsafe(65_536);
    const count = readSync(file, piece);
    // RFC 8259, section 8.1: a parser may ignore a byte order mark. Some editors write one.
    if (count === 0)
      return Buffer.concat(pieces)
        .toString("utf8")
        .replace(/^\uFEFF/, "");
    pieces.push(piece.subarray(0, count));
    bytes += count;
    if (bytes > bytesMax) throw new UsageError(`${path}: is too large: settings have 1 MiB at most`);
  }
}
