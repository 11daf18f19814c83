/**
 * `-o` and `--hex-dump`: what goes and comes, kept in files as ncat keeps it, in the order
 * in which it happened and without saying who spoke.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { encodeText } from "../../base/bytes.ts";
import type { BytesEvent } from "../../base/events.ts";
import { quote } from "../../base/text/quote.ts";
import { UsageError } from "../usage.ts";
import type { NcValues } from "./flag-row.ts";

export interface Recording {
  readonly onBytes: (event: BytesEvent) => void;
  readonly end: () => void;
}

/** Opens the files that a line asks for; nothing, if it asks for none. @throws {UsageError} if one cannot be written. */
export function startRecording(given: NcValues): Recording | undefined {
  const mode = given["append-output"] === true ? "a" : "w";
  const kept = [
    { path: given.output, form: (bytes: Uint8Array) => bytes },
    { path: given["hex-dump"], form: ncatHex },
  ].flatMap(({ path, form }) => (path === undefined ? [] : [{ file: open(path, mode), form }]));
  if (kept.length === 0) return undefined;
  return {
    onBytes({ bytes }) {
      for (const { file, form } of kept) writeWhole(file, form(bytes));
    },
    end() {
      for (const { file } of kept) closeSync(file);
    },
  };
}

function open(path: string, mode: "a" | "w"): number {
  try {
    return openSync(path, mode);
  } catch (error) {
    throw new UsageError(`cannot write ${quote(path)} (${(error as NodeJS.ErrnoException).code})`);
  }
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}

const rowBytes = 16;

/** Rows as ncat writes them: offset in this piece, hex in two halves, text. */
function ncatHex(bytes: Uint8Array): Uint8Array {
  const rows: string[] = [];
  for (let start = 0; start < bytes.length; start += rowBytes) {
    const part = bytes.subarray(start, start + rowBytes);
    const hex = Array.from(part, (byte) => byte.toString(16).padStart(2, "0"));
    const halves = [hex.slice(0, 8).join(" ").padEnd(24), hex.slice(8).join(" ").padEnd(24)];
    const text = Array.from(part, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."));
    rows.push(
      `${start.toString(16).padStart(4, "0")}   ${halves.join(" ")} ${text.join("").padEnd(rowBytes)}\n`,
    );
  }
  return encodeText(rows.join(""));
}
