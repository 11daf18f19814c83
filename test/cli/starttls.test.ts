/** `connect --starttls`: what it asks for, shows and ends with. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import tls from "node:tls";
import { after, before, describe, test, type TestContext } from "node:test";
import { portcall, type Child } from "../support/command.ts";
import { TestAuthority, type KeyPair } from "../support/certificates.ts";
import { temporaryFolder } from "../support/folder.ts";
import { needs } from "../support/programs.ts";
import { plainServer } from "./support/tls-servers.ts";

/** The replies of a mail server, by the first word of the request. */
type Replies = Readonly<Record<string, string>>;

const usual: Replies = {
  greeting: "220 mail.example ESMTP\r\n",
  EHLO: "250-mail.example\r\n250 STARTTLS\r\n",
  STARTTLS: "220 go ahead\r\n",
};

/** The port of a mail server that echoes inside TLS. */
function mailServer(t: TestContext, pair: KeyPair, changed: Replies = {}): Promise<number> {
  const replies = { ...usual, ...changed };
  return plainServer(t, (plain) => {
    plain.write(replies["greeting"] ?? "");
    plain.on("data", function request(chunk: Buffer) {
      const [word = ""] = chunk.toString("latin1").trim().split(" ");
      plain.write(replies[word] ?? "500 what\r\n");
      if (word !== "STARTTLS") return;
      plain.off("data", request);
      const socket = new tls.TLSSocket(plain, { isServer: true, ...pair });
      socket.on("error", () => undefined);
      socket.pipe(socket);
    });
  });
}

describe("portcall connect --starttls", needs("openssl"), () => {
  const folder = temporaryFolder();
  const ca = join(folder, "ca.pem");
  let authority: TestAuthority;
  let pair: KeyPair;
  before(() => {
    authority = new TestAuthority();
    pair = authority.sign({ names: "DNS:localhost,IP:127.0.0.1" });
    writeFileSync(ca, authority.cert);
  });
  after(() => {
    authority.remove();
  });

  const connects = (t: TestContext, port: number, ...words: readonly string[]): Child =>
    portcall(t, ["connect", "--starttls", "smtp", ...words, `127.0.0.1:${port}`]);

  test("joins stdin and stdout inside TLS, and shows the dialogue with -v", async (t) => {
    const child = connects(t, await mailServer(t, pair), "--ca", ca, "-v");
    child.end("hello\n");
    assert.equal(await child.code(), 0, child.stderr);
    assert.equal(child.stdout, "hello\n");
    assert.match(
      child.stderr,
      /smtp received: "220 mail\.example ESMTP"[^]*smtp sent: "EHLO \[127\.0\.0\.1\]"[^]*smtp received: "250 STARTTLS"[^]*smtp sent: "STARTTLS"[^]*smtp received: "220 go ahead"/,
    );
  });

  test("shows the dialogue with --explain", async (t) => {
    const child = connects(t, await mailServer(t, pair), "--ca", ca, "--explain");
    child.end();
    assert.equal(await child.code(), 0, child.stderr);
    assert.match(child.stderr, /starttls +sent in plain text: "STARTTLS"\n +the server: "220 go ahead"/);
  });

  test("checks the certificate with -z, and ends with 14 if it is not valid", async (t) => {
    const port = await mailServer(t, pair);
    const good = connects(t, port, "-z", "--ca", ca);
    assert.equal(await good.code(), 0, good.stderr);
    const bad = connects(t, port, "-z");
    assert.equal(await bad.code(), 14);
    assert.match(bad.stderr, /no trusted authority/);
  });

  test("ends with 14 and the server's words if it refuses, and sends nothing of stdin", async (t) => {
    const refusing = await mailServer(t, pair, { STARTTLS: "454 4.7.0 not today\r\n" });
    const child = connects(t, refusing, "--json");
    child.end("secret\n");
    assert.equal(await child.code(), 14);
    const report = JSON.parse(child.stdout) as Readonly<Record<string, unknown>>;
    assert.deepEqual([report["code"], report["reason"]], ["ERR_STARTTLS_REFUSED", "starttls-refused"]);
    assert.match(child.stderr, /454 4\.7\.0 not today/);
  });

  test("ends with 14 for a server of another protocol, one without an answer, and injected text", async (t) => {
    const other = connects(t, await mailServer(t, pair, { greeting: "SSH-2.0-test\r\n" }));
    assert.equal(await other.code(), 14);
    assert.match(other.stderr, /does not speak SMTP: it sent "SSH-2\.0-test"/);
    const silent = connects(t, await mailServer(t, pair, { greeting: "" }), "-w", "100ms");
    assert.equal(await silent.code(), 14);
    assert.match(silent.stderr, /did not agree to start TLS in 100 ms/);
    const injected = await mailServer(t, pair, { STARTTLS: "220 go ahead\r\n250 injected\r\n" });
    const refused = connects(t, injected, "--ca", ca);
    assert.equal(await refused.code(), 14);
    assert.match(refused.stderr, /bytes ahead of the handshake/);
  });

  test("shows control characters of the server as text", async (t) => {
    const port = await mailServer(t, pair, { greeting: "220 \x1b[31mred\r\n" });
    const child = connects(t, port, "--ca", ca, "-v");
    child.end();
    assert.equal(await child.code(), 0, child.stderr);
    assert.ok(!child.stderr.includes("\x1b"));
    assert.match(child.stderr, /220 \\x1b\[31mred/);
  });

  test("refuses lines that make no sense", async (t) => {
    for (const [words, why] of [
      [["--starttls", "smpt", "localhost:25"], /did you mean smtp\?/],
      [["--starttls", "smtp", "tls://localhost:465"], /--starttls/],
      [["-u", "--starttls", "smtp", "localhost", "25"], /--starttls/],
    ] as const) {
      const child = portcall(t, ["connect", ...words]);
      assert.equal(await child.code(), 2);
      assert.match(child.stderr, why);
    }
  });
});
