/** `portcall/sockets` with TLS: `secureTransport` and `startTls()`. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { after, before, describe, test, type TestContext } from "node:test";
import type { Engine } from "../../src/engine.ts";
import { createConnect, SocketError, type SocketConnect } from "../../src/sockets/index.ts";
import { TestAuthority, type KeyPair } from "../support/certificates.ts";
import { forEachSocketEngine } from "../support/engines.ts";
import { needs } from "../support/programs.ts";

/** The port of a server that ends with the test. */
async function listening(t: TestContext, server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.fail("it resolved"),
    (error: unknown) => error,
  );
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

describe("sockets with TLS", needs("openssl"), () => {
  let authority: TestAuthority;
  let pair: KeyPair;
  before(() => {
    authority = new TestAuthority();
    pair = authority.sign({ names: "DNS:localhost,DNS:other.test,IP:127.0.0.1" });
  });
  after(() => {
    authority.remove();
  });

  function connectOn(engine: Engine): SocketConnect {
    return createConnect({ engine, tls: { ca: authority.cert } });
  }

  function echo(options: tls.TlsOptions = {}): tls.Server {
    return tls.createServer({ ...pair, ...options, allowHalfOpen: true }, (socket) => {
      socket.on("error", () => undefined);
      socket.pipe(socket);
    });
  }

  /** A server that answers everything up to the request with the consent, and then echoes inside TLS. */
  function upgrading(request: string, received: (plain: string) => void = () => undefined): net.Server {
    return net.createServer((plain) => {
      let all = Buffer.alloc(0);
      plain.on("data", function untilRequest(chunk: Buffer) {
        all = Buffer.concat([all, chunk]);
        const end = all.indexOf(request);
        if (end < 0) return;
        plain.off("data", untilRequest);
        plain.pause();
        const rest = all.subarray(end + request.length);
        received(all.subarray(0, end).toString());
        if (rest.length > 0) plain.unshift(rest);
        plain.write("go", () => {
          const socket = new tls.TLSSocket(plain, { isServer: true, ...pair });
          socket.on("error", () => undefined);
          socket.pipe(socket);
        });
      });
    });
  }

  forEachSocketEngine((createEngine) => {
    test("W9: opened settles after the handshake only", async (t) => {
      let accept!: () => void;
      const server = net.createServer((plain) => {
        accept = () => {
          const socket = new tls.TLSSocket(plain, { isServer: true, ...pair });
          socket.on("error", () => undefined);
        };
      });
      const port = await listening(t, server);
      const accepted = once(server, "connection");
      const socket = connectOn(createEngine())(`localhost:${port}`, { secureTransport: "on" });
      let isOpen = false;
      const opened = socket.opened.then(() => (isOpen = true));
      const [plain] = (await accepted) as [net.Socket];
      // The ClientHello has come, so the connection below is open.
      await once(plain, "readable");
      assert.equal(isOpen, false);
      accept();
      await opened;
      await socket.close();
    });

    test("W11: alpn is what was negotiated, or null", async (t) => {
      const port = await listening(t, echo({ ALPNProtocols: ["two", "one"] }));
      const connect = connectOn(createEngine());
      const socket = connect(`localhost:${port}`, { secureTransport: "on", alpn: ["one", "two"] });
      assert.equal((await socket.opened).alpn, "two");
      await socket.close();
      const without = connect(`localhost:${port}`, { secureTransport: "on" });
      assert.equal((await without.opened).alpn, null);
      await without.close();
    });

    test("sni is the name that is asked for, and that the certificate must have", async (t) => {
      const server = echo();
      const arrived = once(server, "secureConnection");
      const port = await listening(t, server);
      const connect = connectOn(createEngine());
      const good = connect(`127.0.0.1:${port}`, { secureTransport: "on", sni: "other.test" });
      await good.opened;
      const [there] = (await arrived) as [tls.TLSSocket];
      assert.equal(there.servername, "other.test");
      await good.close();
      const bad = connect(`127.0.0.1:${port}`, { secureTransport: "on", sni: "wrong.test" });
      const error = await failureOf(bad.opened);
      assert.ok(error instanceof SocketError);
      assert.equal(error.code, "ERR_TLS_NAME_MISMATCH");
      assert.equal(await failureOf(bad.closed), error);
    });

    test("carries bytes both ways inside TLS, also those written before the handshake", async (t) => {
      const port = await listening(t, echo());
      const socket = connectOn(createEngine())(`localhost:${port}`, { secureTransport: "on" });
      const sent = Buffer.alloc(300_000, "portcall ");
      const writer = socket.writable.getWriter();
      const written = writer.write(sent).then(() => writer.close());
      const parts: Uint8Array[] = [];
      for await (const chunk of socket.readable) parts.push(chunk);
      await written;
      assert.ok(Buffer.concat(parts).equals(sent));
      assert.equal(await socket.closed, undefined);
    });

    test("W21: startTls on a TLS socket is refused", async (t) => {
      const port = await listening(t, echo());
      const socket = connectOn(createEngine())(`localhost:${port}`, { secureTransport: "on" });
      assert.equal(socket.secureTransport, "on");
      assert.throws(() => socket.startTls(), SocketError);
      await socket.opened;
      assert.throws(() => socket.startTls(), SocketError);
      assert.equal(socket.upgraded, false);
      await socket.close();
    });

    test("W23: a second startTls is refused", async (t) => {
      const port = await listening(t, upgrading("start"));
      const socket = connectOn(createEngine())(`localhost:${port}`, { secureTransport: "starttls" });
      const secure = socket.startTls();
      assert.throws(() => socket.startTls(), SocketError);
      assert.throws(() => secure.startTls(), SocketError);
      await secure.close();
    });

    test("W24: startTls replaces the socket: the old one is over, the new one opens after the handshake", async (t) => {
      const port = await listening(t, upgrading("start"));
      const socket = connectOn(createEngine())(`localhost:${port}`, { secureTransport: "starttls" });
      const [reader, writer] = [socket.readable.getReader(), socket.writable.getWriter()];
      await writer.write("start");
      assert.equal(text((await reader.read()).value), "go");
      const unanswered = reader.read();
      const secure = socket.startTls();
      assert.equal(socket.upgraded, true);
      assert.deepEqual([secure.upgraded, secure.secureTransport], [false, "on"]);
      assert.equal(await socket.closed, undefined);
      await assert.rejects(unanswered, SocketError);
      await assert.rejects(reader.read(), SocketError);
      await assert.rejects(writer.write("plain"), SocketError);
      const info = await secure.opened;
      assert.match(info.remoteAddress ?? "", /^(127\.0\.0\.1|\[::1\]):\d+$/);
      const inside = secure.writable.getWriter();
      await inside.write("inside");
      const second = secure.readable.getReader();
      assert.equal(text((await second.read()).value), "inside");
      // The old socket has no part in the connection any more.
      await socket.close();
      await inside.write("still");
      assert.equal(text((await second.read()).value), "still");
      await secure.close();
      assert.equal(await secure.closed, undefined);
    });

    test("W25: what was written before is sent as plain text, ahead of the handshake", async (t) => {
      let plain = "";
      const port = await listening(
        t,
        upgrading("start", (received) => (plain = received)),
      );
      const socket = connectOn(createEngine())(`localhost:${port}`, { secureTransport: "starttls" });
      const writer = socket.writable.getWriter();
      const long = "x".repeat(500_000);
      const written = [writer.write(long), writer.write("start")];
      writer.releaseLock();
      const reader = socket.readable.getReader();
      assert.equal(text((await reader.read()).value), "go");
      const later = [socket.writable.getWriter()].map((one) => one.write(""));
      const secure = socket.startTls();
      await secure.opened;
      await Promise.all([...written, ...later]);
      assert.equal(plain, long);
      await secure.close();
    });

    test("a handshake that fails rejects opened and closed of the new socket", async (t) => {
      const port = await listening(t, upgrading("start"));
      const connect = createConnect({ engine: createEngine() });
      const socket = connect(`localhost:${port}`, { secureTransport: "starttls" });
      await socket.writable.getWriter().write("start");
      assert.equal(text((await socket.readable.getReader().read()).value), "go");
      const secure = socket.startTls();
      const error = await failureOf(secure.opened);
      assert.ok(error instanceof SocketError);
      assert.equal(error.code, "ERR_TLS_UNKNOWN_AUTHORITY");
      assert.equal(await failureOf(secure.closed), error);
      assert.equal(await failureOf(secure.readable.getReader().closed), error);
      assert.equal(await socket.closed, undefined);
    });

    test("expectedServerHostname is the name that the certificate must have", async (t) => {
      const port = await listening(t, upgrading("start"));
      const connect = connectOn(createEngine());
      for (const [name, code] of [
        ["other.test", undefined],
        ["wrong.test", "ERR_TLS_NAME_MISMATCH"],
      ] as const) {
        const socket = connect(`127.0.0.1:${port}`, { secureTransport: "starttls" });
        await socket.writable.getWriter().write("start");
        assert.equal(text((await socket.readable.getReader().read()).value), "go");
        const secure = socket.startTls({ expectedServerHostname: name });
        const outcome = await secure.opened.then(
          () => undefined,
          (error: unknown) => (error as SocketError).code,
        );
        assert.equal(outcome, code);
        await secure.close().catch(() => undefined);
      }
    });

    test("close of the new socket ends a handshake in progress", async (t) => {
      const silent = net.createServer((plain) => plain.resume());
      const port = await listening(t, silent);
      const socket = connectOn(createEngine())(`localhost:${port}`, { secureTransport: "starttls" });
      await socket.opened;
      const secure = socket.startTls();
      const reason = new Error("enough");
      assert.equal(await secure.close(reason), undefined);
      assert.equal(await failureOf(secure.opened), reason);
    });

    test("close of the new socket ends the old one's connecting", async (t) => {
      const port = await listening(t, net.createServer());
      const socket = connectOn(createEngine())(`localhost:${port}`, { secureTransport: "starttls" });
      const secure = socket.startTls();
      assert.equal(await secure.close(), undefined);
      assert.ok((await failureOf(secure.opened)) instanceof SocketError);
      await failureOf(socket.opened);
    });

    test("startTls ends a pipe into writable after the chunks that it has written", async (t) => {
      const port = await listening(t, upgrading("start"));
      const socket = connectOn(createEngine())(`localhost:${port}`, { secureTransport: "starttls" });
      const { readable, writable } = new TransformStream<string, string>();
      const piped = readable.pipeTo(socket.writable);
      await writable.getWriter().write("start");
      assert.equal(text((await socket.readable.getReader().read()).value), "go");
      const secure = socket.startTls();
      assert.ok((await failureOf(piped)) instanceof SocketError);
      await secure.opened;
      await secure.close();
    });
  });
});
