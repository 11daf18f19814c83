/** Where `connect` and `connectUdp` go: text, the objects that `serve` takes, and the address of a server. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { inspect } from "node:util";
import { bindUdp, connect, connectUdp, serve, type Destination } from "../../src/index.ts";
import { forEachEngine } from "../support/engines.ts";
import { temporaryFolder } from "../support/folder.ts";

function folderFor(t: TestContext): string {
  const folder = temporaryFolder(t);
  return folder;
}

const nothing = { bytes: () => undefined };

forEachEngine((createEngine) => {
  test("connect takes a host and a port, a port, and the address of a server", async () => {
    const engine = createEngine();
    await using server = await serve({ engine, host: "127.0.0.1", port: 0 }, nothing);
    const { host, port } = server.address;
    for (const target of [{ host, port }, { port }, server.address, { scheme: "tcp", host, port } as const]) {
      await using client = await connect(target, { engine });
      assert.deepEqual(client.remote, server.address);
    }
  });

  test("connect takes the path of a Unix socket, and the address of a server there", async (t) => {
    const engine = createEngine();
    const path = join(folderFor(t), "socket");
    await using server = await serve({ engine, path }, nothing);
    for (const target of [{ path }, server.address, { scheme: "unix", path } as const]) {
      await using client = await connect(target, { engine });
      assert.equal(client.remote?.family, "unix");
    }
  });

  test("connectUdp takes a host and a port, a port, and the address of a socket", async () => {
    const engine = createEngine();
    await using socket = await bindUdp({ engine });
    const { host, port } = socket.address;
    for (const target of [{ host, port }, { port }, socket.address]) {
      await using client = await connectUdp(target, { engine });
      assert.deepEqual(client.remote, socket.address);
    }
  });

  test("an address prints as text, and is plain data to JSON and to spreading", async () => {
    const engine = createEngine();
    await using server = await serve({ engine, host: "127.0.0.1", port: 0 }, nothing);
    await using client = await connect(server.address, { engine });
    const port = server.address.port;
    const printed = `127.0.0.1:${port}`;
    for (const address of [server.address, client.remote]) {
      assert.equal(String(address), printed);
      assert.equal(inspect(address), printed);
      assert.equal(inspect({ address }), `{ address: ${printed} }`);
      assert.equal(JSON.stringify(address), JSON.stringify({ family: 4, host: "127.0.0.1", port }));
      assert.deepEqual({ ...address }, { family: 4, host: "127.0.0.1", port });
    }
    await using socket = await bindUdp({ engine });
    assert.equal(String(socket.address), `127.0.0.1:${socket.address.port}`);
  });

  test("the address of a Unix socket prints as text too", async (t) => {
    const engine = createEngine();
    const path = join(folderFor(t), "socket");
    await using server = await serve({ engine, path }, nothing);
    assert.equal(inspect(server.address), `unix:${path}`);
    assert.equal(JSON.stringify(server.address), JSON.stringify({ family: "unix", path }));
  });
});

describe("a destination that cannot be", () => {
  const cases: readonly (readonly [target: unknown, message: RegExp])[] = [
    [{ host: "localhost" }, /^target: .* is neither text/],
    [{ port: "80" }, /^target: .* is neither text/],
    [{ port: 65_536 }, /^port "65536" is not a number from 1 to 65535/],
    [{ port: 1.5 }, /^port "1\.5" is not/],
    [{ host: "a b", port: 80 }, /^host "a b" holds/],
    [{ path: "/run/x", port: 80 }, /^target: path: "\/run\/x" is a Unix socket; leave out host and port$/],
    [{ path: "" }, /^path "" is empty/],
    [
      { host: "localhost", port: 80, codec: {} },
      /^target: there is no property "codec"; options are the second/,
    ],
    [null, /^target: null is neither text/],
  ];
  for (const [target, message] of cases) {
    test(inspect(target), async () => {
      await assert.rejects(connect(target as Destination), { name: "TypeError", message });
    });
  }
});
