/** `serve` behind a load balancer: the client that the header names is the client, on every engine. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import type { Engine } from "../../../src/engine.ts";
import {
  connect,
  encodeProxyHeader,
  limits,
  NetError,
  serve,
  type Connection,
  type ProxyHeaderToSend,
  type RawConnection,
  type ServeOptions,
  type Server,
  type SocketEvent,
} from "../../../src/index.ts";
import { FakeClock } from "../../../src/testing/fake-clock.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { forEachEngine, forEachSocketEngine } from "../../support/engines.ts";

const client = { family: 4, host: "192.0.2.1", port: 4711 } as const;
const other = { family: 4, host: "192.0.2.2", port: 4712 } as const;
const front = { family: 4, host: "198.51.100.7", port: 443 } as const;
const trusted = ["127.0.0.1"];

function header(parts: Partial<ProxyHeaderToSend> = {}): Uint8Array {
  return encodeProxyHeader({ version: 2, source: client, destination: front, ...parts });
}

interface Behind {
  readonly server: Server;
  readonly events: SocketEvent[];
  /** Resolves to the next event of a type. */
  readonly event: <Type extends SocketEvent["type"]>(
    type: Type,
  ) => Promise<Extract<SocketEvent, { readonly type: Type }>>;
  /** Connects as a load balancer does, and sends these bytes. */
  readonly send: (...chunks: readonly (Uint8Array | string)[]) => Promise<Connection>;
}

/** A server that greets each client by its address, and then echoes. */
async function behind(
  t: TestContext,
  engine: Engine,
  options: ServeOptions,
  handler: (client: Connection) => Promise<void> = greet,
): Promise<Behind> {
  const events: SocketEvent[] = [];
  const waiting = new Set<(event: SocketEvent) => void>();
  const onEvent = (event: SocketEvent): void => {
    events.push(event);
    for (const resolve of waiting) resolve(event);
  };
  const server = await serve({ engine, proxyProtocol: { trusted }, ...options, onEvent }, handler);
  t.after(() => server.close({ drainMs: 0 }));
  return {
    server,
    events,
    event: (type) =>
      new Promise((resolve) => {
        const found = events.find((event) => event.type === type);
        if (found !== undefined) resolve(found as never);
        waiting.add((event) => {
          if (event.type === type) resolve(event as never);
        });
      }),
    send: async (...chunks) => {
      const connection = await connect(server.address, { engine });
      t.after(() => connection.abort());
      for (const chunk of chunks) await connection.write(chunk);
      return connection;
    },
  };
}

async function greet(connection: Connection): Promise<void> {
  await connection.write(`hello ${String(connection.remote)}\n`);
  for await (const chunk of connection) await connection.write(chunk);
}

forEachEngine((createEngine) => {
  for (const version of [1, 2] as const) {
    test(`has the client of a header of version ${version} as remote, and the load balancer beside it`, async (t) => {
      let seen: Connection | undefined;
      const { event, send } = await behind(t, createEngine(), {}, async (connection) => {
        seen = connection;
        await greet(connection);
      });
      const balancer = await send(header({ version }));
      assert.equal(await balancer.readLine(), "hello 192.0.2.1:4711");
      assert.equal(seen?.proxyProtocol?.from?.toString(), balancer.local.toString());
      assert.equal(seen.proxyProtocol.destination?.toString(), "198.51.100.7:443");
      assert.equal(seen.proxyProtocol.version, version);
      const { remote } = await event("opened");
      assert.equal(remote?.toString(), "192.0.2.1:4711");
    });
  }

  test("delivers in order what follows the header in its chunk, and later", async (t) => {
    const { send } = await behind(t, createEngine(), {});
    const balancer = await send(Buffer.concat([header(), Buffer.from("first ")]), "second ");
    await balancer.write("third\n");
    assert.equal(await balancer.readLine(), "hello 192.0.2.1:4711");
    assert.equal(await balancer.readLine(), "first second third");
    await balancer.end();
    assert.equal(await balancer.readLine(), null);
  });

  test("F75: reads a header in single bytes", async (t) => {
    const { send } = await behind(t, createEngine(), {});
    const balancer = await send(...Array.from(header(), (byte) => Uint8Array.of(byte)), "x\n");
    assert.equal(await balancer.readLine(), "hello 192.0.2.1:4711");
    assert.equal(await balancer.readLine(), "x");
  });

  test("has the header in raw mode too", async (t) => {
    const engine = createEngine();
    const server = await serve(
      { engine, proxyProtocol: { trusted } },
      {
        bytes(connection: RawConnection, view) {
          connection.write(`${String(connection.remote)} ${connection.proxyProtocol?.authority ?? ""} `);
          connection.write(view);
        },
      },
    );
    t.after(() => server.close({ drainMs: 0 }));
    const balancer = await connect(server.address, { engine });
    await balancer.write(Buffer.concat([header({ authority: "a.b" }), Buffer.from("x\n")]));
    assert.equal(await balancer.readLine(), "192.0.2.1:4711 a.b x");
    await balancer.close();
  });

  test("counts the client, not the load balancer, towards the limits per source", async (t) => {
    const { server, event, send } = await behind(t, createEngine(), { connectionsPerSourceMax: 1 });
    const first = await send(header());
    assert.match((await first.readLine()) ?? "", /192\.0\.2\.1/);
    const second = await send(header({ source: other }));
    assert.match((await second.readLine()) ?? "", /192\.0\.2\.2/);
    await send(header());
    const { reason, remote } = await event("refused");
    assert.equal(reason, "source");
    assert.equal(remote?.toString(), "192.0.2.1:4711");
    await first.close();
    while (server.stats.connections > 1) await event("closed").then(async () => new Promise(setImmediate));
    assert.match((await (await send(header())).readLine()) ?? "", /192\.0\.2\.1/);
  });

  test("counts the client towards the rate, and compares it with allow and deny", async (t) => {
    const engine = createEngine();
    const rated = await behind(t, engine, { connectionsPerSourceRate: { connections: 1, perMs: 60_000 } });
    assert.match((await (await rated.send(header())).readLine()) ?? "", /192\.0\.2\.1/);
    assert.match((await (await rated.send(header({ source: other }))).readLine()) ?? "", /192\.0\.2\.2/);
    await rated.send(header());
    assert.equal((await rated.event("refused")).reason, "rate");

    const listed = await behind(t, engine, { allow: ["192.0.2.0/24"], deny: ["192.0.2.2"] });
    assert.match((await (await listed.send(header())).readLine()) ?? "", /192\.0\.2\.1/);
    await listed.send(header({ source: other }));
    const { reason, remote } = await listed.event("refused");
    assert.equal(reason, "address");
    assert.equal(remote?.toString(), "192.0.2.2:4712");
  });

  test("F74: resets an address that is not trusted, whatever it sends", async (t) => {
    const { server, event, send } = await behind(t, createEngine(), {
      proxyProtocol: { trusted: ["192.0.2.0/24"] },
    });
    // The reset may come before connecting has ended.
    const forger = await send(header()).catch((thrown: unknown) => thrown as NetError);
    const { error, remote } = await event("proxyHeaderFailed");
    assert.equal(error.code, "ERR_PROXY_HEADER_UNTRUSTED");
    assert.equal(error.stage, "handshake");
    assert.match(remote?.toString() ?? "", /^127\.0\.0\.1:\d+$/);
    const end = forger instanceof NetError ? forger.code : (await forger.closed).how;
    assert.match(end, /^(?:reset|ECONNRESET|EPIPE)$/);
    assert.deepEqual([server.stats.connectionsTotal, server.stats.refusedTotal], [0, 1]);
  });

  test("F74: serves it as a direct client if the option says that, its header being data", async (t) => {
    const proxyProtocol = { trusted: ["192.0.2.0/24"], untrusted: "accept" } as const;
    const { send } = await behind(t, createEngine(), { proxyProtocol });
    const direct = await send(header({ version: 1 }));
    assert.equal(await direct.readLine(), `hello ${direct.local.toString()}`);
    assert.equal(await direct.readLine(), "PROXY TCP4 192.0.2.1 198.51.100.7 4711 443");
  });

  test("F75: refuses a trusted sender without a header", async (t) => {
    const { server, event, send } = await behind(t, createEngine(), {});
    const plain = await send("GET / HTTP/1.1\r\n\r\n");
    const { error } = await event("proxyHeaderFailed");
    assert.equal(error.code, "ERR_PROXY_HEADER_INVALID");
    assert.match(error.message, /does not begin with a PROXY protocol header/);
    await plain.close();
    assert.equal(server.stats.connectionsTotal, 0);
  });

  test("F75: refuses a header that is cut off", async (t) => {
    const { event, send } = await behind(t, createEngine(), {});
    const cut = await send(header().subarray(0, 20));
    await cut.end();
    const { error } = await event("proxyHeaderFailed");
    assert.equal(error.code, "ERR_PROXY_HEADER_INVALID");
    assert.match(error.message, /closed inside the PROXY protocol header/);
    await cut.close();
  });

  test("takes a connection that ends without a byte for a health check", async (t) => {
    const { server, events, send } = await behind(t, createEngine(), {});
    const check = await send();
    await check.end();
    await check.close();
    assert.match((await (await send(header())).readLine()) ?? "", /192\.0\.2\.1/);
    assert.deepEqual([server.stats.connectionsTotal, server.stats.refusedTotal], [1, 0]);
    assert.deepEqual(
      events.map(({ type }) => type).filter((type) => /[fF]ail|refuse/.test(type)),
      [],
    );
  });

  for (const [name, bytes] of [
    ["LOCAL", header({ command: "local" })],
    ["UNKNOWN", encodeProxyHeader({ version: 1 })],
    ["UNSPEC", encodeProxyHeader({ version: 2 })],
  ] as const) {
    test(`ends a connection whose header is ${name} without an error or a client`, async (t) => {
      const engine = createEngine();
      const { server, events, send } = await behind(t, engine, { acceptMax: 1 });
      const check = await send(bytes, "ignored");
      assert.equal(await check.readLine(), null);
      await check.close();
      assert.match((await (await send(header())).readLine()) ?? "", /192\.0\.2\.1/);
      assert.deepEqual([server.stats.connectionsTotal, server.stats.refusedTotal], [1, 0]);
      assert.deepEqual(
        events.map(({ type }) => type).filter((type) => /[fF]ail|refuse/.test(type)),
        [],
      );
    });

    test(`serves it with the load balancer as remote if the option says that: ${name}`, async (t) => {
      const proxyProtocol = { trusted, withoutClient: "serve" } as const;
      const { send } = await behind(t, createEngine(), { proxyProtocol });
      const check = await send(bytes);
      assert.equal(await check.readLine(), `hello ${check.local.toString()}`);
    });
  }

  test("F75, proxyHeaderTimeoutMs: a header that is late is refused, however slowly it drips", async (t) => {
    const clock = new FakeClock();
    const engine = createEngine();
    const { server, event, send } = await behind(t, engine, { clock });
    const slow = await send(header().subarray(0, 20));
    await accepted(clock);
    clock.advance(limits.proxyHeaderTimeoutMs.value - 1);
    await slow.write(header().subarray(20, 27));
    clock.advance(1);
    const { error } = await event("proxyHeaderFailed");
    assert.equal(error.code, "ERR_PROXY_HEADER_TIMEOUT");
    assert.equal(error.option, "proxyProtocol.timeoutMs");
    await slow.close();
    assert.equal(server.stats.connectionsTotal, 0);
  });

  test("counts a connection whose header is awaited towards connectionsMax", async (t) => {
    const { event, send } = await behind(t, createEngine(), { connectionsMax: 1, refusal: "full\n" });
    const silent = await send();
    const second = await send();
    assert.equal(await second.readLine(), "full");
    assert.equal((await event("refused")).reason, "connections");
    await silent.write(header());
    assert.equal(await silent.readLine(), "hello 192.0.2.1:4711");
  });

  test("closes at once while a header is awaited", async (t) => {
    const { server, events, send } = await behind(t, createEngine(), {});
    const silent = await send(header().subarray(0, 5));
    const open = await send(header());
    assert.match((await open.readLine()) ?? "", /192\.0\.2\.1/);
    await open.close();
    await server.close({ drainMs: 10_000 });
    await silent.close();
    assert.deepEqual(
      events.filter(({ type }) => type === "proxyHeaderFailed"),
      [],
    );
  });
});

forEachSocketEngine((createEngine) => {
  test("trusts the clients of a Unix socket, without a list", async (t) => {
    const path = join(temporaryFolder(t), "socket");
    const { server, send } = await behind(t, createEngine(), { path, proxyProtocol: {} });
    assert.equal(server.address.family, "unix");
    const balancer = await send(header());
    assert.equal(await balancer.readLine(), "hello 192.0.2.1:4711");
  });
});

/** Resolves when the deadline of an accepted connection runs. */
async function accepted(clock: FakeClock): Promise<void> {
  while (clock.timers === 0) await new Promise(setImmediate);
}

describe("the option proxyProtocol of serve", () => {
  const wrong: readonly (readonly [options: unknown, message: RegExp])[] = [
    [{}, /^proxyProtocol.trusted: name the addresses/],
    [{ trusted: [] }, /^proxyProtocol.trusted: name the addresses/],
    [{ trusted: "10.0.0.0/8" }, /^proxyProtocol.trusted: .* is not a list/],
    [{ trusted: ["10.0.0.1/8"] }, /^proxyProtocol.trusted: .* write 10.0.0.0\/8/],
    [{ trusted, untrusted: "guess" }, /^proxyProtocol.untrusted: "guess" is none of refuse, accept/],
    [{ trusted, withoutClient: true }, /^proxyProtocol.withoutClient: true is none of ignore, serve/],
    [{ trusted, timeoutMs: 0 }, /^proxyProtocol.timeoutMs: 0 is not a number of milliseconds/],
  ];
  for (const [proxyProtocol, message] of wrong) {
    test(`is refused: ${JSON.stringify(proxyProtocol)}`, async () => {
      await assert.rejects(async () => serve({ proxyProtocol } as ServeOptions, () => undefined), {
        name: "TypeError",
        message,
      });
    });
  }
});
