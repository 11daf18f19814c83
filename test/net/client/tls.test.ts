import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { after, before, describe, test, type TestContext } from "node:test";
import { connect, NetError, type Connection, type ConnectOptions } from "../../../src/index.ts";
import { TestAuthority, type KeyPair } from "../../support/certificates.ts";
import { forEachSocketEngine } from "../../support/engines.ts";
import { needs } from "../../support/programs.ts";

/** The port of a server that ends with the test. */
async function listening(t: TestContext, server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => sockets.add(socket));
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function echoServer(options: tls.TlsOptions): tls.Server {
  return tls.createServer({ ...options, allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
}

async function drain(connection: Connection): Promise<void> {
  while ((await connection.read()) !== null);
}

async function failure(port: number, options: ConnectOptions): Promise<NetError> {
  const thrown: unknown = await connect(`127.0.0.1:${port}`, options).then(
    (connection) => connection.abort(),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof NetError, String(thrown));
  return thrown;
}

describe("connect with tls", needs("openssl"), () => {
  let authority: TestAuthority;
  let good: KeyPair;
  before(() => {
    authority = new TestAuthority();
    good = authority.sign({ names: "DNS:localhost,IP:127.0.0.1" });
  });
  after(() => {
    authority.remove();
  });

  forEachSocketEngine((createEngine) => {
    const engine = createEngine();

    test("carries bytes both ways, and ends each direction with close_notify", async (t) => {
      const port = await listening(t, echoServer(good));
      const connection = await connect(`127.0.0.1:${port}`, { engine, tls: { ca: authority.cert } });
      const sent = Buffer.alloc(1_000_000, "portcall ");
      const written = connection.write(sent).then(() => connection.end());
      const parts: Uint8Array[] = [];
      for await (const chunk of connection) parts.push(chunk);
      await written;
      assert.equal(Buffer.concat(parts).equals(sent), true);
      const { how, error } = await connection.closed;
      assert.deepEqual([how, error], ["fin", undefined]);
    });

    test("tls://host:port is the option tls, with its checks", async (t) => {
      const port = await listening(t, echoServer(good));
      await assert.rejects(connect(`tls://localhost:${port}`, { engine }), {
        code: "ERR_TLS_UNKNOWN_AUTHORITY",
      });
      const trusted = { engine, tls: { ca: authority.cert } };
      for (const target of [`tls://localhost:${port}`, { scheme: "tls", host: "localhost", port } as const]) {
        const connection = await connect(target, trusted);
        assert.deepEqual([connection.tls?.authorized, connection.tls?.serverName], [true, "localhost"]);
        await connection.close();
      }
    });

    test("F56: reports a stream that was cut without close_notify, behind its bytes", async (t) => {
      const port = await listening(
        t,
        net.createServer((plain) => {
          plain.on("error", () => undefined);
          const socket = new tls.TLSSocket(plain, { isServer: true, ...good });
          socket.on("error", () => undefined);
          socket.on("data", () => {
            socket.write("half", () => plain.end());
          });
        }),
      );
      const connection = await connect(`127.0.0.1:${port}`, { engine, tls: { ca: authority.cert } });
      await connection.write("go");
      assert.equal(Buffer.from((await connection.receive()) ?? []).toString(), "half");
      await assert.rejects(async () => connection.receive(), { code: "ERR_TLS_TRUNCATED" });
    });

    test("fails at once when a record is invalid, also while nothing reads", async (t) => {
      const record = Buffer.concat([Uint8Array.of(0x17, 3, 3, 0, 40), Buffer.alloc(40, 7)]);
      for (const [name, bytes] of [
        ["a record that does not decrypt", record],
        ["plain text", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
        ["a fatal alert in the clear", Uint8Array.of(0x15, 3, 3, 0, 2, 2, 40)],
      ] as const) {
        for (const reads of [true, false]) {
          const inner = await listening(t, echoServer(good));
          const port = await listening(
            t,
            net.createServer((socket) => {
              const far = net.connect(inner, "127.0.0.1");
              for (const one of [socket, far]) one.on("error", () => undefined);
              socket.pipe(far);
              let answered = 0;
              far.on("data", (chunk: Uint8Array) => {
                socket.write(chunk);
                // The answer to the first write of the program, after the handshake.
                if (client !== undefined && answered++ === 0) socket.write(bytes);
              });
            }),
          );
          let client: Connection | undefined = undefined;
          const connection = await connect(`127.0.0.1:${port}`, { engine, tls: { ca: authority.cert } });
          client = connection;
          await connection.write("x");
          if (reads) await assert.rejects(drain(connection), { code: /^ERR_TLS_/ }, name);
          const { error } = await connection.closed;
          assert.match(error?.code ?? "", /^ERR_TLS_/, name);
        }
      }
    });

    test("F57: does not wait longer than tlsHandshakeTimeoutMs", async (t) => {
      const port = await listening(t, net.createServer());
      const error = await failure(port, { engine, tls: {}, tlsHandshakeTimeoutMs: 50 });
      assert.deepEqual(
        [error.code, error.stage, error.option],
        ["ERR_TLS_HANDSHAKE_TIMEOUT", "handshake", "tlsHandshakeTimeoutMs"],
      );
    });

    test("F58: names the plain text that a peer sends", async (t) => {
      const port = await listening(
        t,
        net.createServer((socket) => {
          socket.on("error", () => undefined);
          socket.write("SSH-2.0-test\r\n");
        }),
      );
      const error = await failure(port, { engine, tls: {} });
      assert.equal(error.code, "ERR_TLS_PLAIN_TEXT");
      assert.match(error.message, /SSH-2\.0-test/);
    });
  });

  const bad: readonly (readonly [string, () => KeyPair, string, RegExp])[] = [
    ["self-signed", () => authority.selfSigned("/CN=localhost"), "ERR_TLS_SELF_SIGNED", /self-signed/],
    [
      "for another name",
      () => authority.sign({ names: "DNS:other.test" }),
      "ERR_TLS_NAME_MISMATCH",
      /DNS:other\.test.* not for the address 127\.0\.0\.1/,
    ],
    ["without an IP entry", () => authority.sign({ names: "" }), "ERR_TLS_NAME_MISMATCH", /has no names/],
    [
      "expired",
      () => authority.sign({ names: "IP:127.0.0.1", from: "20200101000000Z", to: "20210101000000Z" }),
      "ERR_TLS_EXPIRED",
      /2021-01-01/,
    ],
    [
      "not yet valid",
      () => authority.sign({ names: "IP:127.0.0.1", from: "20480101000000Z", to: "20490101000000Z" }),
      "ERR_TLS_NOT_YET_VALID",
      /2048-01-01/,
    ],
  ];
  for (const [what, make, code, words] of bad) {
    test(`F54: refuses a certificate that is ${what}`, async (t) => {
      const port = await listening(t, echoServer(make()));
      const error = await failure(port, { tls: { ca: authority.cert } });
      assert.deepEqual([error.code, error.stage], [code, "handshake"]);
      assert.match(error.message, words);
    });
  }

  test("F54: refuses the certificate of an unknown authority", async (t) => {
    const port = await listening(t, echoServer(good));
    const error = await failure(port, { tls: {} });
    assert.equal(error.code, "ERR_TLS_UNKNOWN_AUTHORITY");
    assert.match(error.message, /Test authority/);
  });

  test("F59: refuses a server without a shared version", async (t) => {
    const port = await listening(t, echoServer({ ...good, maxVersion: "TLSv1.2" }));
    const error = await failure(port, { tls: { ca: authority.cert, minVersion: "TLSv1.3" } });
    assert.equal(error.code, "ERR_TLS_NO_SHARED_VERSION");
  });

  test("refuses a server without a shared application protocol", async (t) => {
    const port = await listening(t, echoServer({ ...good, ALPNProtocols: ["a"] }));
    const error = await failure(port, { tls: { ca: authority.cert, alpn: ["b"] } });
    assert.equal(error.code, "ERR_TLS_NO_SHARED_ALPN");
  });

  test("says what the handshake has agreed on, and shows the server's certificate", async (t) => {
    const port = await listening(t, echoServer({ ...good, ALPNProtocols: ["x"] }));
    const options = { ca: authority.cert, alpn: ["x"], serverName: "localhost" };
    const connection = await connect(`127.0.0.1:${port}`, { tls: options });
    t.after(() => connection.abort());
    const info = connection.tls;
    assert.deepEqual(
      [info?.version, info?.alpn, info?.serverName, info?.authorized],
      ["TLSv1.3", "x", "localhost", true],
    );
    assert.deepEqual(info?.peerChain[0]?.names, ["DNS:localhost", "IP Address:127.0.0.1"]);
  });

  test("accepts any certificate with verify: false, and says that it is not verified", async (t) => {
    const port = await listening(t, echoServer(authority.selfSigned("/CN=x")));
    const connection = await connect(`127.0.0.1:${port}`, { tls: { verify: false } });
    t.after(() => connection.abort());
    assert.equal(connection.tls?.authorized, false);
  });

  test("sends the client's certificate to a server that requires one", async (t) => {
    const server = { ...good, requestCert: true, rejectUnauthorized: true, ca: authority.cert };
    const port = await listening(t, echoServer(server));
    const connection = await connect(`127.0.0.1:${port}`, { tls: { ca: authority.cert, ...good } });
    t.after(() => connection.abort());
    await connection.write("hi");
    assert.equal(Buffer.from((await connection.receive()) ?? []).toString(), "hi");
  });

  test("refuses a certificate without its key before anything happens", async () => {
    await assert.rejects(connect("127.0.0.1:9", { tls: { cert: good.cert, key: "none" } }), TypeError);
  });
});
