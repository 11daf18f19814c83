/**
 * Whether a client is a web browser, by its first bytes.
 *
 * Every page that a user looks at can send requests to 127.0.0.1, with a body of its choice. It can also make a name of
 * its own lead there (DNS rebinding), so the client's address does not tell friend from foe. A program that reads
 * commands would carry out the lines of such a request. A page cannot leave out the headers that browsers add, nor
 * hide the name in `Host`. The rules and their limits are in docs/decisions/browsers.md.
 *
 * Pure: bytes in, a verdict out.
 */
import { ipFamily } from "../../base/ip.ts";
import { quote } from "../../base/quote.ts";

/**
 * - `other`: no browser, or nothing that says so.
 * - `undecided`: the beginning of a request whose headers are not all here.
 * - `browser`: a browser, and what says so; `speaks` is what it understands, `instead` what a client that is
 *   no browser can send.
 */
export type Verdict =
  | { readonly is: "other" }
  | { readonly is: "undecided" }
  | {
      readonly is: "browser";
      readonly because: string;
      readonly speaks: "http" | "tls";
      readonly instead?: string;
    };

/** The longest head of a request that is waited for; browsers and servers mostly stop at 16 to 64 KiB. */
const headBytesMax = 262_144;

/**
 * The least that a browser sends at once: its whole head is one write, and the first segment of that is longer than
 * this on every network (RFC 9293, section 3.7.1). A shorter beginning without a target is not held back.
 */
const firstPieceBytesMin = 64;

/** A method is a token of any length (RFC 9110, section 9.1), and a page can choose it. */
const method = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/;
const targetBegins = /^ (?:\/|\*|https?:)/;
/** What can still become that. */
const targetMayBegin = /^(?: (?:h(?:t(?:tps?)?)?)?)?$/;
const requestLine = /^\S+ \S+ HTTP\/\d/;

/**
 * Headers that browsers add and other clients do not. Of Sec-Fetch-* it is Site: fetch of Node sends Mode.
 *
 * A page on a rebound name can send a GET with none of them: it has no Origin, the page can turn Referer off and set
 * User-Agent, and Sec-Fetch-* goes to trustworthy URLs only. That one is known by `Host`.
 */
const ofBrowsers = /^(?:origin|sec-fetch-site|referer):|^user-agent:.*\bMozilla\//im;

/** A complete line, so that its value is not a part of a longer one. */
const hostLine = /^host:[ \t]*([^\r\n]*?)[ \t]*\r?\n/im;

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
  // No program needs so long a head, and a page can choose the length of its method and its URL.
  const unfinished = text.length < headBytesMax ? undecided : tooLong;
  const afterMethod = text.slice(method.exec(text)?.[0].length ?? 0);
  if (afterMethod.length === text.length) return other;
  if (targetMayBegin.test(afterMethod)) return text.length < firstPieceBytesMin ? other : unfinished;
  if (!targetBegins.test(afterMethod)) return other;
  const lineEnd = text.indexOf("\n");
  if (lineEnd === -1) return unfinished;
  if (!requestLine.test(text.slice(0, lineEnd))) return other;
  if (text.startsWith("PRI * HTTP/2")) return { is: "browser", because: "HTTP/2", speaks: "tls" };
  const headEnd = /\n\r?\n/.exec(text)?.index;
  const head = text.slice(lineEnd + 1, headEnd);
  const header = ofBrowsers.exec(head);
  if (header !== null) return { is: "browser", because: quote(lineAt(head, header.index)), speaks: "http" };
  // The end of the last line is a part of the end of the head.
  const host = hostLine.exec(headEnd === undefined ? head : `${head}\n`);
  if (host !== null && !isAlwaysThisServer(host[1] ?? "")) {
    return {
      is: "browser",
      because: quote(lineAt(host[0], 0)),
      speaks: "http",
      instead: "an IP address or localhost in the URL",
    };
  }
  return headEnd === undefined ? unfinished : other;
}

/** Whether no page can make `Host` lead elsewhere first: an IP address, or a name that RFC 6761 keeps for this machine. */
function isAlwaysThisServer(host: string): boolean {
  const name = host.replace(/:\d*$/, "");
  const isAddress = ipFamily(host) ?? ipFamily(name.replace(/^\[(.*)\]$/, "$1"));
  return host === "" || isAddress !== undefined || /^(?:[\w.-]+\.)?localhost\.?$/i.test(name);
}

function lineAt(text: string, start: number): string {
  return text.slice(start).split(/[\r\n]/, 1)[0] ?? "";
}

/** A record of the handshake, with a ClientHello in it (RFC 8446, sections 5.1 and 4). */
function isClientHello(bytes: Uint8Array): boolean {
  return bytes[0] === 0x16 && bytes[1] === 3 && bytes[5] === 1;
}
