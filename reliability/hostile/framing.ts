/** How a good client frames its text, so that an echo gives the same bytes back. Pure. */
import type { FramingName } from "./kinds.ts";

const line = (text: string): string => `${text}\n`;
const withLengthByte = (text: string): string => String.fromCharCode(text.length) + text;

const framings: Readonly<Record<FramingName, (text: string) => string>> = {
  raw: line,
  lines: line,
  telnet: (text) => `${text}\r\n`,
  json: (text) => `"${text}"\n`,
  netstring: (text) => `${text.length}:${text},`,
  u8: withLengthByte,
  varint: withLengthByte,
  u32be: (text) => `\0\0\0${withLengthByte(text)}`,
};

/** @param text up to 127 characters of ASCII, without line ends, quotes and backslashes. */
export function framed(framing: FramingName, text: string): string {
  return framings[framing](text);
}
