/**
 * Dialogues of protocols whose replies are lines.
 *
 *     SMTP  RFC 3207      POP3  RFC 2595      FTP   RFC 4217      IRC  the STARTTLS extension of IRCv3
 *     IMAP  RFC 9051      SIEVE RFC 5804      NNTP  RFC 4642
 */
import {
  notOffered,
  notSpoken,
  Reader,
  refused,
  say,
  type Dialogue,
  type DialogueFacts,
} from "./dialogue.ts";

interface Reply {
  readonly code: number;
  readonly lines: readonly string[];
}

/** A reply with a code of three digits; `250-` before all of its lines but the last. */
function* reply(reader: Reader, protocol: string): Dialogue<Reply> {
  const lines: string[] = [];
  for (;;) {
    const line = yield* reader.line();
    lines.push(line);
    const [, digits, mark] = /^(\d{3})([ -]|$)/.exec(line) ?? [];
    // FTP allows any text between the first line and the last one.
    if (digits === undefined && (lines.length === 1 || protocol !== "FTP")) throw notSpoken(protocol, line);
    const isLast = digits !== undefined && mark !== "-";
    if (isLast && (protocol !== "FTP" || lines[0]?.startsWith(digits) === true)) {
      return { code: Number(digits), lines };
    }
  }
}

function textOf({ lines }: Reply): string {
  return lines.join(" ");
}

export function* smtp({ client }: DialogueFacts): Dialogue {
  const reader = new Reader();
  const greeting = yield* reply(reader, "SMTP");
  if (greeting.code !== 220) throw refused(textOf(greeting));
  yield* say(`EHLO ${client}\r\n`);
  const answer = yield* reply(reader, "SMTP");
  if (answer.code !== 250) throw refused(textOf(answer));
  if (!answer.lines.some((line) => /^250[ -]STARTTLS\s*$/i.test(line))) throw notOffered();
  yield* say("STARTTLS\r\n");
  const consent = yield* reply(reader, "SMTP");
  if (consent.code !== 220) throw refused(textOf(consent));
}

export function* ftp(): Dialogue {
  const reader = new Reader();
  const greeting = yield* reply(reader, "FTP");
  if (greeting.code !== 220) throw refused(textOf(greeting));
  yield* say("AUTH TLS\r\n");
  const consent = yield* reply(reader, "FTP");
  if (consent.code !== 234) throw refused(textOf(consent));
}

export function* nntp(): Dialogue {
  const reader = new Reader();
  const greeting = yield* reply(reader, "NNTP");
  if (greeting.code !== 200 && greeting.code !== 201) throw refused(textOf(greeting));
  yield* say("STARTTLS\r\n");
  const consent = yield* reply(reader, "NNTP");
  if (consent.code !== 382) throw refused(textOf(consent));
}

export function* imap(): Dialogue {
  const reader = new Reader();
  const greeting = yield* reader.line();
  // After PREAUTH the server accepts no STARTTLS, and an attacker could have inserted it.
  if (/^\* (?:BYE|PREAUTH)\b/i.test(greeting)) throw refused(greeting);
  if (!/^\* OK\b/i.test(greeting)) throw notSpoken("IMAP", greeting);
  yield* say("a1 STARTTLS\r\n");
  for (;;) {
    const line = yield* reader.line();
    if (/^a1 OK\b/i.test(line)) return;
    if (/^(?:a1 |\* BYE\b)/i.test(line)) throw refused(line);
    if (!line.startsWith("* ")) throw notSpoken("IMAP", line);
  }
}

export function* pop3(): Dialogue {
  const reader = new Reader();
  yield* status(reader);
  yield* say("STLS\r\n");
  yield* status(reader);
}

function* status(reader: Reader): Dialogue {
  const line = yield* reader.line();
  if (/^-ERR\b/i.test(line)) throw refused(line);
  if (!/^\+OK\b/i.test(line)) throw notSpoken("POP3", line);
}

export function* sieve(): Dialogue {
  const reader = new Reader();
  const capabilities = yield* sieveResponse(reader);
  if (!capabilities.some((line) => /^"STARTTLS"/i.test(line))) throw notOffered();
  yield* say("STARTTLS\r\n");
  yield* sieveResponse(reader);
}

/** The lines before the one that completes a response. */
function* sieveResponse(reader: Reader): Dialogue<readonly string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = yield* reader.line();
    if (/^OK\b/i.test(line)) return lines;
    if (/^(?:NO|BYE)\b/i.test(line)) throw refused(line);
    if (!line.startsWith('"')) throw notSpoken("ManageSieve", line);
    lines.push(line);
  }
}

export function* irc(): Dialogue {
  const reader = new Reader();
  yield* say("STARTTLS\r\n");
  for (;;) {
    const line = yield* reader.line();
    const [, command, rest = ""] = /^(?:@\S+ +)?(?::\S+ +)?([A-Za-z]+|\d{3})(?: +(.*))?$/.exec(line) ?? [];
    if (command === undefined) throw notSpoken("IRC", line);
    if (command === "670") return;
    if (command === "PING") yield* say(`PONG ${rest}\r\n`);
    // Numbers from 400 on are errors; ERROR ends the connection. Notices may come first.
    if (command === "ERROR" || Number(command) >= 400) throw refused(line);
  }
}
