/** `startTls` of a connection that a server accepted. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { Duplex } from "node:stream";
import tls from "node:tls";
import { after, before, describe, test, type TestContext } from "node:test";
import {
  connect,
  NetError,
  serve,
  type Connection,
  type ServeOptions,
  type StartTlsServerOptions,
} from "../../../src/index.ts";
import { TestAuthority, type KeyPair } from "../../support/certificates.ts";
import { forEachSocketEngine } from "../../support/engines.ts";
import { needs } from "../../support/programs.ts";

type Handler = (client: Connection) => Promise<void>;

/** The port of a server that ends with the test. */
async function serving(t: TestContext, options: ServeOptions, handler: Handler): Promise<number> {
  const server = await serve({ port: 0, ...options }, handler);
  t.after(() => server.close({ drainMs: 0 }));
  const { address } = server;
  return address.family === "unix" ? assert.fail() : address.port;
}

/** A plain socket that has sent this. */
async function sent(t: TestContext, port: number, first: string | Uint8Array): Promise<net.Socket> {
  const socket = net.connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(first);
  return socket;
}

describe("startTls on a server", needs("openssl"), () => {
  let authority: TestAuthority;
  let pair: KeyPair;
  before(() => {
    authority = new TestAuthority();
    pair = authority.sign({ names: "DNS:localhost,IP:127.0.0.1" });
  });
  after(() => {
    authority.remove();
  });

  /** A handler that starts TLS after the line `STARTTLS`, and the outcome of each `startTls`. */
  function upgrading(then: Handler, options?: () => StartTlsServerOptions) {
    const outcomes: Promise<unknown>[] = [];
    const arrived = new EventTarget();
    const handler: Handler = async (client) => {
      assert.equal(await client.readLine(), "STARTTLS");
      await client.write("220 go ahead\r\n");
      const started = client.startTls(options?.() ?? pair);
      outcomes.push(
        started.then(
          () => client.tls,
          (error: unknown) => error,
        ),
      );
      arrived.dispatchEvent(new Event("started"));
      await started;
      await then(client);
    };
    /** The outcome of the first one, which may not have begun. */
    const first = async (): Promise<unknown> => {
      if (outcomes.length === 0)
        await new Promise((resolve) => arrived.addEventListener("started", resolve, { once: true }));
      return outcomes[0];
    };
    return { handler, first };
  }

  const echo: Handler = async (client) => {
    for await (const chunk of client) await client.write(chunk);
  };

  async function failureOf(first: () => Promise<unknown>): Promise<NetError> {
    const error = await first();
    assert.ok(error instanceof NetError, String(error));
    return error;
  }

  forEachSocketEngine((createEngine) => {
    const engine = createEngine();
    const quiet = { engine, onError: () => undefined };

    test("carries bytes both ways, and ends each direction with close_notify", async (t) => {
      const { handler, first } = upgrading(echo);
      const port = await serving(t, { engine }, handler);
      const plain = await sent(t, port, "STARTTLS\r\n");
      assert.equal(String((await once(plain, "data"))[0]), "220 go ahead\r\n");
      const client = tls.connect({ socket: plain, ca: authority.cert, host: "localhost" });
      const whole = Buffer.alloc(1_000_000, "portcall ");
      client.end(whole);
      const parts: Buffer[] = [];
      for await (const chunk of client) parts.push(chunk as Buffer);
      assert.equal(Buffer.concat(parts).equals(whole), true);
      assert.equal((await first()) instanceof NetError, false);
      assert.equal(((await first()) as { version: string }).version, "TLSv1.3");
    });

    test("serves clients of connect with startTls", async (t) => {
      const port = await serving(t, { engine }, async (client) => {
        await client.write("220 mail.example\r\n");
        assert.match((await client.readLine()) ?? "", /^EHLO \[127\.0\.0\.1\]$/);
        await client.write("250-mail.example\r\n250 STARTTLS\r\n");
        assert.equal(await client.readLine(), "STARTTLS");
        await client.write("220 go ahead\r\n");
        await client.startTls(pair);
        await client.write("inside\r\n");
        await echo(client);
      });
      const connection = await connect(`127.0.0.1:${port}`, {
        engine,
        startTls: "smtp",
        tls: { ca: authority.cert },
      });
      assert.equal(await connection.readLine(), "inside");
      await connection.write("echo\r\n");
      assert.equal(await connection.readLine(), "echo");
      await connection.close();
    });

    test("takes a handshake that the client began too early", async (t) => {
      const { handler } = upgrading(echo);
      const port = await serving(t, { engine }, handler);
      // The whole first flight follows the request at once, so that both are read together.
      let plain: net.Socket | undefined;
      const begin = async (flight: Uint8Array): Promise<void> => {
        plain = await sent(t, port, Buffer.concat([Buffer.from("STARTTLS\r\n"), flight]));
        let consentBytes = "220 go ahead\r\n".length;
        plain.on("data", (data: Buffer) => {
          const own = data.subarray(Math.min(consentBytes, data.length));
          consentBytes -= data.length - own.length;
          if (own.length > 0) pipe.push(own);
        });
      };
      const write = async (chunk: Uint8Array, done: () => void): Promise<void> => {
        if (plain === undefined) await begin(chunk);
        else plain.write(chunk);
        done();
      };
      const pipe = new Duplex({
        read: () => undefined,
        write: (chunk: Uint8Array, _encoding, done) => void write(chunk, done),
      });
      const client = tls.connect({ socket: pipe, ca: authority.cert, host: "localhost" });
      await once(client, "secureConnect");
      client.write("early");
      assert.equal(String((await once(client, "data"))[0]), "early");
      client.destroy();
    });

    test("refuses plain text behind the request, as injected", async (t) => {
      const { handler, first } = upgrading(echo);
      const port = await serving(t, quiet, handler);
      await sent(t, port, "STARTTLS\r\nRSET\r\n");
      const error = await failureOf(first);
      assert.deepEqual([error.code, error.stage], ["ERR_TLS_PLAIN_TEXT_INJECTED", "handshake"]);
    });

    test("never reads what follows in plain text", async (t) => {
      let read: unknown = "nothing";
      const { handler, first } = upgrading(async (client) => {
        read = await client.readLine();
      });
      const port = await serving(t, quiet, handler);
      const plain = await sent(t, port, "STARTTLS\r\n");
      await once(plain, "data");
      plain.write("RSET\r\n");
      const error = await failureOf(first);
      assert.equal(error.code, "ERR_TLS_PLAIN_TEXT");
      assert.match(error.message, /RSET/);
      assert.equal(read, "nothing");
    });

    test("F57: does not wait longer than tlsHandshakeTimeoutMs", async (t) => {
      const { handler, first } = upgrading(echo);
      const port = await serving(t, { ...quiet, tlsHandshakeTimeoutMs: 50 }, handler);
      await sent(t, port, "STARTTLS\r\n");
      const error = await failureOf(first);
      assert.deepEqual([error.code, error.option], ["ERR_TLS_HANDSHAKE_TIMEOUT", "tlsHandshakeTimeoutMs"]);
    });

    test("ends a handshake in progress when the server closes at once", async (t) => {
      const { handler, first } = upgrading(echo);
      const server = await serve({ port: 0, ...quiet }, handler);
      const { address } = server;
      const plain = await sent(t, address.port, "STARTTLS\r\n");
      await once(plain, "data");
      await server.close({ drainMs: 0 });
      assert.ok((await first()) instanceof NetError);
    });

    test("asks for the client's certificate, and refuses clients without a valid one", async (t) => {
      const { handler, first } = upgrading(echo, () => ({ ...pair, ca: authority.cert, requestCert: true }));
      const port = await serving(t, quiet, handler);
      const connection = await connect(`127.0.0.1:${port}`, { engine });
      await connection.write("STARTTLS\r\n");
      await connection.readLine();
      await connection.startTls({ ca: authority.cert, ...pair });
      await connection.write("known");
      assert.equal(String(Buffer.from((await connection.readExactly(5)) ?? [])), "known");
      await connection.close();
      assert.equal(((await first()) as { authorized: boolean }).authorized, true);
    });

    test("refuses wrong options at once, and leaves the connection open", async (t) => {
      const port = await serving(t, { engine }, async (client) => {
        assert.throws(() => client.startTls({}), /cert/);
        assert.throws(() => client.startTls({ ...pair, key: "none" }), TypeError);
        assert.throws(() => client.startTls({ ...pair, certs: [] } as StartTlsServerOptions), /certs/);
        await client.write("still open");
      });
      const connection = await connect(`127.0.0.1:${port}`, { engine });
      assert.equal(String(Buffer.from((await connection.readExactly(10)) ?? [])), "still open");
      await connection.close();
    });

    test("is refused on a connection that speaks TLS from the first byte", async (t) => {
      const port = await serving(t, { engine, tls: pair }, async (client) => {
        assert.throws(() => client.startTls(pair), /TLS already/);
        await client.write("refused");
      });
      const connection = await connect(`127.0.0.1:${port}`, { engine, tls: { ca: authority.cert } });
      assert.equal(String(Buffer.from((await connection.readExactly(7)) ?? [])), "refused");
      await connection.close();
    });
  });
});
