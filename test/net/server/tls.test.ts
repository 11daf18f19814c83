/** `serve` with TLS: handshakes, their limits and their failures, on every engine. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { after, before, describe, test, type TestContext } from "node:test";
import type { Engine } from "../../../src/engine.ts";
import {
  connect,
  formatAddress,
  serve,
  type CloseInfo,
  type Connection,
  type ConnectOptions,
  type Handler,
  type NetError,
  type ServeOptions,
  type Server,
  type SocketEvent,
  type TcpAddress,
  type TlsInfo,
  type TlsServerOptions,
} from "../../../src/index.ts";
import { FakeClock } from "../../../src/testing/fake-clock.ts";
import { TestAuthority, type KeyPair } from "../../support/certificates.ts";
import { forEachEngine } from "../../support/engines.ts";
import { needs } from "../../support/programs.ts";

interface Secure {
  readonly server: Server<TcpAddress>;
  readonly events: SocketEvent[];
  /** Resolves to the error of the handshake that fails as number `count`. */
  readonly failure: (count?: number) => Promise<NetError>;
  readonly client: (tls: ConnectOptions["tls"]) => Promise<Connection>;
  /** A client that speaks no TLS of its own. */
  readonly plain: () => Promise<Connection>;
}

async function echo(client: Connection): Promise<void> {
  for await (const chunk of client) await client.write(chunk);
}

describe("serve with tls", needs("openssl"), () => {
  let authority: TestAuthority;
  let other: TestAuthority;
  let good: KeyPair;
  let renewed: KeyPair;
  before(() => {
    authority = new TestAuthority();
    other = new TestAuthority();
    good = authority.sign({ names: "DNS:localhost,IP:127.0.0.1" });
    renewed = authority.sign({ names: "DNS:localhost,IP:127.0.0.1" });
  });
  after(() => {
    authority.remove();
    other.remove();
  });

  async function secure(
    t: TestContext,
    engine: Engine | "auto",
    options: Partial<TlsServerOptions> = {},
    more: Omit<ServeOptions, "path" | "fd"> = {},
    handler: Handler = echo,
  ): Promise<Secure> {
    const events: SocketEvent[] = [];
    const waiting = new Set<() => void>();
    const onEvent = (event: SocketEvent): void => {
      events.push(event);
      for (const look of waiting) look();
    };
    const server = await serve({ engine, tls: { ...good, ...options }, ...more, onEvent }, handler);
    t.after(() => server.close({ drainMs: 0 }));
    const name = formatAddress(server.address);
    return {
      server,
      events,
      failure: (count = 1) =>
        new Promise((resolve) => {
          const look = (): void => {
            const found = events.filter((event) => event.type === "tlsHandshakeFailed")[count - 1];
            if (found !== undefined) resolve(found.error);
          };
          waiting.add(look);
          look();
        }),
      client: async (own) => {
        const ca = authority.cert;
        const connection = await connect(name, { engine, tls: { ca, serverName: "localhost", ...own } });
        t.after(() => connection.abort());
        return connection;
      },
      plain: async () => {
        const connection = await connect(name, { engine });
        t.after(() => connection.abort());
        return connection;
      },
    };
  }

  /** Whether a byte comes back through the server. */
  async function answers(client: Connection): Promise<boolean> {
    await client.write("x");
    return Buffer.from((await client.receive()) ?? []).toString() === "x";
  }

  forEachEngine((createEngine) => {
    test("carries bytes both ways, and ends each direction with close_notify", async (t) => {
      const { client } = await secure(t, createEngine());
      const connection = await client({});
      const sent = Buffer.alloc(1_000_000, "portcall ");
      const written = connection.write(sent).then(() => connection.end());
      const parts: Uint8Array[] = [];
      for await (const chunk of connection) parts.push(chunk);
      await written;
      assert.equal(Buffer.concat(parts).equals(sent), true);
      const { how, error } = await connection.closed;
      assert.deepEqual([how, error], ["fin", undefined]);
    });

    test("tells the handler what the handshake has agreed on", async (t) => {
      let seen: Connection | undefined;
      const { client } = await secure(t, createEngine(), { alpn: ["b", "a"] }, {}, async (connection) => {
        seen = connection;
        await echo(connection);
      });
      const connection = await client({ alpn: ["a", "b"] });
      assert.equal(await answers(connection), true);
      const { version, cipher, group, alpn, serverName, resumed, authorized, peerChain } = seen?.tls ?? {};
      assert.deepEqual(
        [version, alpn, serverName, resumed, authorized, peerChain],
        ["TLSv1.3", "b", "localhost", false, false, []],
      );
      assert.match(String(cipher), /^TLS_/);
      assert.equal(group, connection.tls?.group);
      assert.match(String(group), /25519|^P-/);
      assert.deepEqual([connection.tls?.authorized, connection.tls?.authorizationError], [true, undefined]);
      assert.equal(connection.tls?.peerChain[0]?.keyType, "EC P-256");
    });

    test("works with raw handlers", async (t) => {
      const engine = createEngine();
      const server = await serve(
        { engine, tls: good },
        { bytes: (connection, view) => void connection.write(view) },
      );
      t.after(() => server.close({ drainMs: 0 }));
      const options = { engine, tls: { ca: authority.cert, serverName: "localhost" } };
      const connection = await connect(formatAddress(server.address), options);
      t.after(() => connection.abort());
      assert.equal(await answers(connection), true);
    });

    test("requires a client certificate that its authority has signed", async (t) => {
      const mutual = { ca: authority.cert, requestCert: true } as const;
      let seen: Connection | undefined;
      const { client, failure, server } = await secure(t, createEngine(), mutual, {}, async (one) => {
        seen = one;
        await echo(one);
      });
      const connection = await client(renewed);
      assert.equal(await answers(connection), true);
      assert.equal(seen?.tls?.authorized, true);
      assert.equal(seen.tls.peerChain[0]?.subject, "CN=test");

      const bad: readonly (readonly [pair: Partial<KeyPair>, code: string, words: RegExp])[] = [
        [{}, "ERR_TLS_CLIENT_CERTIFICATE_REQUIRED", /the client sent no certificate/],
        [other.selfSigned("/CN=mallory"), "ERR_TLS_SELF_SIGNED", /the client's certificate is self-signed/],
        [other.sign({ names: "" }), "ERR_TLS_UNKNOWN_AUTHORITY", /signed the client's certificate/],
        [
          authority.sign({ names: "", from: "20200101000000Z", to: "20210101000000Z" }),
          "ERR_TLS_EXPIRED",
          /the client's certificate expired on 2021-01-01/,
        ],
      ];
      for (const [index, [pair, code, words]] of bad.entries()) {
        // In TLS 1.3 a client learns only later that its certificate is not accepted.
        const refused = client(pair).then((one) => one.receive());
        await assert.rejects(refused);
        const error = await failure(index + 1);
        assert.deepEqual([error.code, error.stage], [code, "handshake"]);
        assert.match(error.message, words);
      }
      assert.equal(server.stats.tlsFailedTotal, bad.length);
      assert.equal(server.stats.connectionsTotal, 1);
      assert.equal(await answers(connection), true);
    });

    test("sends the alert for a missing client certificate before it closes", async (t) => {
      const { client } = await secure(t, createEngine(), { ca: authority.cert, requestCert: true });
      await assert.rejects(
        client({}).then((one) => one.receive()),
        { code: "ERR_TLS_CLIENT_CERTIFICATE_REQUIRED" },
      );
    });

    test("serves clients without a valid certificate if it is optional, and tells them apart", async (t) => {
      const seen: Connection[] = [];
      const mutual = { ca: authority.cert, requestCert: "optional" } as const;
      const { client } = await secure(t, createEngine(), mutual, {}, async (one) => {
        seen.push(one);
        await echo(one);
      });
      for (const pair of [{}, renewed, other.selfSigned("/CN=mallory")]) {
        assert.equal(await answers(await client(pair)), true);
      }
      assert.deepEqual(
        seen.map(({ tls: info }) => [info?.authorized, info?.authorizationError]),
        [
          [false, "the client sent no certificate"],
          [true, undefined],
          [false, "the client's certificate is self-signed"],
        ],
      );
    });

    test("F58: names the plain text of a client, ends its connection in order, and serves the others", async (t) => {
      const { client, plain, failure } = await secure(t, createEngine());
      const good1 = await client({});
      const texts: readonly (readonly [sent: string, words: RegExp])[] = [
        [
          "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
          /the client does not speak TLS: it sent HTTP: "GET \/ HTTP\/1.1"/,
        ],
        ["SSH-2.0-OpenSSH_9\r\n", /it sent SSH: "SSH-2.0-OpenSSH_9"/],
        ["\0\x01\x02garbage", /it sent ".*garbage"/],
      ];
      for (const [index, [sent, words]] of texts.entries()) {
        const one = await plain();
        await one.write(sent);
        const error = await failure(index + 1);
        assert.equal(error.code, "ERR_TLS_PLAIN_TEXT");
        assert.match(error.message, words);
        while ((await one.receive()) !== null);
        await one.close();
        assert.equal((await one.closed).how, "fin");
      }
      assert.equal(await answers(good1), true);
    });

    test("F58: names plain text that arrives byte by byte", async (t) => {
      const { plain, failure } = await secure(t, createEngine());
      const one = await plain();
      for (const byte of Buffer.from("SSH-2.0-slow\r\n")) {
        if (!one.trySend(Uint8Array.of(byte))) break;
      }
      assert.match((await failure()).message, /SSH/);
    });

    test("F57: resets a client that is silent, by tlsHandshakeTimeoutMs, and gives its place back", async (t) => {
      const clock = new FakeClock();
      const engine = createEngine();
      const more = { clock, tlsHandshakeTimeoutMs: 700, connectionsMax: 1 };
      const { plain, client, failure, events } = await secure(t, engine, {}, more);
      const silent = await plain();
      // It is in its handshake when the next client is refused.
      const refused = await plain();
      assert.equal(await refused.receive().catch(() => null), null);
      assert.deepEqual(
        events.filter(({ type }) => type === "refused").map((event) => "reason" in event && event.reason),
        ["connections"],
      );
      clock.advance(699);
      assert.equal(
        events.some(({ type }) => type === "tlsHandshakeFailed"),
        false,
      );
      clock.advance(1);
      const error = await failure();
      assert.deepEqual(
        [error.code, error.stage, error.option],
        ["ERR_TLS_HANDSHAKE_TIMEOUT", "handshake", "tlsHandshakeTimeoutMs"],
      );
      await assert.rejects(async () => silent.receive(), { code: "ECONNRESET" });
      assert.equal(await answers(await client({})), true);
    });

    test("counts clients in the handshake for their source, until they have left", async (t) => {
      const more = { connectionsPerSourceMax: 1 };
      const { plain, client, failure, events } = await secure(t, createEngine(), {}, more);
      const one = await plain();
      await assert.rejects(client({}));
      const refused = events.filter((event) => event.type === "refused");
      assert.deepEqual(
        refused.map(({ reason }) => reason),
        ["source"],
      );
      await one.write("not TLS at all");
      await failure();
      while ((await one.receive()) !== null);
      await one.close();
      // The server may see its end a little later.
      let connection: Connection | undefined;
      while (connection === undefined) connection = await client({}).catch(() => undefined);
      assert.equal(await answers(connection), true);
    });

    test("reports a client that leaves or resets during the handshake", async (t) => {
      const { plain, failure } = await secure(t, createEngine());
      const leaving = await plain();
      await leaving.write(Uint8Array.of(0x16, 3, 1));
      await leaving.close();
      const left = await failure(1);
      assert.deepEqual([left.code, left.stage], ["ERR_TLS_FAILED", "handshake"]);
      assert.match(left.message, /the client closed the connection during the handshake/);
      const resetting = await plain();
      await resetting.write(Uint8Array.of(0x16, 3, 1));
      void resetting.abort();
      assert.equal((await failure(2)).code, "ECONNRESET");
    });

    test("ends handshakes at once when the server closes, without an event", async (t) => {
      const { plain, client, server, events } = await secure(t, createEngine());
      const open = await client({});
      assert.equal(await answers(open), true);
      const silent = await plain();
      await silent.write(Uint8Array.of(0x16));
      // The server has the silent client when it has answered one that came later.
      const later = await client({});
      assert.equal(await answers(later), true);
      const closed = server.close({ drainMs: Infinity });
      await assert.rejects(async () => silent.receive(), { code: "ECONNRESET" });
      assert.equal(await answers(open), true);
      void open.abort();
      void later.abort();
      await closed;
      assert.equal(
        events.some(({ type }) => type === "tlsHandshakeFailed"),
        false,
      );
    });

    test("reads a PROXY header first, and then shakes hands with the client that it names", async (t) => {
      let seen: Connection | undefined;
      const engine = createEngine();
      const more = { proxyProtocol: { trusted: ["127.0.0.1"] } };
      const { server } = await secure(t, engine, {}, more, async (connection) => {
        seen = connection;
        await echo(connection);
      });
      const source = { family: 4, host: "192.0.2.1", port: 4711 } as const;
      const connection = await connect(formatAddress(server.address), {
        engine,
        proxyProtocol: { version: 2, source, destination: source },
        tls: { ca: authority.cert, serverName: "localhost" },
      });
      t.after(() => connection.abort());
      assert.equal(await answers(connection), true);
      assert.equal(String(seen?.remote), "192.0.2.1:4711");
      assert.equal(seen?.proxyProtocol?.version, 2);
    });

    /** A client whose bytes beneath TLS the test can send itself. */
    async function layered(t: TestContext, { plain }: Secure): Promise<readonly [tls.TLSSocket, Duplex]> {
      const stream = (await plain()).toNodeStream();
      const socket = tls.connect({ socket: stream, ca: authority.cert, servername: "localhost" });
      t.after(() => socket.destroy());
      socket.on("error", () => undefined);
      await once(socket, "secureConnect");
      return [socket, stream];
    }

    async function closedAs(t: TestContext, act: (stream: Duplex) => void): Promise<string | undefined> {
      let closed: Promise<CloseInfo> | undefined;
      const server = await secure(t, createEngine(), {}, {}, async (connection) => {
        closed = connection.closed;
        await echo(connection).catch(() => undefined);
      });
      const [socket, stream] = await layered(t, server);
      socket.write("x");
      await once(socket, "data");
      act(stream);
      return (await closed)?.error?.code;
    }

    test("F56: reports a client that is cut without close_notify", async (t) => {
      assert.equal(await closedAs(t, (stream) => stream.end()), "ERR_TLS_TRUNCATED");
    });

    test("closes the connection of a client that sends an invalid record after the handshake", async (t) => {
      const record = Buffer.concat([Uint8Array.of(0x17, 3, 3, 0, 40), Buffer.alloc(40, 7)]);
      assert.equal(await closedAs(t, (stream) => stream.write(record)), "ERR_TLS_FAILED");
    });

    describe("certificates by name", () => {
      const nameOf = (connection: Connection): string | undefined => connection.tls?.peerChain[0]?.names[0];
      const lenient = (serverName: string): ConnectOptions["tls"] => ({ serverName, verify: false });
      let a: KeyPair;
      let wild: KeyPair;
      before(() => {
        a = authority.sign({ names: "DNS:a.test" });
        wild = authority.sign({ names: "DNS:*.b.test" });
      });

      test("presents the certificate for the name that a client asks for", async (t) => {
        const { client } = await secure(t, createEngine(), { sni: { "A.test": a, "*.b.test": wild } });
        const names: readonly (readonly [asked: string, presented: string])[] = [
          ["a.test", "DNS:a.test"],
          ["x.b.test", "DNS:*.b.test"],
          ["y.x.b.test", "DNS:localhost"],
          ["b.test", "DNS:localhost"],
          ["__proto__", "DNS:localhost"],
          ["127.0.0.1", "DNS:localhost"],
        ];
        for (const [asked, presented] of names) {
          const connection = await client(lenient(asked));
          assert.equal(nameOf(connection), presented);
          assert.equal(await answers(connection), true);
        }
      });

      test("F55: asks a function for other names, and refuses a client if it fails", async (t) => {
        const asked: string[] = [];
        const { client, failure } = await secure(t, createEngine(), {
          sni: { "a.test": a },
          sniFallback: (serverName) => {
            asked.push(serverName);
            if (serverName === "now.test") return wild;
            if (serverName === "later.test") return Promise.resolve(wild);
            if (serverName === "none.test") return undefined;
            if (serverName === "refused.test") return null;
            if (serverName === "throws.test") throw new Error("no database");
            return Promise.reject(new Error("no database either"));
          },
        });
        assert.equal(nameOf(await client(lenient("a.test"))), "DNS:a.test");
        assert.equal(nameOf(await client(lenient("now.test"))), "DNS:*.b.test");
        assert.equal(nameOf(await client(lenient("later.test"))), "DNS:*.b.test");
        assert.equal(nameOf(await client(lenient("none.test"))), "DNS:localhost");
        const bad = [
          ["refused.test", /no certificate for the name "refused.test"/],
          ["throws.test", /sniFallback failed for the name "throws.test"/],
          ["rejects.test", /sniFallback failed for the name "rejects.test"/],
        ] as const;
        for (const [index, [name, words]] of bad.entries()) {
          await assert.rejects(client(lenient(name)));
          const error = await failure(index + 1);
          assert.equal(error.code, "ERR_TLS_NAME_REFUSED");
          assert.match(error.message, words);
        }
        assert.deepEqual(asked.slice(0, 3), ["now.test", "later.test", "none.test"]);
      });

      test("F55: limits a function that does not answer, or answers with a bad pair", async (t) => {
        const clock = new FakeClock();
        let isAsked = (): void => undefined;
        const asked = new Promise<void>((resolve) => {
          isAsked = resolve;
        });
        const sniFallback: TlsServerOptions["sniFallback"] = (serverName) => {
          if (serverName === "bad.test") return { cert: a.cert, key: wild.key };
          if (serverName !== "hangs.test") return undefined;
          isAsked();
          return new Promise(() => undefined);
        };
        const { client, failure } = await secure(t, createEngine(), { sniFallback }, { clock });
        const hanging = client(lenient("hangs.test"));
        await asked;
        clock.advance(5_000);
        await assert.rejects(hanging);
        assert.equal((await failure(1)).code, "ERR_TLS_HANDSHAKE_TIMEOUT");
        await assert.rejects(client(lenient("bad.test")));
        assert.equal((await failure(2)).code, "ERR_TLS_NAME_REFUSED");
        assert.equal(await answers(await client({})), true);
      });
    });
  });

  test("F62: setTls presents a new certificate to later clients; open connections go on", async (t) => {
    const { server, client } = await secure(t, "auto");
    const serial = (one: Connection): string | undefined => one.tls?.peerChain[0]?.fingerprint256;
    const before1 = await client({});
    server.setTls(renewed);
    const after1 = await client({});
    assert.notEqual(serial(after1), serial(before1));
    for (const bad of [
      { cert: good.cert, key: renewed.key },
      { cert: "none", key: "none" },
      { ...good, minVersion: "SSLv3" },
    ]) {
      assert.throws(() => {
        server.setTls(bad as TlsServerOptions);
      }, TypeError);
    }
    assert.equal(serial(await client({})), serial(after1));
    assert.equal(await answers(before1), true);
    assert.equal(await answers(after1), true);
  });

  test("refuses invalid options before anything listens", async () => {
    const bad: readonly (readonly [options: unknown, words: RegExp])[] = [
      [{}, /tls\.cert/],
      [{ cert: good.cert }, /tls\.key/],
      [{ cert: good.cert, key: renewed.key }, /tls: .*key/i],
      [{ ...good, key: 5 }, /tls\.key: 5/],
      [{ ...good, requestCert: true }, /tls\.requestCert: needs tls\.ca/],
      [{ ...good, requestCert: "yes", ca: authority.cert }, /tls\.requestCert: "yes"/],
      [{ ...good, minVersion: "TLSv1" }, /tls\.minVersion: "TLSv1"/],
      [{ ...good, ciphers: "NONE-SUCH" }, /tls: /],
      [{ ...good, alpn: "h2" }, /tls\.alpn/],
      [{ ...good, sni: { "a.test": { cert: good.cert } } }, /tls\.sni\["a\.test"\]\.key/],
      [{ ...good, sniFallback: 1 }, /tls\.sniFallback/],
      [{ ...good, certs: [] }, /no option "certs"/],
    ];
    for (const [options, words] of bad) {
      await assert.rejects(serve({ tls: options as TlsServerOptions }, echo), (error: unknown) => {
        assert.ok(error instanceof TypeError, String(error));
        assert.match(error.message, words);
        return true;
      });
    }
    const plain = await serve({}, echo);
    assert.throws(() => {
      plain.setTls(good);
    }, /does not speak TLS/);
    await plain.close();
  });

  describe("with a client of node:tls", () => {
    interface Seen {
      readonly server: Server<TcpAddress>;
      readonly infos: (TlsInfo | undefined)[];
      readonly failure: Secure["failure"];
      readonly open: (options?: tls.ConnectionOptions) => Promise<tls.TLSSocket>;
      /** Opens, waits for an answer and for the session of the server. */
      readonly session: (options?: tls.ConnectionOptions) => Promise<Buffer>;
    }

    async function seen(t: TestContext, options: Partial<TlsServerOptions>): Promise<Seen> {
      const infos: (TlsInfo | undefined)[] = [];
      const { server, failure } = await secure(t, "auto", options, {}, async (one) => {
        infos.push(one.tls);
        await one.write("hello");
        await echo(one);
      });
      const { host, port } = server.address;
      const open = async (more?: tls.ConnectionOptions): Promise<tls.TLSSocket> => {
        const socket = tls.connect({ host, port, ca: authority.cert, servername: "localhost", ...more });
        t.after(() => socket.destroy());
        socket.on("error", () => undefined);
        const refused = once(socket, "close").then(() => {
          throw new Error("closed without a byte");
        });
        await Promise.race([once(socket, "data"), refused]);
        return socket;
      };
      return {
        server,
        infos,
        failure,
        open,
        session: async (more) => {
          const socket = tls.connect({ host, port, ca: authority.cert, servername: "localhost", ...more });
          t.after(() => socket.destroy());
          socket.on("error", () => undefined);
          const [[session]] = (await Promise.all([once(socket, "session"), once(socket, "data")])) as [
            [Buffer],
            unknown,
          ];
          return session;
        },
      };
    }

    for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
      test(`resumes a session of ${maxVersion}, and performs a full handshake after setTls`, async (t) => {
        const { server, infos, open, session } = await seen(t, {});
        const ticket = await session({ maxVersion });
        assert.equal((await open({ maxVersion, session: ticket })).isSessionReused(), true);
        server.setTls(good);
        assert.equal((await open({ maxVersion, session: ticket })).isSessionReused(), false);
        assert.deepEqual(
          infos.map((info) => [info?.version, info?.resumed]),
          [
            [maxVersion, false],
            [maxVersion, true],
            [maxVersion, false],
          ],
        );
      });

      test(`tells who the client is in a resumed session of ${maxVersion} too`, async (t) => {
        const mutual = { ca: authority.cert, requestCert: "optional" } as const;
        const { infos, open, session } = await seen(t, mutual);
        for (const pair of [{}, renewed, other.selfSigned("/CN=mallory")]) {
          const options = { ...pair, maxVersion };
          await open({ ...options, session: await session(options) });
        }
        assert.deepEqual(
          infos.map((info) => [info?.resumed, info?.authorized]),
          [
            [false, false],
            [true, false],
            [false, true],
            [true, true],
            [false, false],
            [true, false],
          ],
        );
      });
    }

    test("does not let a session of an earlier authority in after setTls", async (t) => {
      const { server, failure, session, open } = await seen(t, { ca: authority.cert, requestCert: true });
      const ticket = await session(renewed);
      server.setTls({ ...good, ca: other.cert, requestCert: true });
      await assert.rejects(open({ ...renewed, session: ticket }), /closed without a byte/);
      assert.equal((await failure()).code, "ERR_TLS_UNKNOWN_AUTHORITY");
    });

    test("F59: names a missing shared version, cipher or application protocol", async (t) => {
      const { failure, open } = await seen(t, { alpn: ["x"], ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" });
      const bad: readonly (readonly [options: tls.ConnectionOptions, code: string])[] = [
        [
          { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" },
          "ERR_TLS_NO_SHARED_VERSION",
        ],
        [{ maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" }, "ERR_TLS_NO_SHARED_CIPHER"],
        [{ ALPNProtocols: ["y"] }, "ERR_TLS_NO_SHARED_ALPN"],
      ];
      for (const [index, [options, code]] of bad.entries()) {
        // The client has an alert of the server, not a reset.
        await assert.rejects(open(options), { code: /ALERT/ });
        assert.equal((await failure(index + 1)).code, code);
      }
    });

    test("names the group of a TLS 1.2 handshake", async (t) => {
      const { infos, open } = await seen(t, {});
      await open({ maxVersion: "TLSv1.2", ecdhCurve: "P-256" });
      assert.deepEqual([infos[0]?.group, infos[0]?.postQuantum], ["P-256", false]);
    });
  });
});
