/**
 * What a client sends, on its way to a program: not a byte of it, if the client is a web browser.
 */
import { NetError } from "../../../base/errors.ts";
import type { Connection } from "../../../net/index.ts";
import { BrowserDetector, type Verdict } from "./browser.ts";

/** A browser sends its whole head at once, so who is silent for so long in the middle of one is none. */
const silenceMs = 1_000;

/** A browser that was turned away. */
export type Refused = Extract<Verdict, { readonly is: "browser" }>;

/**
 * What the client sends, piece by piece. Only the beginning of what can be a browser's request is held back, until its
 * headers are here; all else goes on as it comes.
 *
 * @param refuse called at the end of it all, if the client is a browser.
 */
export async function* withoutBrowsers(
  client: Connection,
  refuse: (refused: Refused) => void,
): AsyncGenerator<Uint8Array, void> {
  const detector = new BrowserDetector();
  let verdict: Verdict = { is: "undecided" };
  let chunk: Uint8Array | null | undefined;
  while (verdict.is === "undecided") {
    chunk = await nextPiece(client, detector.bytes.length > 0);
    verdict = chunk instanceof Uint8Array ? detector.push(chunk) : detector.end();
  }
  if (verdict.is === "browser") {
    refuse(verdict);
    return;
  }
  if (detector.bytes.length > 0) yield detector.bytes;
  if (chunk === null) return;
  yield* client;
}

/** A piece; `null` at the end, `undefined` if none comes for a while and one has come before. */
async function nextPiece(client: Connection, isBegun: boolean): Promise<Uint8Array | null | undefined> {
  try {
    return await client.read(isBegun ? { timeoutMs: silenceMs } : {});
  } catch (error) {
    if (error instanceof NetError && error.code === "ERR_READ_TIMEOUT") return undefined;
    throw error;
  }
}

/** What a browser is told, where it can read it. */
export function answerTo({ speaks, instead }: Refused): string {
  const hint = instead === undefined ? "" : `A page can make a name lead here: use ${instead}. `;
  const text = `Requests of web browsers are refused here. ${hint}--allow-browsers lets them in.\n`;
  if (speaks === "tls") return "";
  return (
    "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nX-Content-Type-Options: nosniff\r\n" +
    `Connection: close\r\nContent-Length: ${text.length}\r\n\r\n${text}`
  );
}
