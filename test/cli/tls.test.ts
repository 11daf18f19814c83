/** `connect` with TLS: what it checks, says and ends with. */
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import tls from "node:tls";
import { after, before, describe, test, type TestContext } from "node:test";
import { portcall, type Child } from "../support/command.ts";
import { TestAuthority, type KeyPair } from "../support/certificates.ts";
import { temporaryFolder } from "../support/folder.ts";
import { needs } from "../support/programs.ts";
import { plainServer, portOfServer, tlsEcho } from "./support/tls-servers.ts";

const folder = temporaryFolder();

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Report {
  readonly exit: number;
  readonly exitName: string;
  readonly code: string | null;
  readonly reason: string | null;
  readonly stage: string | null;
  readonly targets: readonly { readonly outcome: string }[];
}

async function reportOf(child: Child): Promise<Report> {
  await child.code();
  return JSON.parse(child.stdout) as Report;
}

/** The type of each record of a TLS stream. */
function recordTypes(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) types.push(bytes[at] ?? 0);
  return types;
}

describe("portcall connect with TLS", needs("openssl"), () => {
  let authority: TestAuthority;
  let good: KeyPair;
  let ca: string;
  before(() => {
    authority = new TestAuthority();
    good = authority.sign({ names: "DNS:localhost,IP:127.0.0.1" });
    ca = file("ca.pem", authority.cert);
  });
  after(() => {
    authority.remove();
  });

  const connects = (t: TestContext, ...words: readonly string[]): Child => portcall(t, ["connect", ...words]);

  for (const [how, wordsTo] of [
    ["tls://host:port", (port: number) => [`tls://127.0.0.1:${port}`]],
    ["--tls", (port: number) => ["--tls", "127.0.0.1", String(port)]],
  ] as const) {
    test(`${how}: carries bytes both ways, and ends with 0`, async (t) => {
      const child = connects(t, "--ca", ca, ...wordsTo(await tlsEcho(t, good)));
      child.end("hello\n");
      assert.equal(await child.code(), 0);
      assert.deepEqual([child.stdout, child.stderr], ["hello\n", ""]);
    });
  }

  test("sends close_notify at the end of stdin, before FIN", async (t) => {
    // In TLS 1.2 the type of each record can be read from outside.
    const echo = await tlsEcho(t, { ...good, maxVersion: "TLSv1.2" });
    const types: number[][] = [];
    const between = await plainServer(t, (client) => {
      const sent: Uint8Array[] = [];
      const server = createConnection({ port: echo, host: "127.0.0.1", allowHalfOpen: true });
      server.on("error", () => undefined);
      client.on("data", (bytes: Uint8Array) => sent.push(bytes));
      client.on("end", () => types.push(recordTypes(Buffer.concat(sent))));
      client.pipe(server).pipe(client);
    });
    const child = connects(t, "--ca", ca, `tls://127.0.0.1:${between}`);
    child.end("bye\n");
    assert.equal(await child.code(), 0, child.stderr);
    assert.equal(child.stdout, "bye\n");
    const [applicationData, alert] = [0x17, 0x15];
    assert.deepEqual(types[0]?.slice(-2), [applicationData, alert]);
  });

  test("F56: a stream that was cut ends with 17", async (t) => {
    const port = await plainServer(t, (plain) => {
      const socket = new tls.TLSSocket(plain, { isServer: true, ...good });
      socket.on("error", () => undefined);
      socket.on("data", () => {
        socket.write("half", () => plain.end());
      });
    });
    const child = connects(t, "--ca", ca, "--no-shutdown", `tls://127.0.0.1:${port}`);
    child.end("go\n");
    assert.equal(await child.code(), 17);
    assert.equal(child.stdout, "half");
    assert.match(child.stderr, /^portcall: receive 127\.0\.0\.1:\d+: .*close_notify/);
  });

  const refused: readonly (readonly [reason: string, () => KeyPair, message: RegExp])[] = [
    ["self-signed", () => authority.selfSigned("/CN=localhost"), /self-signed/],
    ["name-mismatch", () => authority.sign({ names: "DNS:other.test" }), /DNS:other\.test/],
    [
      "expired",
      () => authority.sign({ names: "IP:127.0.0.1", from: "20200101000000Z", to: "20210101000000Z" }),
      /expired on 2021-01-01/,
    ],
    [
      "not-yet-valid",
      () => authority.sign({ names: "IP:127.0.0.1", from: "20900101000000Z", to: "20910101000000Z" }),
      /not valid before 2090-01-01/,
    ],
  ];
  for (const [reason, pair, message] of refused) {
    test(`F54: ${reason}: ends with 14, and names it in the table and in JSON`, async (t) => {
      const port = await tlsEcho(t, pair());
      const target = `tls://127.0.0.1:${port}`;
      const child = connects(t, "--ca", ca, target);
      assert.equal(await child.code(), 14);
      assert.match(child.stderr, message);
      const report = await reportOf(connects(t, "--json", "--ca", ca, target));
      assert.deepEqual(
        [report.exit, report.exitName, report.reason, report.stage],
        [14, "tls", reason, "handshake"],
      );
      const probed = connects(t, "-z", "--ca", ca, target, `tls://127.0.0.1:${await tlsEcho(t, good)}`);
      assert.equal(await probed.code(), 14);
      assert.match(
        probed.stdout,
        new RegExp(`^tls://127\\.0\\.0\\.1:${port} +${reason} .*\\ntls://\\S+ +open `),
      );
    });
  }

  test("F54: without --ca, the test's authority is unknown", async (t) => {
    const child = connects(t, "--explain", `tls://127.0.0.1:${await tlsEcho(t, good)}`);
    assert.equal(await child.code(), 14);
    assert.match(child.stderr, /no trusted authority/);
    assert.match(child.stderr, /^fix .*--ca/m);
  });

  for (const [what, reason, accepted] of [
    ["resets", "reset", (socket) => void socket.once("data", () => socket.resetAndDestroy())],
    ["ends", "failed", (socket) => void socket.once("data", () => socket.end())],
    ["speaks plain text", "plain-text", (socket) => void socket.write("220 hello\r\n")],
  ] as readonly [string, string, (socket: Socket) => void][]) {
    test(`a server that ${what} during the handshake: 14, reason ${reason}`, async (t) => {
      const port = await plainServer(t, accepted);
      const report = await reportOf(connects(t, "--json", `tls://127.0.0.1:${port}`));
      assert.deepEqual([report.exit, report.reason], [14, reason]);
    });
  }

  for (const flag of ["-w", "--connect-timeout"]) {
    test(`F57: ${flag} limits the TLS handshake`, async (t) => {
      const port = await plainServer(t, () => undefined);
      const child = connects(t, flag, "300ms", `tls://127.0.0.1:${port}`);
      assert.equal(await child.code(), 14);
      assert.match(child.stderr, /the TLS handshake did not complete in 300 ms \(-w\)/);
    });
  }

  test("--insecure accepts any certificate, and warns in red each time", async (t) => {
    const port = await tlsEcho(t, authority.selfSigned("/CN=any"));
    for (const colour of ["always", "never"]) {
      const child = connects(t, "--insecure", "--color", colour, `tls://127.0.0.1:${port}`);
      child.end("hello\n");
      assert.equal(await child.code(), 0);
      assert.equal(child.stdout, "hello\n");
      const line =
        "portcall: --insecure: the server's certificate is not checked, so its identity is unknown";
      assert.equal(child.stderr, colour === "always" ? `\x1b[31m${line}\x1b[0m\n` : `${line}\n`);
    }
  });

  test("--sni asks for the name, and finds it in the certificate", async (t) => {
    const names: (string | false | null)[] = [];
    const server = tls.createServer(authority.sign({ names: "DNS:other.test" }), (socket) => {
      names.push(socket.servername);
      socket.end();
    });
    const port = await portOfServer(t, server);
    const child = connects(t, "--ca", ca, "--sni", "other.test", `tls://127.0.0.1:${port}`);
    child.end();
    assert.equal(await child.code(), 0, child.stderr);
    assert.deepEqual(names, ["other.test"]);
  });

  test("--alpn, --min-version and --ciphers limit what is offered", async (t) => {
    const old = await tlsEcho(t, {
      ...good,
      maxVersion: "TLSv1.2",
      ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256",
    });
    const one = await tlsEcho(t, { ...good, ALPNProtocols: ["h2"] });
    const reasonOf = async (...words: readonly string[]): Promise<string | null> =>
      (await reportOf(connects(t, "-z", "--json", "--ca", ca, ...words))).reason;
    assert.equal(await reasonOf("--min-version", "1.3", `tls://127.0.0.1:${old}`), "no-shared-version");
    const ciphers = ["--ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384"];
    assert.equal(await reasonOf(...ciphers, `tls://127.0.0.1:${old}`), "no-shared-cipher");
    assert.equal(await reasonOf("--alpn", "imap", `tls://127.0.0.1:${one}`), "no-shared-alpn");
    assert.equal(await reasonOf("--alpn", "imap,h2", `tls://127.0.0.1:${one}`), null);
  });

  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    test(`${version}: a client certificate that is required: sent, or 14 also with -z`, async (t) => {
      const own = { ca: authority.cert, requestCert: true, rejectUnauthorized: true };
      const port = await tlsEcho(t, { ...good, ...own, minVersion: version, maxVersion: version });
      const target = `tls://127.0.0.1:${port}`;
      for (const words of [[target], ["-z", target], ["-z", target, `tls://localhost:${port}`]]) {
        const child = connects(t, "--ca", ca, ...words);
        child.end();
        assert.equal(await child.code(), 14, `${words.join(" ")}: ${child.stderr}`);
      }
      const mine = authority.sign({ names: "DNS:client.test" });
      const password = file("password", "secret\n");
      const key = file(
        "client.key",
        createPrivateKey(mine.key)
          .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" })
          .toString(),
      );
      const pair = ["--cert", file("client.pem", mine.cert), "--key", key, "--key-password-file", password];
      const child = connects(t, "--ca", ca, ...pair, target);
      child.end("hello\n");
      assert.equal(await child.code(), 0, child.stderr);
      assert.equal(child.stdout, "hello\n");
      assert.equal(await connects(t, "-z", "--ca", ca, ...pair, target).code(), 0);
    });
  }

  test("F61: names the file that cannot be used, before it connects", async (t) => {
    const cert = file("server.pem", good.cert);
    const encrypted = createPrivateKey(good.key)
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" })
      .toString();
    const key = file("server.key", good.key);
    const rows: readonly (readonly [code: number, says: RegExp, ...words: string[]])[] = [
      [3, /--ca \S+missing: no such file/, "--ca", join(folder, "missing")],
      [3, /--ca \S+: it is a folder/, "--ca", folder],
      [2, /--ca \S+server\.key: there is no certificate in PEM/, "--ca", key],
      [2, /--key has an effect only with --cert/, "--key", key],
      [2, /--cert has an effect only with --key/, "--cert", cert],
      [2, /--key \S+other\.key does not belong to --cert/, "--cert", cert, "--key", other()],
      [2, /--key \S+: there is no private key in PEM/, "--cert", cert, "--key", cert],
      [2, /it is encrypted: add --key-password-file/, "--cert", cert, "--key", file("e.key", encrypted)],
      [
        ...([2, /does not decrypt it/, "--cert", cert, "--key", file("e.key", encrypted)] as const),
        ...["--key-password-file", file("wrong", "guess\n")],
      ],
      [2, /--ciphers "NOPE": /, "--ciphers", "NOPE"],
      [2, /--alpn: each protocol/, "--alpn", "h2,,x"],
      [2, /--min-version "1\.1" is none of 1\.2, 1\.3/, "--min-version", "1.1"],
    ];
    function other(): string {
      return file("other.key", authority.sign({ names: "DNS:x.test" }).key);
    }
    for (const [code, says, ...words] of rows) {
      const child = connects(t, ...words, "tls://127.0.0.1:1");
      assert.equal(await child.code(), code, child.stderr);
      assert.match(child.stderr, says);
    }
  });

  test("a proxy carries the TLS connection, and is not bypassed", async (t) => {
    const port = await tlsEcho(t, good);
    const asked: string[] = [];
    const proxy = await plainServer(t, (client) => {
      client.once("data", (request) => {
        asked.push(request.toString().split("\r\n")[0] ?? "");
        const target = createConnection({ port, host: "127.0.0.1", allowHalfOpen: true });
        target.on("error", () => undefined);
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        client.pipe(target).pipe(client);
      });
    });
    const child = connects(t, "--ca", ca, "-x", `http://127.0.0.1:${proxy}`, `tls://localhost:${port}`);
    child.end("hello\n");
    assert.equal(await child.code(), 0, child.stderr);
    assert.equal(child.stdout, "hello\n");
    assert.deepEqual(asked, [`CONNECT localhost:${port} HTTP/1.1`]);
  });
});

test("flags of TLS are refused where they have no effect", async (t) => {
  const rows: readonly (readonly [says: RegExp, ...words: string[]])[] = [
    [/--ca is for TLS: add --tls, or write tls:\/\/host:port/, "connect", "--ca", "x", "localhost:80"],
    [/--insecure is for TLS/, "connect", "--insecure", "localhost:80"],
    [/--tls is for connections, not for datagrams/, "connect", "--tls", "-u", "localhost", "53"],
    [
      /-u is for datagrams, and tls:\/\/localhost:53 is for TLS over TCP/,
      "connect",
      "-u",
      "tls://localhost:53",
    ],
    [/leave out --ca/, "connect", "--tls", "--insecure", "--ca", "x", "localhost:80"],
  ];
  for (const [says, ...words] of rows) {
    const child = portcall(t, words);
    assert.equal(await child.code(), 2, child.stderr);
    assert.match(child.stderr, says);
  }
});
