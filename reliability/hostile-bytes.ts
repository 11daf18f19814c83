/** Bytes that a terminal would obey, cut anywhere, and what may be shown of them. Pure. */

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** Every control: C0 and DEL, C1 as a byte, C1 in UTF-8. */
const controls: readonly Uint8Array[] = [
  ...[...range(0x00, 0x1f), 0x7f].map((byte) => Uint8Array.of(byte)),
  ...range(0x80, 0x9f).map((byte) => Uint8Array.of(byte)),
  ...range(0x80, 0x9f).map((byte) => Uint8Array.of(0xc2, byte)),
];

/** Known attacks on terminals, one of each kind. */
export const sequences: readonly Uint8Array[] = [
  // Titles, colours, the clipboard, links, files, notifications (OSC).
  ...[
    "\x1b]0;owned\x07",
    "\x1b]2;owned\x1b\\",
    "\x1b]4;1;rgb:ff/ff/ff\x07",
    "\x1b]10;?\x07",
    "\x1b]11;?\x1b\\",
  ],
  ...[
    "\x1b]52;c;cm0gLXJmIH4K\x07",
    "\x1b]52;c;?\x07",
    "\x1b]8;;http://evil/\x1b\\x\x1b]8;;\x1b\\",
    "\x1b]7;file:///etc\x07",
  ],
  ...[
    "\x1b]9;note\x07",
    "\x1b]50;font\x07",
    "\x1b]777;notify;a;b\x07",
    "\x1b]1337;File=:AA\x07",
    "\x1b]133;A\x07",
    "\x9d0;owned\x9c",
  ],
  // Queries that a terminal answers as if typed.
  ...[
    "\x1b[6n",
    "\x1b[5n",
    "\x1b[c",
    "\x1b[>c",
    "\x1b[=c",
    "\x1b[21t",
    "\x1b[18t",
    "\x1b[?1$p",
    "\x1bZ",
    "\x05",
    "\x1b[x",
  ],
  // Cursor, screen, scrolling, modes, resets.
  ...[
    "\x1b[2J\x1b[H",
    "\x1b[1A\x1b[2K",
    "\x1b[999D",
    "\x1b[s\x1b[u",
    "\x1b7\x1b8",
    "\x1b[?1049h",
    "\x1b[?25l",
    "\x1b[1;2r",
  ],
  ...[
    "\x1bc",
    "\x1b[!p",
    "\x1b[20h",
    "\x1b[?2004h",
    "\x1b[?1000h",
    "\x1b[8;1;1t",
    "\x1b[31;1m",
    "\x1b[8mhidden\x1b[0m",
    "\x9b31m",
  ],
  // Keys redefined, printing, character sets, DCS, APC, PM, SOS.
  ...[
    '\x1b[0;59;"evil"p',
    "\x1b[5i",
    "\x1b(0lqk\x1b(B",
    "\x0e\x0f",
    '\x1bP$q"p\x1b\\',
    "\x1bP+q544e\x1b\\",
    "\x1b_Gi=1;\x1b\\",
  ],
  ...["\x1b^pm\x1b\\", "\x1bXsos\x1b\\", "\x90+q\x9c", "\x1bPtmux;\x1b\x1b[c\x1b\\"],
  // Lines overwritten, text reversed or hidden, and invalid UTF-8.
  ...[
    "yes\rno ",
    "a\b\b\bb",
    "\xe2\x80\xaeexe.txt",
    "\xe2\x81\xa6a\xe2\x81\xa9",
    "a\xe2\x80\x8bb",
    "\xef\xbb\xbf",
    "\xe2\x80\xa8x",
  ],
  ...[
    "\xc0\x9b31m",
    "\xe0\x82\x9b",
    "\xed\xa0\x80",
    "\xf4\x90\x80\x80",
    "\xf0\x9f\x1b[2J",
    "\xc2\x1b[c",
    "\xf3\xa0\x81\x81",
  ],
].map(bytesOf);

/** Each control before and after each byte. */
export function* besideEveryByte(): Generator<Uint8Array> {
  for (const control of controls) {
    for (const byte of range(0, 255)) {
      yield Uint8Array.of(...control, byte);
      yield Uint8Array.of(byte, ...control);
    }
  }
}

/** All ways to cut bytes of up to 12; longer ones in up to three, at any two places. */
export function* cutsOf(bytes: Uint8Array): Generator<Uint8Array[]> {
  const { length } = bytes;
  if (length <= 12) {
    for (let mask = 0; mask < 2 ** (length - 1); mask++)
      yield piecesOf(
        bytes,
        range(1, length - 1).filter((place) => ((mask >> (place - 1)) & 1) === 1),
      );
    return;
  }
  yield [bytes];
  for (let first = 1; first < length; first++) {
    yield piecesOf(bytes, [first]);
    for (let second = first + 1; second < length; second++) yield piecesOf(bytes, [first, second]);
  }
}

function piecesOf(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  return [0, ...places].map((place, index) => bytes.subarray(place, places[index] ?? bytes.length));
}

/** How many characters a terminal would obey, or that would hide or turn text; LF and TAB are none of them. */
export function countUnsafe(shown: string): number {
  return [...shown.matchAll(/[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\n\t]]/gv)].length;
}
