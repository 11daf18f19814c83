/** `connect` with a PROXY protocol header: the first bytes, on every engine, directly and through proxies. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { ByteQueue } from "../../../src/base/byte-queue.ts";
import {
  connect,
  formatAddress,
  proxyHeaderDecoder,
  serve,
  type Connection,
  type ConnectOptions,
  type ProxyHeader,
} from "../../../src/index.ts";
import type { Engine } from "../../../src/engine.ts";
import { forEachEngine } from "../../support/engines.ts";

interface Received {
  readonly header: ProxyHeader;
  readonly rest: string;
}

/** A server that reads a header and then everything else. */
async function receiver(
  t: TestContext,
  engine: Engine,
): Promise<[address: string, received: Promise<Received>]> {
  const server = await serve({ engine });
  t.after(() => server.close({ drainMs: 0 }));
  return [formatAddress(server.address), firstOf(server, readHeader)];
}

/** Runs `use` on the first client. */
async function firstOf<Result>(
  server: AsyncIterable<Connection>,
  use: (client: Connection) => Promise<Result>,
): Promise<Result> {
  for await (const client of server) return use(client);
  return assert.fail("no client came");
}

async function readHeader(client: Connection): Promise<Received> {
  const queue = new ByteQueue();
  const decoder = proxyHeaderDecoder();
  let header: ProxyHeader | undefined;
  for await (const chunk of client) {
    queue.push(new Uint8Array(chunk));
    header ??= decoder.decode(queue);
  }
  assert.ok(header !== undefined);
  return { header, rest: Buffer.from(queue.takeAll()).toString() };
}

forEachEngine((createEngine) => {
  for (const version of [1, 2] as const) {
    test(`sends the ends of the connection first, in version ${version}`, async (t) => {
      const engine = createEngine();
      const [address, received] = await receiver(t, engine);
      const connection = await connect(address, { engine, proxyProtocol: { version } });
      await connection.write("after");
      await connection.end();
      const { header, rest } = await received;
      assert.equal(rest, "after");
      assert.equal(header.version, version);
      assert.deepEqual(header.source, connection.local);
      assert.deepEqual(header.destination, connection.remote);
      await connection.close();
    });
  }

  test("sends what the option says instead", async (t) => {
    const engine = createEngine();
    const [address, received] = await receiver(t, engine);
    const source = { family: 4, host: "192.0.2.1", port: 7 } as const;
    const destination = { family: 6, host: "2001:db8::1", port: 8 } as const;
    const tlvs = [{ type: 0xe0, value: Uint8Array.of(1) }];
    const proxyProtocol = {
      version: 2,
      source,
      destination,
      authority: "a.b",
      tlvs,
      checksum: true,
    } as const;
    const connection = await connect(address, { engine, proxyProtocol });
    await connection.end();
    const { header } = await received;
    assert.equal(header.source?.toString(), "192.0.2.1:7");
    assert.equal(header.destination?.toString(), "[2001:db8::1]:8");
    assert.equal(header.authority, "a.b");
    assert.deepEqual(header.tlvs, tlvs);
    await connection.close();
  });

  test("receives what the server sent before it read the header", async (t) => {
    const engine = createEngine();
    const server = await serve({ engine }, async (client) => {
      await client.write("welcome");
      for await (const _ of client);
    });
    t.after(() => server.close({ drainMs: 0 }));
    const connection = await connect(server.address, { engine, proxyProtocol: { version: 2, local: true } });
    assert.equal(Buffer.from((await connection.readExactly(7)) ?? []).toString(), "welcome");
    await connection.close();
  });

  test("sends it after the answer of a proxy", async (t) => {
    const engine = createEngine();
    const lines: string[] = [];
    const proxy = await serve({ engine });
    const received = firstOf(proxy, async (client) => {
      for (let line = await client.readLine(); line !== ""; line = await client.readLine())
        lines.push(line ?? "");
      await client.write("HTTP/1.1 200 OK\r\n\r\n");
      return readHeader(client);
    });
    t.after(() => proxy.close({ drainMs: 0 }));
    const options = {
      engine,
      proxy: `http://${formatAddress(proxy.address)}`,
      proxyProtocol: { version: 1 } as const,
    };
    const connection = await connect("target.example:80", options);
    await connection.write("after");
    await connection.end();
    const { header, rest } = await received;
    assert.equal(lines[0], "CONNECT target.example:80 HTTP/1.1");
    assert.equal(rest, "after");
    assert.deepEqual(header.source, connection.local);
    await connection.close();
  });
});

describe("the option proxyProtocol of connect", () => {
  const wrong: readonly (readonly [options: unknown, message: RegExp])[] = [
    [{}, /version: undefined is not 1 or 2/],
    [{ version: 3 }, /proxyProtocol.version: 3 is not 1 or 2/],
    [{ version: 2, local: 1 }, /proxyProtocol.local: 1 is neither/],
    [{ version: 2, source: "192.0.2.1:1" }, /proxyProtocol.source: .* is not an address/],
    [
      { version: 2, source: { family: 4, host: "localhost", port: 1 } },
      /proxyProtocol.source: .* is not an address/,
    ],
    [{ version: 1, alpn: "h2" }, /version 1 has addresses only/],
    [{ version: 2, tlv: [] }, /there is no option "tlv"; did you mean t/],
  ];
  for (const [proxyProtocol, message] of wrong) {
    test(`is refused before anything connects: ${JSON.stringify(proxyProtocol)}`, async () => {
      await assert.rejects(
        async () => connect("127.0.0.1:1", { proxyProtocol } as ConnectOptions<Uint8Array, Uint8Array>),
        {
          name: "TypeError",
          message,
        },
      );
    });
  }
});
