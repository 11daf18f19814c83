/**
 * Whether a client is a web browser, by its first bytes.
 *
 * Every page that a user looks at can send requests to 127.0.0.1, with a body of its choice, and it can make a name of
 * its own lead there (DNS rebinding), so neither the address nor `Host` tells friend from foe. A program that reads
 * commands would carry out the lines of such a request. What a page cannot do is leave out the headers that browsers
 * add. The rules and their limits are in docs/decisions/browsers.md.
 *
 * Pure: bytes in, a verdict out.
 */
import { quote } from "../../base/quote.ts";

/**
 * - `other`: no browser, or nothing that says so.
 * - `undecided`: the beginning of a request whose headers are not all here.
 * - `browser`: a browser, and what says so; `speaks` is what it understands.
 */
export type Verdict =
  | { readonly is: "other" }
  | { readonly is: "undecided" }
  | { readonly is: "browser"; readonly because: string; readonly speaks: "http" | "tls" };

/** The longest head of a request that is waited for; browsers and servers mostly stop at 16 to 64 KiB. */
const headBytesMax = 262_144;

/** A method, which a page can choose, and a target: browsers send at least that at once. */
const requestBegins = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64} (?:\/|\*|https?:)/;
const requestLine = /^\S+ \S+ HTTP\/\d/;

/**
 * Headers that a page cannot leave out (Fetch, "forbidden request-header"), and that other clients do not send. Of
 * Sec-Fetch-* it is Site: fetch of Node sends Mode.
 */
const ofBrowsers = /^(?:origin|sec-fetch-site|referer):|^user-agent:.*\bMozilla\//im;

const other: Verdict = { is: "other" };
const undecided: Verdict = { is: "undecided" };
const tooLong: Verdict = {
  is: "browser",
  because: `a request with a head of more than ${headBytesMax} bytes`,
  speaks: "http",
};

/** @param bytes all that has come, from the first byte. */
export function isBrowser(bytes: Uint8Array): Verdict {
  if (isClientHello(bytes))
    return { is: "browser", because: "a TLS handshake, as of https://", speaks: "tls" };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  if (!requestBegins.test(text)) return other;
  // No program needs so long a head, and a page can choose the length of its URL.
  const unfinished = text.length < headBytesMax ? undecided : tooLong;
  const lineEnd = text.indexOf("\n");
  if (lineEnd === -1) return unfinished;
  if (!requestLine.test(text.slice(0, lineEnd))) return other;
  if (text.startsWith("PRI * HTTP/2")) return { is: "browser", because: "HTTP/2", speaks: "tls" };
  const headEnd = /\n\r?\n/.exec(text)?.index;
  const head = text.slice(lineEnd + 1, headEnd);
  const header = ofBrowsers.exec(head);
  if (header !== null) return { is: "browser", because: quote(lineAt(head, header.index)), speaks: "http" };
  return headEnd === undefined ? unfinished : other;
}

function lineAt(text: string, start: number): string {
  return text.slice(start).split(/[\r\n]/, 1)[0] ?? "";
}

/** A record of the handshake, with a ClientHello in it (RFC 8446, sections 5.1 and 4). */
function isClientHello(bytes: Uint8Array): boolean {
  return bytes[0] === 0x16 && bytes[1] === 3 && bytes[5] === 1;
}
