/**
 * A client's bytes on their way to a program. If the client is a web browser, none of them get there.
 */
import { NetError } from "../../../base/errors.ts";
import type { Connection } from "../../../net/index.ts";
import { BrowserDetector, type Verdict } from "./browser.ts";

/** A browser sends its whole head at once. A client that pauses this long within one is no browser. */
const silenceMs = 1_000;

export type Refused = Extract<Verdict, { readonly is: "browser" }>;

/**
 * The client's bytes, piece by piece. Only the beginning of a possible browser request is held back, until its
 * headers are complete. All other bytes pass at once.
 *
 * @param refuse called at the end if the client is a browser.
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

/** A piece; `null` at the end; `undefined` if there was an earlier piece and none follows for a while. */
async function nextPiece(client: Connection, isBegun: boolean): Promise<Uint8Array | null | undefined> {
  try {
    return await client.read(isBegun ? { timeoutMs: silenceMs } : {});
  } catch (error) {
    if (error instanceof NetError && error.code === "ERR_READ_TIMEOUT") return undefined;
    throw error;
  }
}

/** The answer to a refused browser, in a protocol that it understands. */
export function answerTo({ speaks, instead }: Refused): string {
  const hint =
    instead === undefined ? "" : `A page can make a name resolve to this machine: use ${instead}. `;
  const text = `This server refuses web browsers. ${hint}Start it with --allow-browsers to accept them.\n`;
  if (speaks === "tls") return "";
  return (
    "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nX-Content-Type-Options: nosniff\r\n" +
    `Connection: close\r\nContent-Length: ${text.length}\r\n\r\n${text}`
  );
}
