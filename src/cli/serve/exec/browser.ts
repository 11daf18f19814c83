/**
 * Whether a client is a web browser, by its first bytes.
 *
 * Any page that a user opens can send requests to 127.0.0.1, with a body of its choice. It can also make a name of
 * its own resolve there (DNS rebinding). So the client's address does not show that a request is wanted. A program
 * that reads commands would carry out the lines of such a request. A page cannot leave out the headers that browsers
 * add, or hide the name in `Host`. The rules and their limits are in docs/decisions/browsers.md.
 *
 * Pure: bytes in, a verdict out.
 */
import { ipFamily } from "../../../base/address/ip.ts";
import { decodeLatin1, indexOfByte } from "../../../base/bytes.ts";
import { KeptBytes } from "../../../base/kept-bytes.ts";
import { quote } from "../../../base/text/quote.ts";

/**
 * - `other`: nothing shows that it is a browser.
 * - `undecided`: the beginning of a request whose headers are incomplete.
 * - `browser`: a browser, and why; `speaks` is the protocol that it understands, `instead` what a client that is no
 *   browser can send.
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

/** The longest request head to wait for. Browsers and servers mostly stop at 16 to 64 KiB. */
const headBytesMax = 262_144;

/**
 * The least that a browser sends at once: its whole head is one write, and the first segment of it is longer than
 * this on every network (RFC 9293, section 3.7.1). A shorter beginning without a target is not held back.
 */
const firstPieceBytesMin = 64;

/** A method is a token of any length (RFC 9110, section 9.1), and a page can choose it. */
const tokenBytes = new Set(
  Buffer.from("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
);

const targetBegins = /^ (?:\/|\*|https?:)/;
/** Enough bytes to recognise the beginning of a target. */
const targetBytesMax = 8;
/** A beginning that can still become a target. */
const targetMayBegin = /^(?: (?:h(?:t(?:tps?)?)?)?)?$/;
const requestLine = /^\S+ \S+ HTTP\/\d/;

/**
 * Headers that browsers add and other clients do not. Of Sec-Fetch-* only Site counts: fetch of Node sends Mode. A
 * page on a rebound name can send a GET with none of them. It has no Origin, the page can turn Referer off and set
 * User-Agent, and Sec-Fetch-* goes to trustworthy URLs only. Such a request is recognised by `Host`.
 */
const ofBrowsers = /^(?:origin|sec-fetch-site|referer):|^user-agent:.*\bMozilla\//im;

/** A complete line, so that its value is not cut short. */
const hostLine = /^host:[ \t]*([^\r\n]*?)[ \t]*\r?\n/im;

const other: Verdict = { is: "other" };
const undecided: Verdict = { is: "undecided" };
const tooLong: Verdict = {
  is: "browser",
  because: `a request with a head of more than ${headBytesMax} bytes`,
  speaks: "http",
};

const newline = 0x0a;

/**
 * Holds the first bytes of a client until it is clear what they are. Examines each byte once, in whatever pieces they
 * arrive.
 */
export class BrowserDetector {
  readonly #received = new KeptBytes();
  #state: "method" | "request line" | "headers" = "method";
  /** Everything before this has been examined. */
  #scanned = 0;
  #lineStart = 0;
  /**
   * The verdict of `Host`. A header that only browsers send takes precedence, so all other lines are examined first.
   */
  #ofHost: Verdict | undefined = undefined;

  get bytes(): Uint8Array {
    return this.#received.bytes;
  }

  /** @returns the verdict on the bytes so far. After any verdict but `undecided`, push no more. */
  push(chunk: Uint8Array): Verdict {
    this.#received.add(chunk);
    // No program needs such a long head, and a page can choose the length of its method and its URL.
    const unfinished = this.#received.length < headBytesMax ? undecided : tooLong;
    if (this.#state === "method") {
      if (isClientHello(this.bytes))
        return { is: "browser", because: "a TLS handshake, as of https://", speaks: "tls" };
      const begun = this.#scanMethod(unfinished);
      if (begun !== undefined) return begun;
    }
    for (;;) {
      const end = indexOfByte(this.bytes, newline, this.#scanned);
      this.#scanned = end === -1 ? this.#received.length : end + 1;
      if (end === -1) return this.#ofHost ?? unfinished;
      const line = this.#text(this.#lineStart, this.#scanned);
      this.#lineStart = this.#scanned;
      if (this.#state === "headers") {
        if (line === "\n" || line === "\r\n") return this.#ofHost ?? other;
        const verdict = browserHeader(line);
        if (verdict !== undefined) return verdict;
        this.#ofHost ??= otherHost(line);
      } else {
        const verdict = requestLineVerdict(line);
        if (verdict !== undefined) return verdict;
        this.#state = "headers";
      }
    }
  }

  /** @returns the verdict if no more bytes follow. */
  end(): Verdict {
    if (this.#state !== "headers") return other;
    return browserHeader(this.#text(this.#lineStart, this.#received.length)) ?? other;
  }

  /** @returns the verdict; `undefined` after a method, a space and the beginning of a target. */
  #scanMethod(unfinished: Verdict): Verdict | undefined {
    const { bytes } = this;
    while (this.#scanned < bytes.length && tokenBytes.has(bytes[this.#scanned] as number)) {
      this.#scanned++;
    }
    if (this.#scanned === 0) return other;
    const afterMethod = this.#text(this.#scanned, this.#scanned + targetBytesMax);
    if (targetMayBegin.test(afterMethod)) return bytes.length < firstPieceBytesMin ? other : unfinished;
    if (!targetBegins.test(afterMethod)) return other;
    this.#state = "request line";
    return undefined;
  }

  /** The bytes from one offset to another, or to the last one received. */
  #text(start: number, end: number): string {
    return decodeLatin1(this.bytes.subarray(start, end));
  }
}

/** The verdict on the first bytes of a client. */
export function isBrowser(bytes: Uint8Array): Verdict {
  return new BrowserDetector().push(bytes);
}

function requestLineVerdict(line: string): Verdict | undefined {
  if (!requestLine.test(line)) return other;
  if (line.startsWith("PRI * HTTP/2")) return { is: "browser", because: "HTTP/2", speaks: "tls" };
  return undefined;
}

function browserHeader(line: string): Verdict | undefined {
  const header = ofBrowsers.exec(line);
  if (header === null) return undefined;
  return { is: "browser", because: quote(lineAt(line, header.index)), speaks: "http" };
}

function otherHost(line: string): Verdict | undefined {
  const host = hostLine.exec(line);
  if (host === null || isAlwaysThisServer(host[1] ?? "")) return undefined;
  return {
    is: "browser",
    because: quote(lineAt(host[0], 0)),
    speaks: "http",
    instead: "an IP address or localhost in the URL",
  };
}

/** Whether `Host` cannot be a rebound name: an IP address, or a name that RFC 6761 reserves for this machine. */
function isAlwaysThisServer(host: string): boolean {
  const name = host.replace(/:\d*$/, "");
  const isAddress = ipFamily(host) ?? ipFamily(name.replace(/^\[(.*)\]$/, "$1"));
  return host === "" || isAddress !== undefined || /^(?:[\w.-]+\.)?localhost\.?$/i.test(name);
}

function lineAt(text: string, start: number): string {
  return text.slice(start).split(/[\r\n]/, 1)[0] ?? "";
}

/** A handshake record with a ClientHello (RFC 8446, sections 5.1 and 4). */
function isClientHello(bytes: Uint8Array): boolean {
  return bytes[0] === 0x16 && bytes[1] === 3 && bytes[5] === 1;
}
