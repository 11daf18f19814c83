/** Admission by address and by source: on real sockets, from addresses of the loopback network. */
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { describe, test, type TestContext } from "node:test";
import { connect, serve, type Connection, type ServeOptions, type SocketEvent } from "../../src/index.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";
import { turnsUntil } from "../support/turns.ts";

type Refused = Extract<SocketEvent, { type: "refused" }>;
type Options = ServeOptions<Uint8Array, Uint8Array>;

const noIpv6 =
  !Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1")) &&
  "this machine has no ::1";

/** A server that sends hello, and its refused clients. */
async function start(t: TestContext, options: Options) {
  const refused: Refused[] = [];
  const server = await serve(
    {
      port: 0,
      refusal: "busy",
      ...options,
      onEvent: (event) => {
        if (event.type === "refused") refused.push(event);
      },
    },
    async (client) => {
      await client.write("hello");
      while ((await client.read()) !== null);
    },
  );
  const clients: Connection[] = [];
  t.after(async () => {
    for (const client of clients) void client.abort();
    await server.close({ drainMs: 0 });
  });
  const { port } = server.address as { port: number };
  return {
    server,
    refused,
    /** What a client from an address receives: `hello`, the refusal, or the error code. */
    hear: async (from: string, to = "127.0.0.1"): Promise<string> => {
      try {
        const client = await connect(`${to}:${port}`, { localAddress: from });
        clients.push(client);
        return Buffer.from((await client.read()) ?? []).toString();
      } catch (error) {
        return (error as { code: string }).code;
      }
    },
    /** Closes the oldest open client, and waits until the server has noticed. */
    leave: async (): Promise<void> => {
      const before = server.stats.connections;
      await clients.shift()?.close();
      await turnsUntil(() => server.stats.connections < before);
    },
  };
}

const reasons = (refused: readonly Refused[]) => refused.map(({ reason, limit }) => [reason, limit]);

describe("allow and deny", () => {
  test("accept clients that allow lists and deny does not; others are reset without data, and reported", async (t) => {
    const { hear, refused, server } = await start(t, { allow: ["127.0.0.0/30", "::1"], deny: ["127.0.0.3"] });
    assert.equal(await hear("127.0.0.2"), "hello");
    assert.equal(await hear("127.0.0.3"), "ECONNRESET");
    assert.equal(await hear("127.0.0.4"), "ECONNRESET");
    assert.deepEqual(reasons(refused), [
      ["address", undefined],
      ["address", undefined],
    ]);
    assert.deepEqual(
      refused.map(({ remote }) => remote?.family === 4 && remote.host),
      ["127.0.0.3", "127.0.0.4"],
    );
    assert.equal(server.stats.refusedTotal, 2);
  });

  test("deny alone accepts all others; an empty allow accepts none", async (t) => {
    const open = await start(t, { deny: ["127.0.0.2"] });
    assert.equal(await open.hear("127.0.0.2"), "ECONNRESET");
    assert.equal(await open.hear("127.0.0.3"), "hello");
    const shut = await start(t, { allow: [] });
    assert.equal(await shut.hear("127.0.0.1"), "ECONNRESET");
  });

  test("F48: an IPv4 client of an IPv6 socket matches its IPv4 rule", { skip: noIpv6 }, async (t) => {
    const { hear } = await start(t, { host: "::", deny: ["127.0.0.2"], allow: ["127.0.0.0/8"] });
    assert.equal(await hear("127.0.0.2"), "ECONNRESET");
    assert.equal(await hear("127.0.0.3"), "hello");
    assert.equal(await hear("::1", "[::1]"), "ECONNRESET");
  });
});

describe("connectionsPerSourceMax", () => {
  test("F12: one address cannot use up all connections, and frees those that it closes", async (t) => {
    const { hear, leave, refused } = await start(t, { connectionsPerSourceMax: 2 });
    assert.equal(await hear("127.0.0.2"), "hello");
    assert.equal(await hear("127.0.0.2"), "hello");
    assert.equal(await hear("127.0.0.2"), "busy");
    assert.equal(await hear("127.0.0.3"), "hello");
    assert.deepEqual(reasons(refused), [["source", 2]]);
    await leave();
    assert.equal(await hear("127.0.0.2"), "hello");
    assert.equal(await hear("127.0.0.2"), "busy");
  });

  test("F12: counts waiting clients too", async (t) => {
    const { hear, refused, server } = await start(t, { connectionsPerSourceMax: 1, concurrency: 1 });
    server.pause();
    const waiting = hear("127.0.0.2");
    await turnsUntil(() => server.stats.waiting === 1 || server.stats.connections === 0);
    server.resume();
    assert.equal(await waiting, "hello");
    assert.deepEqual(refused, []);
  });
});

describe("connectionsPerSourceRate", () => {
  test("F12: one address can open no more than its rate, and may again when the time has passed", async (t) => {
    const clock = new FakeClock();
    const { hear, refused } = await start(t, {
      clock,
      connectionsPerSourceRate: { connections: 2, perMs: 10_000 },
    });
    assert.equal(await hear("127.0.0.2"), "hello");
    assert.equal(await hear("127.0.0.2"), "hello");
    assert.equal(await hear("127.0.0.2"), "busy");
    assert.equal(await hear("127.0.0.3"), "hello");
    assert.deepEqual(reasons(refused), [["rate", 2]]);
    clock.advance(5_000);
    assert.equal(await hear("127.0.0.2"), "hello");
    assert.equal(await hear("127.0.0.2"), "busy");
  });
});

const mistakes: readonly (readonly [options: unknown, message: string])[] = [
  [{ allow: "10.0.0.0/8" }, 'allow: "10.0.0.0/8" is not a list, as in ["10.0.0.0/8"]'],
  [{ allow: ["here"] }, 'allow: "here" is neither an IP address nor a block, as in 10.0.0.0/8'],
  [{ deny: [7] }, "deny: in the list: 7 is not a string"],
  [{ deny: ["10.0.0.1/8"] }, 'deny: "10.0.0.1/8" has bits behind its prefix: write 10.0.0.0/8'],
  [
    { connectionsPerSourceMax: 0 },
    "connectionsPerSourceMax: 0 is not a whole number of 1 or more, or Infinity",
  ],
  [
    { connectionsPerSourceRate: { connections: 0, perMs: 1 } },
    "connectionsPerSourceRate.connections: 0 is not a whole number of 1 or more",
  ],
  [
    { connectionsPerSourceRate: { connections: 1, perMs: 0 } },
    "connectionsPerSourceRate.perMs: 0 is not a number of milliseconds above 0",
  ],
  [
    { path: "/tmp/never", allow: ["::1"] },
    "allow: /tmp/never is a Unix socket, whose clients have no address; leave it out",
  ],
];
for (const [options, message] of mistakes) {
  test(`refuses ${JSON.stringify(options)}`, async () => {
    const serving = serve(options as Options, () => undefined);
    await assert.rejects(serving, { name: "TypeError", message });
  });
}
