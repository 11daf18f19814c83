/** Clients that break a TLS handshake in every way: each has its reason, and no other client notices. */
import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import tls from "node:tls";
import { after, before, describe, test, type TestContext } from "node:test";
import type { Engine } from "../../../src/engine.ts";
import {
  connect,
  formatAddress,
  serve,
  type Connection,
  type ServeOptions,
  type Server,
  type SocketEvent,
} from "../../../src/index.ts";
import { FakeClock } from "../../../src/testing/fake-clock.ts";
import { TestAuthority, type KeyPair } from "../../support/certificates.ts";
import { forEachEngine } from "../../support/engines.ts";
import { needs } from "../../support/programs.ts";

/** The first bytes of a client of node:tls. */
function clientHello(): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const stream = new Duplex({
      read: () => undefined,
      write(chunk: Uint8Array, _, done) {
        resolve(new Uint8Array(chunk));
        done();
      },
    });
    tls.connect({ socket: stream, servername: "localhost" }).on("error", () => undefined);
  });
}

type Failed = Extract<SocketEvent, { readonly type: "tlsHandshakeFailed" }>;

describe("serve with tls and hostile clients", needs("openssl"), () => {
  let authority: TestAuthority;
  let good: KeyPair;
  let hello: Uint8Array;
  before(async () => {
    authority = new TestAuthority();
    good = authority.sign({ names: "DNS:localhost" });
    hello = await clientHello();
  });
  after(() => {
    authority.remove();
  });

  interface Attacked {
    readonly server: Server;
    readonly failures: Failed[];
    /** Resolves when so many handshakes have failed. */
    readonly failed: (count: number) => Promise<void>;
    /** A client that has been served from the beginning. */
    readonly bystander: Connection;
    readonly open: (secure: boolean) => Promise<Connection>;
  }

  async function attacked(t: TestContext, engine: Engine, options: ServeOptions): Promise<Attacked> {
    const failures: Failed[] = [];
    let look = (): void => undefined;
    const server = await serve(
      {
        engine,
        tls: good,
        ...options,
        onEvent: (event) => {
          if (event.type === "tlsHandshakeFailed") failures.push(event);
          look();
        },
      },
      async (client) => {
        for await (const chunk of client) await client.write(chunk);
      },
    );
    t.after(() => server.close({ drainMs: 0 }));
    const secure = { ca: authority.cert, serverName: "localhost" };
    const open = (isSecure: boolean): Promise<Connection> =>
      connect(formatAddress(server.address), { engine, ...(isSecure && { tls: secure }) });
    return {
      server,
      failures,
      bystander: await open(true),
      open,
      failed: (count) =>
        new Promise((resolve) => {
          look = () => {
            if (failures.length >= count) resolve();
          };
          look();
        }),
    };
  }

  async function answers(client: Connection): Promise<void> {
    await client.write("x");
    assert.equal(Buffer.from((await client.receive()) ?? []).toString(), "x");
  }

  /** Sends bytes, ends, and waits until the server has ended too. */
  async function breakWith(client: Connection, bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) await client.write(bytes);
    await client.end();
    while ((await client.receive().catch(() => null)) !== null);
    await client.close();
    await client.closed;
  }

  /** The server may see the end of a client later than the client does. */
  async function opened(open: () => Promise<Connection>): Promise<Connection> {
    for (;;) {
      const client = await open().catch(() => undefined);
      if (client !== undefined) return client;
    }
  }

  forEachEngine((createEngine) => {
    test("F57: survives handshakes cut at each byte, with a reason for each", async (t) => {
      const all = await attacked(t, createEngine(), { connectionsMax: 100_000 });
      for (let cut = 0; cut < hello.length; cut++) {
        await breakWith(await all.open(false), hello.subarray(0, cut));
      }
      await all.failed(hello.length);
      assert.deepEqual(
        [...new Set(all.failures.map(({ error }) => `${error.code} at ${error.stage}`))],
        ["ERR_TLS_FAILED at handshake"],
      );
      await answers(all.bystander);
      assert.equal(all.server.stats.tlsFailedTotal, hello.length);
      assert.equal(all.server.stats.connections, 1);
    });

    test("survives handshakes with a wrong byte at each position, and loses no place", async (t) => {
      // The bystander has one place; a place that is never given back would leave none.
      const all = await attacked(t, createEngine(), { connectionsMax: 3 });
      for (let at = 0; at < hello.length; at++) {
        const wrong = hello.slice();
        wrong[at] = (wrong[at] ?? 0) ^ 0xff;
        await breakWith(await all.open(false), wrong);
      }
      await answers(all.bystander);
      const next = await opened(() => all.open(true));
      await answers(next);
      void next.abort();
      assert.equal(all.server.stats.connectionsTotal >= 2, true);
    });

    test("F57: refuses a flood of half handshakes at connectionsMax, and recovers by the timeout", async (t) => {
      const clock = new FakeClock();
      const flood = 60;
      const all = await attacked(t, createEngine(), { clock, connectionsMax: flood + 1 });
      const half = await Promise.all(
        Array.from({ length: flood }, async () => {
          const client = await all.open(false);
          await client.write(hello.subarray(0, hello.length >> 1));
          return client;
        }),
      );
      await assert.rejects(all.open(true));
      assert.equal(all.server.stats.refusedTotal, 1);
      await answers(all.bystander);
      clock.advance(5_000);
      await all.failed(flood);
      assert.deepEqual(
        [...new Set(all.failures.map(({ error }) => error.code))],
        ["ERR_TLS_HANDSHAKE_TIMEOUT"],
      );
      for (const client of half) await client.closed.catch(() => undefined);
      const next = await opened(() => all.open(true));
      await answers(next);
      void next.abort();
      await answers(all.bystander);
    });

    test("serves a client whose handshake arrives byte by byte", async (t) => {
      const all = await attacked(t, createEngine(), {});
      const stream = (await all.open(false)).toNodeStream();
      const slow = new Duplex({
        read: () => undefined,
        write(chunk: Uint8Array, _, done) {
          for (const byte of chunk) stream.write(Uint8Array.of(byte));
          done();
        },
      });
      stream.on("error", () => undefined);
      stream.on("data", (chunk: Uint8Array) => slow.push(chunk));
      const socket = tls.connect({ socket: slow, ca: authority.cert, servername: "localhost" });
      t.after(() => {
        socket.destroy();
        stream.destroy();
      });
      const answer = await new Promise<Uint8Array>((resolve, reject) => {
        socket.on("error", reject);
        socket.on("data", resolve);
        socket.write("x");
      });
      assert.equal(Buffer.from(answer).toString(), "x");
    });
  });
});
