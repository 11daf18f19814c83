import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createTerminalFilter, terminalSafe } from "../../../src/cli/tty/terminal-text.ts";

function utf8(text: string): Buffer {
  return Buffer.from(text, "utf8");
}

/** What a terminal is shown of these chunks, up to the end of the stream. */
function shown(...chunks: readonly Uint8Array[]): string {
  const filter = createTerminalFilter();
  return chunks.map((chunk) => filter.write(chunk)).join("") + filter.flush();
}

/** The same bytes cut into two at each place, and into single bytes. */
function* cuts(bytes: Uint8Array): Generator<Uint8Array[]> {
  for (let at = 0; at <= bytes.length; at += 1) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** All the ways to cut bytes: 2 to the power of their number less one. */
function* segmentations(bytes: Uint8Array): Generator<Uint8Array[]> {
  for (let mask = 0; mask < 2 ** (bytes.length - 1); mask += 1) {
    const chunks: Uint8Array[] = [];
    let start = 0;
    for (let at = 1; at < bytes.length; at += 1) {
      if ((mask & (1 << (at - 1))) === 0) continue;
      chunks.push(bytes.subarray(start, at));
      start = at;
    }
    yield [...chunks, bytes.subarray(start)];
  }
}

function assertSafe(text: string): void {
  assert.doesNotMatch(text, /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\n\t]]/v);
}

/** What a byte alone, in the midst of ASCII, is to look like: written out, not computed by the code under test. */
function expectedOf(byte: number): string {
  if (byte === 0x09) return "\t";
  if (byte === 0x0a) return "\n";
  if (byte < 0x20) return "^" + "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_".charAt(byte);
  if (byte < 0x7f) return String.fromCharCode(byte);
  if (byte === 0x7f) return "^?";
  return `<${byte.toString(16)}>`;
}

const contexts: readonly (readonly [name: string, before: string, after: string])[] = [
  ["alone", "", ""],
  ["between letters", "a", "b"],
  ["behind an escape", "\x1b", ""],
  ["in a CSI sequence", "\x1b[", "m"],
  ["in an OSC sequence", "\x1b]0;", "\x07"],
  ["behind a CR", "\r", "x"],
  ["before a CR", "", "\rx"],
  ["behind a line", "line\r\n", ""],
  ["behind a character of two bytes", "ü", "ü"],
  ["behind a character of four bytes", "😀", "😀"],
];

for (const [name, before, after] of contexts) {
  test(`S16: shows each of the 256 bytes ${name}, however it is cut`, () => {
    for (let byte = 0; byte < 256; byte += 1) {
      const bytes = Buffer.concat([utf8(before), Uint8Array.of(byte), utf8(after)]);
      const crlf = before === "\r" && byte === 0x0a;
      const lineBefore = before === "line\r\n" ? "line\n" : ascii(before);
      const expected = crlf ? `\n${ascii(after)}` : lineBefore + expectedOf(byte) + ascii(after);
      for (const chunks of cuts(bytes)) {
        const text = shown(...chunks);
        assert.equal(text, expected, `byte ${byte}`);
        assertSafe(text);
      }
    }
  });
}

function ascii(text: string): string {
  return Array.from(text, (character) =>
    character < "\x80" ? expectedOf(character.charCodeAt(0)) : character,
  ).join("");
}

test("S16: shows each of the 65 536 pairs of bytes without a control byte", () => {
  for (let pair = 0; pair < 65_536; pair += 1) {
    const text = shown(Uint8Array.of(pair >> 8, pair & 0xff));
    assertSafe(text);
    assert.notEqual(text, "");
  }
});

const esc = "\x1b";
const st = "\x1b\\";
const bel = "\x07";

/** What terminals obey, and how it looks when it is shown instead. */
const sequences: readonly (readonly [name: string, bytes: Uint8Array | string, text: string])[] = [
  ["title", `${esc}]0;owned${bel}`, "^[]0;owned^G"],
  ["title, ended by ST", `${esc}]2;owned${st}`, "^[]2;owned^[\\"],
  ["icon name", `${esc}]1;owned${bel}`, "^[]1;owned^G"],
  ["title report", `${esc}[21t`, "^[[21t"],
  ["title stack", `${esc}[22;0t${esc}[23;0t`, "^[[22;0t^[[23;0t"],
  ["clipboard write (OSC 52)", `${esc}]52;c;cm0gLXJmIH4K${bel}`, "^[]52;c;cm0gLXJmIH4K^G"],
  ["clipboard read (OSC 52)", `${esc}]52;c;?${bel}`, "^[]52;c;?^G"],
  ["cursor position report", `${esc}[6n`, "^[[6n"],
  ["extended cursor position report", `${esc}[?6n`, "^[[?6n"],
  ["device status", `${esc}[5n`, "^[[5n"],
  ["device attributes", `${esc}[c`, "^[[c"],
  ["secondary device attributes", `${esc}[>c`, "^[[>c"],
  ["tertiary device attributes", `${esc}[=c`, "^[[=c"],
  ["terminal version (XTVERSION)", `${esc}[>q`, "^[[>q"],
  ["identify (DECID)", `${esc}Z`, "^[Z"],
  ["answerback (ENQ)", "\x05", "^E"],
  ["setting report (DECRQSS)", `${esc}P$q"p${st}`, '^[P$q"p^[\\'],
  ["setting report with a command in it", `${esc}P$q;id\n${st}`, "^[P$q;id\n^[\\"],
  ["termcap report (XTGETTCAP)", `${esc}P+q544e${st}`, "^[P+q544e^[\\"],
  ["mode report (DECRQM)", `${esc}[?1$p`, "^[[?1$p"],
  ["checksum report (DECRQCRA)", `${esc}[1;1;1;1;1;1*y`, "^[[1;1;1;1;1;1*y"],
  ["window report", `${esc}[18t`, "^[[18t"],
  ["window size", `${esc}[8;1;1t`, "^[[8;1;1t"],
  ["window iconify", `${esc}[2t`, "^[[2t"],
  ["colour report (OSC 4)", `${esc}]4;1;?${bel}`, "^[]4;1;?^G"],
  ["background report (OSC 11)", `${esc}]11;?${bel}`, "^[]11;?^G"],
  ["palette (OSC 4)", `${esc}]4;0;#ffffff${bel}`, "^[]4;0;#ffffff^G"],
  ["link (OSC 8)", `${esc}]8;;http://evil${st}click${esc}]8;;${st}`, "^[]8;;http://evil^[\\click^[]8;;^[\\"],
  ["working folder (OSC 7)", `${esc}]7;file://h/x${bel}`, "^[]7;file://h/x^G"],
  ["notification (OSC 9)", `${esc}]9;hello${bel}`, "^[]9;hello^G"],
  ["notification (OSC 777)", `${esc}]777;notify;a;b${bel}`, "^[]777;notify;a;b^G"],
  ["shell marks (OSC 133)", `${esc}]133;C${bel}`, "^[]133;C^G"],
  ["file or image (OSC 1337)", `${esc}]1337;File=:AA==${bel}`, "^[]1337;File=:AA==^G"],
  ["font (OSC 50)", `${esc}]50;?${bel}`, "^[]50;?^G"],
  ["log file (OSC 46)", `${esc}]46;/tmp/x${bel}`, "^[]46;/tmp/x^G"],
  ["sixel image", `${esc}Pq#0~${st}`, "^[Pq#0~^[\\"],
  ["kitty image", `${esc}_Gf=100;AAAA${st}`, "^[_Gf=100;AAAA^[\\"],
  ["privacy message", `${esc}^x${st}`, "^[^x^[\\"],
  ["start of string", `${esc}Xx${st}`, "^[Xx^[\\"],
  ["tmux pass-through", `${esc}Ptmux;${esc}${esc}]0;x${bel}${st}`, "^[Ptmux;^[^[]0;x^G^[\\"],
  ["screen title", `${esc}kx${st}`, "^[kx^[\\"],
  ["user-defined keys (DECUDK)", `${esc}P0;1|17/6c730a${st}`, "^[P0;1|17/6c730a^[\\"],
  ["clear screen", `${esc}[2J${esc}[H`, "^[[2J^[[H"],
  ["clear scrollback", `${esc}[3J`, "^[[3J"],
  ["reset (RIS)", `${esc}c`, "^[c"],
  ["soft reset", `${esc}[!p`, "^[[!p"],
  ["alternate screen", `${esc}[?1049h`, "^[[?1049h"],
  ["mouse reports", `${esc}[?1003h${esc}[?1006h`, "^[[?1003h^[[?1006h"],
  ["bracketed paste off", `${esc}[?2004l`, "^[[?2004l"],
  ["focus reports", `${esc}[?1004h`, "^[[?1004h"],
  ["hidden cursor", `${esc}[?25l`, "^[[?25l"],
  ["hidden text", `${esc}[8msecret${esc}[0m`, "^[[8msecret^[[0m"],
  ["colours", `${esc}[31mred${esc}[0m`, "^[[31mred^[[0m"],
  ["cursor up, to write over a line", `${esc}[1A${esc}[2Kfake`, "^[[1A^[[2Kfake"],
  ["scroll region", `${esc}[1;1r`, "^[[1;1r"],
  ["repeat (REP)", `x${esc}[65535b`, "x^[[65535b"],
  ["screen alignment", `${esc}#8`, "^[#8"],
  ["line drawing letters", `${esc}(0lqk${esc}(B`, "^[(0lqk^[(B"],
  ["shift out", "\x0elqk\x0f", "^Nlqk^O"],
  ["other coding than UTF-8", `${esc}%@${esc}%G`, "^[%@^[%G"],
  ["media copy (print)", `${esc}[5ix${esc}[4i`, "^[[5ix^[[4i"],
  ["Tektronix mode", `${esc}[?38h`, "^[[?38h"],
  ["VT52 mode", `${esc}[?2l`, "^[[?2l"],
  ["cancel and substitute", `${esc}\x18${esc}\x1a`, "^[^X^[^Z"],
  ["XON and XOFF", "\x13\x11", "^S^Q"],
  ["Zmodem start", "**\x18B00", "**^XB00"],
  ["backspaces over a word", "rm\b\bls", "rm^H^Hls"],
  ["CR over a line", "rm -rf ~\rls       \n", "rm -rf ~^Mls       \n"],
  ["DEL", "a\x7f", "a^?"],
  ["NUL", "a\0b", "a^@b"],
  ["form feed and vertical tab", "\f\v", "^L^K"],
  ["8-bit CSI", Uint8Array.of(0x9b, 0x36, 0x6e), "<9b>6n"],
  ["8-bit OSC", Uint8Array.of(0x9d, 0x30, 0x3b, 0x78, 0x9c), "<9d>0;x<9c>"],
  ["8-bit DCS", Uint8Array.of(0x90, 0x24, 0x71, 0x9c), "<90>$q<9c>"],
  ["CSI in UTF-8", "\u009b6n", "<U+009B>6n"],
  ["OSC in UTF-8", "\u009d0;x\u009c", "<U+009D>0;x<U+009C>"],
  ["next line in UTF-8", "a\u0085b", "a<U+0085>b"],
  ["overlong escape", Uint8Array.of(0xc0, 0x9b, 0xc1, 0x9b), "<c0><9b><c1><9b>"],
  ["overlong escape of three bytes", Uint8Array.of(0xe0, 0x80, 0x9b), "<e0><80><9b>"],
  ["overlong escape of four bytes", Uint8Array.of(0xf0, 0x80, 0x80, 0x9b), "<f0><80><80><9b>"],
  ["escape of five bytes", Uint8Array.of(0xf8, 0x80, 0x80, 0x80, 0x9b), "<f8><80><80><80><9b>"],
  ["escape that cuts a character short", Uint8Array.of(0xe2, 0x82, 0x1b, 0x5b), "<e2><82>^[["],
  ["escape in half a character", Uint8Array.of(0xf0, 0x9f, 0x98, 0x1b), "<f0><9f><98>^["],
  ["C1 that cuts a character short", Uint8Array.of(0xe1, 0xc2, 0x9b), "<e1><U+009B>"],
  ["surrogate in UTF-8", Uint8Array.of(0xed, 0xa0, 0x80), "<ed><a0><80>"],
  ["beyond Unicode", Uint8Array.of(0xf4, 0x90, 0x80, 0x80), "<f4><90><80><80>"],
  ["byte order mark", "\ufeffx", "<U+FEFF>x"],
  ["right-to-left override", "gnp.\u202eexe", "gnp.<U+202E>exe"],
  ["bidi isolates", "\u2066a\u2069", "<U+2066>a<U+2069>"],
  ["bidi marks", "\u200e\u200f\u061c", "<U+200E><U+200F><U+061C>"],
  ["zero-width space", "ad\u200bmin", "ad<U+200B>min"],
  ["zero-width joiners", "a\u200c\u200d\u2060", "a<U+200C><U+200D><U+2060>"],
  ["soft hyphen", "a\u00adb", "a<U+00AD>b"],
  ["line and paragraph separator", "a\u2028b\u2029c", "a<U+2028>b<U+2029>c"],
  ["tag characters", "a\u{e0041}", "a<U+E0041>"],
  ["variation selector", "a\ufe0f\u{e0100}", "a<U+FE0F><U+E0100>"],
  ["Hangul filler", "\u3164", "<U+3164>"],
  ["noncharacter", "\uffff", "<U+FFFF>"],
  ["harmless text", "Grüße, 日本, 😀, ⓛ\t|\r\nnext\n", "Grüße, 日本, 😀, ⓛ\t|\nnext\n"],
];

for (const [name, data, text] of sequences) {
  test(`F76, S16: shows instead of obeying: ${name}`, () => {
    const bytes = typeof data === "string" ? utf8(data) : data;
    for (const chunks of cuts(bytes)) assert.equal(shown(...chunks), text);
    assertSafe(text);
  });
}

const short: readonly (readonly [bytes: Uint8Array, text: string])[] = [
  [utf8("a\r\n\r\r\nb\r"), "a\n^M\nb^M"],
  [utf8("\r\r\r\n\n\r"), "^M^M\n\n^M"],
  [utf8("ü€😀\r\n"), "ü€😀\n"],
  [utf8("\u202e\u009b\x1b[m"), "<U+202E><U+009B>^[[m"],
  [Uint8Array.of(0xe2, 0x82, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x0d, 0x0a, 0xc3), "<e2><82>€<f0><9f>\n<c3>"],
  [
    Uint8Array.of(0xf4, 0x8f, 0xbf, 0xbd, 0xf4, 0x90, 0xed, 0x9f, 0xbf, 0xed, 0xa0),
    "\u{10fffd}<f4><90>\ud7ff<ed><a0>",
  ],
  [Uint8Array.of(0xf0, 0x90, 0x80, 0x80, 0xe0, 0xa0, 0x80, 0xc2, 0xa1, 0xc2, 0x0d), "\u{10000}\u0800¡<c2>^M"],
];

for (const [bytes, text] of short) {
  test(`shows ${JSON.stringify(text)} in all ${2 ** (bytes.length - 1)} ways to cut it`, () => {
    for (const chunks of segmentations(bytes)) assert.equal(shown(...chunks), text);
  });
}

test("shows any bytes the same, however they are cut, and without a control byte", () => {
  const tricky = fc.constantFrom(
    0x00,
    0x09,
    0x0a,
    0x0d,
    0x1b,
    0x7f,
    0x80,
    0x9b,
    0x9f,
    0xbf,
    0xc2,
    0xe2,
    0xed,
    0xf0,
    0xf4,
  );
  const byte = fc.oneof(tricky, fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(fc.array(byte)), (parts) => {
      const chunks = parts.map((part) => Uint8Array.from(part));
      const text = shown(Buffer.concat(chunks));
      assert.equal(shown(...chunks), text);
      assertSafe(text);
    }),
    { numRuns: 3000 },
  );
});

test("agrees with TextDecoder on what is UTF-8", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  // Lead bytes and those that decide about them: valid where no byte is shown by its number.
  const byte = fc.constantFrom(
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc0,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xe1,
    0xed,
    0xee,
    0xf0,
    0xf3,
    0xf4,
    0xf5,
  );
  fc.assert(
    fc.property(fc.array(byte, { minLength: 1, maxLength: 4 }), (bytes) => {
      let valid = true;
      try {
        strict.decode(Uint8Array.from(bytes));
      } catch {
        valid = false;
      }
      assert.equal(!/<[0-9a-f]{2}>/.test(shown(Uint8Array.from(bytes))), valid);
    }),
    { numRuns: 20_000 },
  );
});

test("shows text in any language as it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      if (terminalSafe(text) === text) assert.equal(shown(utf8(text)), text);
    }),
  );
});

test("keeps a CR back until it is known what it is, and flush() lets it go", () => {
  const filter = createTerminalFilter();
  assert.equal(filter.write(utf8("prompt\r")), "prompt");
  assert.equal(filter.flush(), "^M");
  assert.equal(filter.flush(), "");
  assert.equal(filter.write(utf8("\n")), "\n");
  assert.equal(filter.write(utf8("\r")), "");
  assert.equal(filter.write(new Uint8Array(0)), "");
  assert.equal(filter.write(utf8("\nx")), "\nx");
});

test("keeps part of a character back, and flush() shows its bytes", () => {
  const filter = createTerminalFilter();
  assert.equal(filter.write(Uint8Array.of(0x61, 0xf0, 0x9f)), "a");
  assert.equal(filter.write(Uint8Array.of(0x98)), "");
  assert.equal(filter.flush(), "<f0><9f><98>");
  assert.equal(filter.flush(), "");
  assert.equal(filter.write(Uint8Array.of(0x80, 0x61)), "<80>a");
  assert.equal(filter.write(utf8("😀")), "😀");
});

test("reads a view where it lies, and leaves it as it is", () => {
  const whole = utf8("xxhello\x1bxx");
  assert.equal(shown(whole.subarray(2, 8)), "hello^[");
  assert.deepEqual(whole, utf8("xxhello\x1bxx"));
});

test("keeps two streams apart", () => {
  const one = createTerminalFilter();
  const other = createTerminalFilter();
  one.write(utf8("\r"));
  assert.equal(other.write(utf8("\n")), "\n");
  assert.equal(one.write(utf8("x")), "^Mx");
});

const messages: readonly (readonly [text: string, safe: string])[] = [
  ["connect 10.0.0.7:9000: refused", "connect 10.0.0.7:9000: refused"],
  ["a\tb", "a\tb"],
  ["name\nportcall: forged line", "name^Jportcall: forged line"],
  ["name\r\nforged", "name^M^Jforged"],
  ["\x1b]0;owned\x07", "^[]0;owned^G"],
  ["\0\x7f", "^@^?"],
  ["\u009b6n", "<U+009B>6n"],
  ["gnp.\u202eexe", "gnp.<U+202E>exe"],
  ["ad\u200bmin\u{e0041}", "ad<U+200B>min<U+E0041>"],
  ["a\ud800b", "a<U+D800>b"],
  ["Grüße 😀", "Grüße 😀"],
];

for (const [text, safe] of messages) {
  test(`F77: makes a message safe: ${safe}`, () => {
    assert.equal(terminalSafe(text), safe);
    assert.equal(terminalSafe(safe), safe);
  });
}

test("F77, F78: makes any text one line without a control byte", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const safe = terminalSafe(text);
      assertSafe(safe);
      assert.doesNotMatch(safe, /\n/);
    }),
  );
});
