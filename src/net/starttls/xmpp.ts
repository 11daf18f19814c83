/** The dialogue of XMPP clients (RFC 6120, section 5). */
import {
  notOffered,
  notSpoken,
  Reader,
  refused,
  say,
  type Dialogue,
  type DialogueFacts,
} from "./dialogue.ts";

const tlsNamespace = "urn:ietf:params:xml:ns:xmpp-tls";

export function* xmpp({ host }: DialogueFacts): Dialogue {
  const reader = new Reader();
  yield* say(
    `<?xml version='1.0'?><stream:stream to='${escaped(host)}' version='1.0' xmlns='jabber:client' ` +
      "xmlns:stream='http://etherx.jabber.org/streams'>",
  );
  if (!(yield* offersTls(reader))) throw notOffered();
  yield* say(`<starttls xmlns='${tlsNamespace}'/>`);
  const answer = (yield* reader.text(">")).trim();
  if (!/^<proceed\b/.test(answer)) throw /^<\w/.test(answer) ? refused(answer) : notSpoken("XMPP", answer);
  // `<proceed></proceed>` is `<proceed/>`, and what follows belongs to TLS.
  if (!answer.endsWith("/>")) yield* reader.text(">");
}

/** Reads the server's features. */
function* offersTls(reader: Reader): Dialogue<boolean> {
  let offers = false;
  let error: string | undefined;
  const first = String.fromCharCode(...(yield* reader.bytes(1)));
  if (first !== "<") throw notSpoken("XMPP", first);
  for (;;) {
    // There may be text in front of an end tag.
    const piece = (yield* reader.text(">")).trim();
    const tag = piece.slice(piece.lastIndexOf("<"));
    if (/^<\w+:error\b/.test(tag)) error = "";
    else if (/^<\/(?:\w+:)?(?:error|stream)\s*>$/.test(tag)) throw refused(error ?? tag);
    else if (error !== undefined) error = `${error} ${piece}`.trim();
    else if (/^<starttls\b/.test(tag)) offers = true;
    else if (/^<(?:\/\w+:features\s*>|\w+:features[^>]*\/>)$/.test(tag)) return offers;
  }
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("'", "&apos;");
}
