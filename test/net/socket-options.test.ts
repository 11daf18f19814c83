/** Socket options, read back from the kernel; and options that an engine does not support. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { createMemoryEngine, whyNoEpoll } from "../../src/engine.ts";
import { connect, limits, serve, type Connection, type ConnectionOptions } from "../../src/index.ts";
import { kernelOptions, type KernelOptions } from "../support/kernel-options.ts";
import { noPython } from "../support/python.ts";

const noKernelToAsk = process.platform === "linux" ? noPython : "only Linux tells of sockets in /proc";
const noEpoll = whyNoEpoll() ?? false;

/** The kernel's values for both ends of a connection with these options. */
async function bothEnds(
  t: TestContext,
  options: ConnectionOptions,
): Promise<readonly [client: KernelOptions, server: KernelOptions]> {
  let met: (client: Connection) => void;
  const accepted = new Promise<Connection>((resolve) => (met = resolve));
  const server = await serve({ ...options, port: 0 }, async (client) => {
    met(client);
    await client.closed;
  });
  t.after(() => server.close({ drainMs: 0 }));
  const client = await connect(`127.0.0.1:${server.address.port}`, options);
  const there = await accepted;
  return [kernelOptions(client.local, client.remote), kernelOptions(there.local, there.remote)];
}

describe("sockets", { skip: noKernelToAsk }, () => {
  for (const engine of ["portable", "epoll"] as const) {
    const skip = engine === "epoll" && noEpoll;

    test(`send at once and ask whether the peer lives, on the ${engine} engine`, { skip }, async (t) => {
      for (const end of await bothEnds(t, { engine })) {
        const { noDelay, keepAlive, keepAliveS, keepAliveIntervalS, keepAliveProbes, userTimeoutMs } = end;
        assert.deepEqual(
          { noDelay, keepAlive, keepAliveS, keepAliveIntervalS, keepAliveProbes, userTimeoutMs },
          {
            noDelay: 1,
            keepAlive: 1,
            keepAliveS: limits.keepAliveMs.value / 1000,
            keepAliveIntervalS: 1,
            keepAliveProbes: 10,
            userTimeoutMs: 0,
          },
        );
      }
    });

    test(`ask after whole seconds of idle time, rounded up, on the ${engine} engine`, { skip }, async (t) => {
      for (const [keepAliveMs, keepAliveS] of [
        [1, 1],
        [400, 1],
        [1_500, 2],
        [32_767_000, 32_767],
      ]) {
        for (const end of await bothEnds(t, { engine, keepAliveMs })) {
          assert.deepEqual([end.keepAlive, end.keepAliveS], [1, keepAliveS]);
        }
      }
      for (const end of await bothEnds(t, { engine, keepAliveMs: Infinity })) assert.equal(end.keepAlive, 0);
    });

    test(`do neither if told so, on the ${engine} engine`, { skip }, async (t) => {
      for (const end of await bothEnds(t, { engine, noDelay: false, keepAliveMs: 0 })) {
        assert.deepEqual([end.noDelay, end.keepAlive], [0, 0]);
      }
    });
  }

  test(
    "have what is asked for on both ends: a server's options are those of each client",
    { skip: noEpoll },
    async (t) => {
      const options = {
        engine: "epoll",
        noDelay: false,
        keepAliveMs: 20_000,
        keepAliveIntervalMs: 2_500,
        keepAliveProbes: 4,
        userTimeoutMs: 12_345,
        receiveBufferBytes: 30_000,
        sendBufferBytes: 40_000,
      } as const;
      for (const end of await bothEnds(t, options)) {
        assert.deepEqual(end, {
          noDelay: 0,
          keepAlive: 1,
          keepAliveS: 20,
          // Whole seconds, rounded up.
          keepAliveIntervalS: 3,
          keepAliveProbes: 4,
          userTimeoutMs: 12_345,
          // The kernel doubles it.
          receiveBufferBytes: 60_000,
          sendBufferBytes: 80_000,
        });
      }
    },
  );
});

const extras = {
  keepAliveIntervalMs: 1000,
  keepAliveProbes: 3,
  userTimeoutMs: 1000,
  receiveBufferBytes: 65_536,
  sendBufferBytes: 65_536,
} as const;

describe("an option that the engine does not have", () => {
  for (const [name, value] of Object.entries(extras)) {
    const message = `${name}: the portable engine has no such option; the native engines have, on Linux`;

    test(`is refused by its name: ${name}`, async () => {
      const options = { engine: "portable", [name]: value } as const;
      await assert.rejects(connect("127.0.0.1:1", options), { name: "TypeError", message });
      await assert.rejects(
        serve(options, () => undefined),
        { name: "TypeError", message },
      );
    });
  }

  test("is refused by its name: reusePort and fd", async () => {
    const engine = createMemoryEngine();
    await assert.rejects(
      serve({ engine: "portable", reusePort: true }, () => undefined),
      {
        name: "TypeError",
        message: "reusePort: the portable engine has no such option; the native engines have, on Linux",
      },
    );
    await assert.rejects(
      serve({ engine, fd: 3 }, () => undefined),
      {
        name: "TypeError",
        message: "fd: the memory engine has no such option",
      },
    );
  });

  test("can be set in memory, where no kernel heeds it: so a test can run what sets it", async () => {
    const engine = createMemoryEngine();
    await using server = await serve({ engine, port: 80, ...extras }, { bytes: () => undefined });
    await using client = await connect("127.0.0.1:80", { engine, ...extras });
    assert.equal(client.tcpInfo(), undefined);
    assert.equal(server.addresses.length, 1);
  });
});

describe("what cannot be is a TypeError", () => {
  const engine = createMemoryEngine();
  const outside = "is not a whole number from 1 to";
  const cases: readonly (readonly [options: ConnectionOptions, message: string])[] = [
    [{ keepAliveProbes: 128 }, `keepAliveProbes: 128 ${outside} 127`],
    [{ keepAliveProbes: 1.5 }, `keepAliveProbes: 1.5 ${outside} 127`],
    [{ keepAliveIntervalMs: 0 }, `keepAliveIntervalMs: 0 ${outside} 32767000`],
    [{ userTimeoutMs: Infinity }, `userTimeoutMs: Infinity ${outside} 2147483647`],
    [{ receiveBufferBytes: -1 }, `receiveBufferBytes: -1 ${outside} 1073741823`],
    [{ sendBufferBytes: NaN }, `sendBufferBytes: NaN ${outside} 1073741823`],
    [
      { keepAliveMs: 0, keepAliveProbes: 3 },
      "keepAliveProbes: keep-alive is off (keepAliveMs: 0); leave it out",
    ],
  ];
  for (const [options, message] of cases) {
    test(message, async () => {
      await assert.rejects(connect("127.0.0.1:80", { engine, ...options }), { name: "TypeError", message });
    });
  }

  test("an option of TCP for a Unix socket", async () => {
    const message = (where: string): string =>
      `userTimeoutMs: ${where} is a Unix socket, and this is for TCP; leave it out`;
    const options = { engine, userTimeoutMs: 1000 };
    await assert.rejects(connect("unix:/tmp/portcall", options), { message: message("unix:/tmp/portcall") });
    await assert.rejects(
      serve({ ...options, path: "/tmp/portcall" }, () => undefined),
      {
        message: message("/tmp/portcall"),
      },
    );
  });

  test("a shared port for a Unix socket", { skip: noEpoll }, async () => {
    await assert.rejects(
      serve({ engine: "epoll", path: "@portcall", reusePort: true }, () => undefined),
      {
        name: "TypeError",
        message: "reusePort: @portcall is a Unix socket, and has no port; leave it out",
      },
    );
  });
});
