/** `serve` with TLS, and the TLS clients of other projects. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import {
  serve,
  type NetError,
  type Server,
  type TcpAddress,
  type TlsServerOptions,
} from "../../src/index.ts";
import { TestAuthority, type KeyPair } from "../support/certificates.ts";
import { temporaryFolder } from "../support/folder.ts";
import { needs } from "../support/programs.ts";

const folder = temporaryFolder();

describe("a server with TLS and other clients", needs("openssl"), () => {
  let authority: TestAuthority;
  let good: KeyPair;
  let ca: string;
  before(() => {
    authority = new TestAuthority();
    good = authority.sign({ names: "DNS:localhost,IP:127.0.0.1" });
    ca = join(folder, "tls-ca.pem");
    writeFileSync(ca, authority.cert);
  });
  after(() => {
    authority.remove();
  });

  interface Served {
    readonly server: Server<TcpAddress>;
    readonly failure: Promise<NetError>;
  }

  /** Answers the first line of each client, and ends. */
  async function served(t: TestContext, more: Partial<TlsServerOptions> = {}): Promise<Served> {
    let failed: ((error: NetError) => void) | undefined;
    const failure = new Promise<NetError>((resolve) => {
      failed = resolve;
    });
    const server = await serve(
      {
        tls: { ...good, ...more },
        onEvent: (event) => {
          if (event.type === "tlsHandshakeFailed") failed?.(event.error);
        },
      },
      async (client) => {
        const line = await client.readLine();
        if (line?.startsWith("GET ") === true) {
          await client.write("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 6\r\n\r\nsecure");
        } else {
          await client.write(`got ${line} over ${client.tls?.version}\n`);
        }
      },
    );
    t.after(() => server.close({ drainMs: 0 }));
    return { server, failure };
  }

  /** Runs a program to its end. Its stdin usually stays open until the server has ended the connection. */
  async function run(t: TestContext, program: string, args: readonly string[], input = ""): Promise<string> {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    t.after(() => child.kill());
    let output = "";
    child.stdin.on("error", () => undefined);
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stdin.write(input);
    // ncat waits for the end of its input, and s_client leaves at it.
    if (program === "ncat") child.stdin.end();
    await new Promise((resolve) => child.on("close", resolve));
    return output;
  }

  const sClient = (server: Server<TcpAddress>, ...more: readonly string[]): string[] => [
    ...["s_client", "-connect", `127.0.0.1:${server.address.port}`, "-servername", "localhost"],
    ...["-verify_return_error", ...more],
  ];

  for (const version of ["1_2", "1_3"]) {
    test(`openssl s_client speaks TLS ${version}`, { timeout: 20_000 }, async (t) => {
      const { server } = await served(t);
      const output = await run(t, "openssl", sClient(server, `-tls${version}`, "-CAfile", ca), "hi\n");
      assert.match(output, new RegExp(`got hi over TLSv${version.replace("_", ".")}`));
    });

    test(`openssl s_client of TLS ${version} rejects the certificate, and the server has its reason`, async (t) => {
      const { server, failure } = await served(t);
      await run(t, "openssl", sClient(server, `-tls${version}`));
      const error = await failure;
      assert.equal(error.code, "ERR_TLS_CERTIFICATE_REJECTED");
      assert.match(error.message, /the client rejects this side's certificate: unknown authority/);
    });
  }

  test("F59: does not renegotiate", { timeout: 20_000 }, async (t) => {
    const { server } = await served(t);
    const output = await run(t, "openssl", sClient(server, "-tls1_2", "-CAfile", ca), "R\n");
    assert.match(output, /no renegotiation/);
  });

  test("curl gets a page, and rejects an unknown authority", needs("curl"), async (t) => {
    const { server, failure } = await served(t, { alpn: ["http/1.1"] });
    const url = `https://localhost:${server.address.port}/`;
    assert.equal(await run(t, "curl", ["-s", "--ipv4", "--cacert", ca, url]), "secure");
    await run(t, "curl", ["-s", "--ipv4", url]);
    assert.equal((await failure).code, "ERR_TLS_CERTIFICATE_REJECTED");
  });

  test("ncat --ssl exchanges a line", needs("ncat"), async (t) => {
    const { server } = await served(t);
    const args = ["--ssl", "--no-shutdown", "127.0.0.1", String(server.address.port)];
    assert.match(await run(t, "ncat", args, "hi\n"), /got hi over TLSv1\.3/);
  });

  test("Python's ssl exchanges a line, and sees an orderly end", needs("python3"), async (t) => {
    const { server } = await served(t);
    const program = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
with context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[2]))), server_hostname="localhost") as s:
    s.sendall(b"hi\\n")
    while (data := s.recv(1000)): sys.stdout.write(data.decode())
    print("ended")
`;
    const output = await run(t, "python3", ["-c", program, ca, String(server.address.port)]);
    assert.equal(output, "got hi over TLSv1.3\nended\n");
  });
});
