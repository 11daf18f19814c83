/** What is said before TLS, protocol by protocol, without a network. The transcripts are those of the RFCs. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { concatBytes, encodeText } from "../../../src/base/bytes.ts";
import { limits } from "../../../src/index.ts";
import { HandshakeError } from "../../../src/net/proxy-client/handshake.ts";
import { tooLong } from "../../../src/net/starttls/dialogue.ts";
import {
  startTlsNames,
  startTlsProtocols,
  type StartTlsProtocol,
} from "../../../src/net/starttls/protocols.ts";
import { bytesOf, cuts, play, type Played } from "../proxy-client/scripted-wire.ts";

const facts = { host: "mail.example", client: "[192.0.2.1]" };

function played(protocol: StartTlsProtocol, pieces: readonly Uint8Array[]): Played {
  return play(startTlsProtocols[protocol](facts), pieces, tooLong);
}

/** An LDAP message with an extended response. */
function extendedResponse(code: number, words: string): Uint8Array {
  const operation = bytesOf(0x0a, 1, code, 4, 0, 4, words.length, words);
  const inner = bytesOf(2, 1, 1, 0x78, operation.length);
  return concatBytes([bytesOf(0x30, inner.length + operation.length), inner, operation]);
}

/** The first packet of a MySQL server, with these capabilities in its low two bytes. */
function mysqlGreeting(capabilities: number): Uint8Array {
  const payload = concatBytes([
    bytesOf(10, "11.4.2-MariaDB", 0, 1, 0, 0, 0, "abcdefgh", 0),
    bytesOf(capabilities & 0xff, capabilities >> 8, 45, 2, 0, 0, 0, 0),
  ]);
  return concatBytes([bytesOf(payload.length, 0, 0, 0), payload]);
}

const xmppHead =
  "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' from='mail.example' id='1' version='1.0'>";
const xmppFeatures =
  "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>";
const xmppOpening =
  "<?xml version='1.0'?><stream:stream to='mail.example' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const xmppRequest = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

const sieveGreeting =
  '"IMPLEMENTATION" "Example1 ManageSieved v001"\r\n"SASL" "PLAIN"\r\n"SIEVE" "fileinto vacation"\r\n"STARTTLS"\r\n"VERSION" "1.0"\r\nOK\r\n';

type Bytes = Uint8Array | string;

/** What the server says up to its consent, and what the client says. */
const accepted: readonly (readonly [protocol: StartTlsProtocol, server: Bytes, client: Bytes])[] = [
  [
    "smtp",
    "220 mail.example ESMTP\r\n250-mail.example greets you\r\n250-SIZE 1000\r\n250 STARTTLS\r\n220 Go ahead\r\n",
    "EHLO [192.0.2.1]\r\nSTARTTLS\r\n",
  ],
  [
    "smtp",
    "220-mail.example\r\n220 no spam\r\n250-mail.example\r\n250-starttls\r\n250 HELP\r\n220\r\n",
    "EHLO [192.0.2.1]\r\nSTARTTLS\r\n",
  ],
  [
    "imap",
    "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n* CAPABILITY IMAP4rev1\r\na1 OK Begin TLS negotiation now\r\n",
    "a1 STARTTLS\r\n",
  ],
  ["pop3", "+OK ready <1@mail.example>\r\n+OK Begin TLS negotiation\r\n", "STLS\r\n"],
  [
    "ftp",
    "220-Welcome\r\nto this\r\n 220 server\r\n220 ready\r\n234 AUTH TLS successful\r\n",
    "AUTH TLS\r\n",
  ],
  [
    "ldap",
    extendedResponse(0, ""),
    bytesOf(0x30, 0x1d, 2, 1, 1, 0x77, 0x18, 0x80, 0x16, "1.3.6.1.4.1.1466.20037"),
  ],
  [
    "ldap",
    // Lengths in the long form, as OpenLDAP and Active Directory write them.
    bytesOf(0x30, 0x84, 0, 0, 0, 0x10, 2, 1, 1, 0x78, 0x84, 0, 0, 0, 7, 0x0a, 1, 0, 4, 0, 4, 0),
    bytesOf(0x30, 0x1d, 2, 1, 1, 0x77, 0x18, 0x80, 0x16, "1.3.6.1.4.1.1466.20037"),
  ],
  ["postgres", "S", bytesOf(0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f)],
  [
    "mysql",
    mysqlGreeting(0xffff),
    concatBytes([
      bytesOf(32, 0, 0, 1),
      bytesOf(0, 0x8a, 8, 0),
      bytesOf(0, 0, 0, 1),
      bytesOf(45),
      new Uint8Array(23),
    ]),
  ],
  [
    "xmpp",
    `${xmppHead}${xmppFeatures}<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`,
    xmppOpening + xmppRequest,
  ],
  [
    "xmpp",
    `${xmppHead}${xmppFeatures}<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'></proceed>`,
    xmppOpening + xmppRequest,
  ],
  [
    "irc",
    ":irc.example NOTICE * :*** Looking up your hostname\r\nPING :12345\r\n:irc.example 670 * :STARTTLS successful, go ahead with TLS handshake\r\n",
    "STARTTLS\r\nPONG :12345\r\n",
  ],
  ["sieve", `${sieveGreeting}OK "Begin TLS negotiation now."\r\n`, "STARTTLS\r\n"],
  ["nntp", "201 posting prohibited\r\n382 Continue with TLS negotiation\r\n", "STARTTLS\r\n"],
];

const refused: readonly (readonly [
  protocol: StartTlsProtocol,
  what: string,
  server: Bytes,
  words: RegExp,
])[] = [
  ["smtp", "a refused connection", "554 5.7.1 go away\r\n", /554 5\.7\.1 go away/],
  ["smtp", "a refused greeting", "220 hi\r\n550 who are you\r\n", /550 who are you/],
  ["smtp", "a missing offer", "220 hi\r\n250-hi\r\n250 XSTARTTLS\r\n", /does not offer/],
  ["smtp", "a refusal", "220 hi\r\n250 STARTTLS\r\n454 4.7.0 TLS not available\r\n", /454 4\.7\.0 TLS not/],
  ["imap", "a greeting that skips TLS", "* PREAUTH welcome back\r\n", /PREAUTH/],
  ["imap", "a refused connection", "* BYE too many\r\n", /too many/],
  ["imap", "a refusal", "* OK hi\r\na1 BAD no TLS here\r\n", /no TLS here/],
  ["pop3", "a refused connection", "-ERR busy\r\n", /busy/],
  ["pop3", "a refusal", "+OK hi\r\n-ERR unknown command\r\n", /unknown command/],
  ["ftp", "a refusal", "220 hi\r\n530 Please login\r\n", /530 Please login/],
  ["ldap", "a refusal", extendedResponse(2, "unsupported extended operation"), /result 2 unsupported/],
  ["postgres", "a missing offer", "N", /does not offer/],
  ["postgres", "an error", "E", /error message/],
  ["mysql", "a missing offer", mysqlGreeting(0xf7ff), /does not offer/],
  ["mysql", "a blocked host", bytesOf(11, 0, 0, 0, 0xff, 0x69, 4, "blocked!"), /blocked!/],
  [
    "xmpp",
    "a missing offer",
    `${xmppHead}<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>`,
    /does not offer/,
  ],
  ["xmpp", "no features", `${xmppHead}<stream:features/>`, /does not offer/],
  [
    "xmpp",
    "an unknown host",
    `${xmppHead}<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>`,
    /host-unknown/,
  ],
  [
    "xmpp",
    "a refusal",
    `${xmppHead}${xmppFeatures}<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>`,
    /failure/,
  ],
  ["irc", "a refusal", ":irc.example 691 * :STARTTLS failure\r\n", /STARTTLS failure/],
  ["irc", "an unknown command", ":irc.example 421 * STARTTLS :Unknown command\r\n", /Unknown command/],
  ["irc", "a closed connection", "ERROR :Closing Link\r\n", /Closing Link/],
  ["sieve", "a missing offer", '"IMPLEMENTATION" "x"\r\nOK\r\n', /does not offer/],
  ["sieve", "a refusal", `${sieveGreeting}NO "TLS is broken"\r\n`, /TLS is broken/],
  ["nntp", "a refused connection", "502 permission denied\r\n", /permission denied/],
  ["nntp", "a refusal", "200 hi\r\n580 cannot initiate TLS\r\n", /580 cannot/],
];

const bytesIn = (bytes: Bytes): Uint8Array => (typeof bytes === "string" ? encodeText(bytes) : bytes);

describe("what is said before TLS", () => {
  for (const [index, [protocol, server, client]] of accepted.entries()) {
    test(`${protocol}: agrees however the answers are cut, and leaves the next byte (${index})`, () => {
      const said = bytesIn(server);
      for (const pieces of cuts(said)) {
        const { done, error, sent, rest } = played(protocol, [...pieces, bytesOf(22, 3)]);
        assert.equal(error, undefined);
        assert.equal(done, true);
        assert.deepEqual(Buffer.concat(sent), Buffer.from(bytesIn(client)));
        assert.deepEqual(Buffer.from(rest), Buffer.of(22, 3));
      }
    });

    test(`${protocol}: is not complete before the last byte of the consent (${index})`, () => {
      const said = bytesIn(server);
      for (let count = 0; count < said.length; count++) {
        assert.equal(played(protocol, [said.subarray(0, count)]).done, false, `after ${count} bytes`);
      }
    });
  }

  for (const [protocol, what, server, words] of refused) {
    test(`${protocol}: reports ${what}`, () => {
      for (const pieces of cuts(bytesIn(server))) {
        const { error, done } = played(protocol, pieces);
        assert.equal(done, false);
        assert.ok(error instanceof HandshakeError, String(error));
        assert.equal(error.code, "ERR_STARTTLS_REFUSED");
        assert.match(error.message, words);
      }
    });
  }

  for (const protocol of startTlsNames) {
    test(`${protocol}: recognises an answer of another protocol`, () => {
      const { error, done } = played(protocol, [encodeText("HTTP/1.1 400 Bad Request\r\n\r\n")]);
      assert.equal(done, false);
      assert.ok(error instanceof HandshakeError, String(error));
      assert.match(error.code, /^ERR_STARTTLS_(?:INVALID|REFUSED)$/);
    });

    test(`startTlsAnswerBytesMax: does not read an answer of ${protocol} without end`, () => {
      const max = limits.startTlsAnswerBytesMax.value;
      const one = { imap: "* OK x\r\n", sieve: '"X" "y"\r\n', irc: ":x NOTICE * :y\r\n", xmpp: "<x>" };
      const line = { ...one, ftp: "220-x\r\n", smtp: "220-x\r\n", nntp: "200-x\r\n" }[protocol as string];
      // One line without an end, and lines without an end.
      for (const text of ["a".repeat(max + 1), (line ?? "+OK").repeat(max)]) {
        const { error, done } = played(protocol, [encodeText(text)]);
        assert.equal(done, false);
        assert.ok(error instanceof HandshakeError, `${protocol} ${String(error)}`);
      }
    });
  }

  test("mysql and ldap: do not wait for a message that is longer than the limit", () => {
    for (const [protocol, head] of [
      ["mysql", bytesOf(0xff, 0xff, 0xff, 0)],
      ["ldap", bytesOf(0x30, 0x84, 0x7f, 0xff, 0xff, 0xff)],
    ] as const) {
      const { error } = played(protocol, [head]);
      assert.match(String(error), /more than 65536 bytes/);
    }
  });

  test("xmpp: escapes the name of the host", () => {
    const { sent } = play(startTlsProtocols.xmpp({ ...facts, host: "a'><b&" }), []);
    assert.match(Buffer.concat(sent).toString(), / to='a&apos;>&lt;b&amp;' /);
  });
});
