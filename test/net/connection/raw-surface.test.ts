/** What a raw handler gets: the public surface of a connection, and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { connect, NetError, serve, type CloseInfo, type RawConnection } from "../../../src/index.ts";
import { forEachEngine } from "../../support/engines.ts";

const surface = [
  ...[
    "id",
    "local",
    "remote",
    "data",
    "proxyProtocol",
    "pendingBytes",
    "writable",
    "bytesReceived",
    "bytesSent",
    "closeInfo",
    "tcpInfo",
    "write",
    "pause",
  ],
  ...["resume", "limitRate", "unref", "ref", "end", "close", "abort"],
];

function membersOf(object: object): string[] {
  const members = new Set<string>();
  for (
    let at: object | null = object;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    for (const name of Reflect.ownKeys(at)) members.add(String(name));
  }
  members.delete("constructor");
  return [...members].toSorted();
}

function promised<Value>(): { readonly promise: Promise<Value>; readonly resolve: (value: Value) => void } {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((done) => (resolve = done));
  return { promise, resolve };
}

forEachEngine((createEngine) => {
  test("every callback gets the same object, with the public members alone", async () => {
    const engine = createEngine();
    const seen = new Set<RawConnection>();
    const closed = promised<CloseInfo>();
    await using server = await serve(
      { engine, port: 0 },
      {
        opened: (connection) => void seen.add(connection),
        bytes(connection, view) {
          seen.add(connection);
          connection.data = view.length;
        },
        ended(connection) {
          seen.add(connection);
          connection.close();
        },
        closed(connection, closeInfo) {
          seen.add(connection);
          assert.equal(connection.data, 5);
          closed.resolve(closeInfo);
        },
      },
    );
    await using client = await connect(server.address, { engine });
    await client.write("hello");
    await client.end();
    const closeInfo = await closed.promise;
    assert.deepEqual([closeInfo.how, closeInfo.bytesReceived], ["fin", 5]);
    assert.equal(seen.size, 1);
    const [connection] = seen;
    assert.deepEqual(membersOf(connection as RawConnection), surface.toSorted());
    const enumerated: string[] = [];
    for (const name in connection) enumerated.push(name);
    assert.deepEqual(enumerated, ["data"]);
    assert.match(inspect(connection, { depth: Infinity }), /^\w+ \{ data: 5 \}$/);
  });

  test("a write after end() throws ERR_CLOSED, and every byte before it arrives", async () => {
    const engine = createEngine();
    const thrown = promised<unknown>();
    const closed = promised<CloseInfo>();
    await using server = await serve(
      { engine, port: 0 },
      {
        opened(connection) {
          connection.write("all of it");
          connection.end();
          try {
            connection.write("too late");
            thrown.resolve(undefined);
          } catch (error) {
            thrown.resolve(error);
          }
        },
        bytes: () => undefined,
        closed: (_, closeInfo) => closed.resolve(closeInfo),
      },
    );
    await using client = await connect(server.address, { engine });
    assert.equal(Buffer.from((await client.readExactly(9)) ?? []).toString(), "all of it");
    const error = await thrown.promise;
    assert.ok(error instanceof NetError);
    assert.equal(error.code, "ERR_CLOSED");
    await client.close();
    const { bytesSent, bytesUnsent } = await closed.promise;
    assert.deepEqual([bytesSent, bytesUnsent], [9, 0]);
  });
});
