/** `serve` and `listen` with TLS. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { portcall, type Child } from "../support/command.ts";
import { TestAuthority, type KeyPair } from "../support/certificates.ts";
import { temporaryFolder } from "../support/folder.ts";
import { needs } from "../support/programs.ts";

const folder = temporaryFolder();

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function listening(
  t: TestContext,
  ...words: readonly string[]
): Promise<[server: Child, port: string]> {
  const child = portcall(t, words);
  const [, port = ""] = await child.printsOnStderr(/^listening on \S+:(\d+)/m);
  return [child, port];
}

describe("a server of the command with TLS", needs("openssl"), () => {
  let authority: TestAuthority;
  let ca: string;
  before(() => {
    authority = new TestAuthority();
    ca = file("ca.pem", authority.cert);
  });
  after(() => {
    authority.remove();
  });

  const pairFlags = (name: string, { cert, key }: KeyPair): readonly string[] => [
    ...["--cert", file(`${name}.pem`, cert), "--key", file(`${name}.key`, key)],
  ];
  const client = (t: TestContext, ...words: readonly string[]): Child => {
    const child = portcall(t, ["connect", "--ca", ca, ...words]);
    child.end("hello\n");
    return child;
  };

  test("serve --tls: its line to try reaches it", async (t) => {
    const flags = pairFlags("server", authority.sign({ names: "IP:127.0.0.1" }));
    const [server, port] = await listening(t, "serve", "echo", "--tls", ...flags, "127.0.0.1:0");
    assert.match(server.stderr, new RegExp(`try: portcall connect tls://127\\.0\\.0\\.1:${port}$`, "m"));
    const child = client(t, `tls://127.0.0.1:${port}`);
    assert.equal(await child.code(), 0, child.stderr);
    assert.equal(child.stdout, "hello\n");
  });

  test("serve --ca requires client certificates: others end with 14", async (t) => {
    const flags = pairFlags("strict", authority.sign({ names: "IP:127.0.0.1" }));
    const [server, port] = await listening(t, "serve", "echo", "--tls", "--ca", ca, ...flags, "127.0.0.1:0");
    const target = `tls://127.0.0.1:${port}`;
    const refused = client(t, target);
    assert.equal(await refused.code(), 14, refused.stderr);
    await server.printsOnStderr(/client certificate|no certificate/);
    const known = client(t, ...pairFlags("client", authority.sign({ names: "DNS:client.test" })), target);
    assert.equal(await known.code(), 0, known.stderr);
    assert.equal(known.stdout, "hello\n");
  });

  test("F62: serve reads its files again at SIGHUP, and keeps the old ones if the new are bad", async (t) => {
    const flags = pairFlags("changing", authority.sign({ names: "IP:127.0.0.1" }));
    const [server, port] = await listening(t, "serve", "echo", "--tls", ...flags, "127.0.0.1:0");
    const target = `tls://127.0.0.1:${port}`;
    const next = authority.sign({ names: "DNS:next.test" });
    file("changing.key", next.key);
    server.kill("SIGHUP");
    await server.printsOnStderr(
      /^portcall: --key \S+changing\.key does not belong to .*; the old certificate stays$/m,
    );
    assert.equal(await client(t, "-z", target).code(), 0);
    file("changing.pem", next.cert);
    server.kill("SIGHUP");
    await server.printsOnStderr(/^the certificate was read again, for new clients$/m);
    assert.equal(await client(t, "-z", target).code(), 14);
    assert.equal(await client(t, "-z", "--sni", "next.test", target).code(), 0);
  });

  test("listen --tls talks to one client, and ends with it", async (t) => {
    const flags = pairFlags("listen", authority.sign({ names: "IP:127.0.0.1" }));
    const [server, port] = await listening(t, "listen", "--tls", ...flags, "127.0.0.1:0");
    server.end("welcome\n");
    const child = client(t, `tls://127.0.0.1:${port}`);
    assert.equal(await child.code(), 0, child.stderr);
    assert.equal(child.stdout, "welcome\n");
    assert.equal(await server.code(), 0, server.stderr);
    assert.equal(server.stdout, "hello\n");
  });
});

test("a line without a certificate is refused, and tls:// is for connecting", async (t) => {
  const rows: readonly (readonly [says: RegExp, ...words: string[]])[] = [
    [/--tls has an effect only with --cert/, "serve", "--tls", ":0"],
    [/--cert has an effect only with --key/, "listen", "--tls", "--cert", "x", ":0"],
    [/to serve TLS, use --tls/, "serve", "tls://127.0.0.1:0"],
    [/--tls is for connections, not for datagrams/, "serve", "-u", "--tls", ":0"],
  ];
  for (const [says, ...words] of rows) {
    const child = portcall(t, words);
    assert.equal(await child.code(), 2, child.stderr);
    assert.match(child.stderr, says);
  }
});
