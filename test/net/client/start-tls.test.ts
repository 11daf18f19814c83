import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { after, before, describe, test, type TestContext } from "node:test";
import { backoff, connect, NetError, type ConnectOptions, type SocketEvent } from "../../../src/index.ts";
import { TestAuthority, type KeyPair } from "../../support/certificates.ts";
import { forEachSocketEngine } from "../../support/engines.ts";
import { needs } from "../../support/programs.ts";

/** The replies of a mail server to `EHLO` and `STARTTLS`, by the first word of the request. */
type Replies = Readonly<Record<string, string>>;

const replies: Replies = { EHLO: "250-mail.example\r\n250 STARTTLS\r\n", STARTTLS: "220 go ahead\r\n" };

interface Scripted {
  readonly pair: KeyPair;
  readonly greeting?: string;
  readonly replies?: Replies;
  /** What it sends after the handshake. */
  readonly inside?: string;
}

/** The port of a mail server that echoes inside TLS. */
async function mailServer(t: TestContext, script: Scripted): Promise<number> {
  const { pair, greeting = "220 mail.example ESMTP\r\n", inside = "" } = script;
  const answers = { ...replies, ...script.replies };
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (plain) => {
    sockets.add(plain);
    plain.on("error", () => undefined);
    plain.write(greeting);
    plain.on("data", function request(chunk: Buffer) {
      const [word = ""] = chunk.toString("latin1").trim().split(" ");
      plain.write(answers[word] ?? "500 what\r\n");
      if (word !== "STARTTLS") return;
      plain.off("data", request);
      const socket = new tls.TLSSocket(plain, { isServer: true, ...pair });
      socket.on("error", () => undefined);
      socket.write(inside);
      socket.pipe(socket);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function failure(port: number, options: ConnectOptions): Promise<NetError> {
  const thrown: unknown = await connect(`127.0.0.1:${port}`, options).then(
    (connection) => connection.abort(),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof NetError, String(thrown));
  return thrown;
}

const text = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString();

describe("connect with startTls", needs("openssl"), () => {
  let authority: TestAuthority;
  let pair: KeyPair;
  let trust: ConnectOptions;
  before(() => {
    authority = new TestAuthority();
    pair = authority.sign({ names: "DNS:localhost,IP:127.0.0.1" });
    trust = { startTls: "smtp", tls: { ca: authority.cert } };
  });
  after(() => {
    authority.remove();
  });

  forEachSocketEngine((createEngine) => {
    const engine = createEngine();

    test("opens a connection inside TLS, and reports what was said before", async (t) => {
      const events: SocketEvent[] = [];
      const port = await mailServer(t, { pair, inside: "hello\r\n" });
      const connection = await connect(`127.0.0.1:${port}`, {
        ...trust,
        engine,
        onEvent: (event) => events.push(event),
      });
      assert.equal(connection.tls?.authorized, true);
      assert.equal(await connection.readLine(), "hello");
      await connection.write("inside");
      assert.equal(text(await connection.readExactly(6)), "inside");
      await connection.close();
      const said = events.flatMap((event) =>
        event.type === "startTlsSent" || event.type === "startTlsReceived"
          ? [`${event.protocol} ${event.type === "startTlsSent" ? ">" : "<"} ${event.text}`]
          : [],
      );
      assert.deepEqual(said, [
        "smtp < 220 mail.example ESMTP",
        "smtp > EHLO [127.0.0.1]",
        "smtp < 250-mail.example",
        "smtp < 250 STARTTLS",
        "smtp > STARTTLS",
        "smtp < 220 go ahead",
      ]);
    });

    test("refuses bytes behind the server's consent, as injected", async (t) => {
      const injecting = { ...replies, STARTTLS: "220 go ahead\r\n250 injected\r\n" };
      const error = await failure(await mailServer(t, { pair, replies: injecting }), { ...trust, engine });
      assert.deepEqual([error.code, error.stage], ["ERR_TLS_PLAIN_TEXT_INJECTED", "handshake"]);
    });

    test("does not go on without TLS if the server does not offer or start it", async (t) => {
      const silent = await mailServer(t, { pair, replies: { EHLO: "250 mail.example\r\n" } });
      const missing = await failure(silent, { ...trust, engine });
      assert.deepEqual([missing.code, missing.stage], ["ERR_STARTTLS_REFUSED", "handshake"]);
      const refusing = await mailServer(t, { pair, replies: { STARTTLS: "454 4.7.0 not today\r\n" } });
      const refused = await failure(refusing, { ...trust, engine });
      assert.equal(refused.code, "ERR_STARTTLS_REFUSED");
      assert.match(refused.message, /454 4\.7\.0 not today/);
    });

    test("checks the certificate as tls does", async (t) => {
      const error = await failure(await mailServer(t, { pair }), { engine, startTls: "smtp" });
      assert.equal(error.code, "ERR_TLS_UNKNOWN_AUTHORITY");
    });

    test("does not wait longer than startTlsTimeoutMs", async (t) => {
      const port = await mailServer(t, { pair, greeting: "" });
      const error = await failure(port, { ...trust, engine, startTlsTimeoutMs: 50 });
      assert.deepEqual([error.code, error.option], ["ERR_STARTTLS_TIMEOUT", "startTlsTimeoutMs"]);
    });

    test("ends when its signal fires", async (t) => {
      const port = await mailServer(t, { pair, greeting: "" });
      const stop = new AbortController();
      const failed = failure(port, {
        ...trust,
        engine,
        signal: stop.signal,
        onEvent: ({ type }) => {
          if (type === "attemptEnded") setImmediate(() => stop.abort());
        },
      });
      assert.equal((await failed).code, "ERR_ABORTED");
    });

    test("reports a server that ends instead of an answer, or that speaks another protocol", async (t) => {
      const ending = net.createServer((socket) => socket.end());
      ending.listen(0, "127.0.0.1");
      await once(ending, "listening");
      t.after(() => ending.close());
      const { port } = ending.address() as AddressInfo;
      assert.equal((await failure(port, { ...trust, engine })).code, "ERR_STARTTLS_REFUSED");
      const other = await mailServer(t, { pair, greeting: "SSH-2.0-test\r\n" });
      const error = await failure(other, { ...trust, engine });
      assert.equal(error.code, "ERR_STARTTLS_INVALID");
      assert.match(error.message, /SMTP.*SSH-2\.0-test/);
    });
  });

  test("is attempted again by retry, after a failure to connect", async (t) => {
    const target = await mailServer(t, { pair });
    const relay = net.createServer((client) => {
      const upstream = net.connect(target, "127.0.0.1");
      for (const one of [client, upstream]) one.on("error", () => undefined);
      client.pipe(upstream).pipe(client);
      t.after(() => client.destroy());
    });
    t.after(() => relay.close());
    const taken = net.createServer();
    taken.listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    taken.close();
    await once(taken, "close");
    const events: SocketEvent[] = [];
    const opened = connect(`127.0.0.1:${port}`, {
      ...trust,
      retry: backoff({ firstDelayMs: 5, factor: 1 }),
      onEvent: (event) => {
        events.push(event);
        if (event.type === "retryScheduled" && !relay.listening) relay.listen(port, "127.0.0.1");
      },
    });
    const connection = await opened;
    assert.equal(connection.tls?.authorized, true);
    assert.ok(events.some(({ type }) => type === "retryScheduled"));
    await connection.close();
  });

  test("refuses an unknown protocol at once, with the name that was meant", async () => {
    const wrong = { startTls: "smpt" } as unknown as ConnectOptions;
    await assert.rejects(connect("127.0.0.1:9", wrong), {
      name: "TypeError",
      message: /startTls: .*smpt.* none of smtp, .*did you mean smtp\?/,
    });
  });
});
