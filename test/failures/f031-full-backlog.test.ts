/** F31: the backlog of a Unix socket is full. A connect waits for room, as with a TCP server. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Engine } from "../../src/engine.ts";
import { connect, type Connection } from "../../src/index.ts";
import { forEachSocketEngine } from "../support/engines.ts";
import { notLinux, unless, noPython } from "./support/needs.ts";
import { start, type Child } from "../support/command.ts";
import { temporaryFolder } from "../support/folder.ts";

const folder = temporaryFolder();

let count = 0;

/** Listens with a backlog of 0, so that one client can wait; accepts one for each line of its stdin. */
const program = `
import socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(0)
print("ready", flush=True)
kept = []
for line in sys.stdin:
    kept.append(server.accept()[0])
    print("accepted", flush=True)
`;

interface Full {
  readonly server: Child;
  readonly target: string;
}

async function fullServer(t: TestContext, engine: Engine): Promise<Full> {
  const path = join(folder, `${count++}.sock`);
  const server = start(t, "python3", ["-c", program, path]);
  await server.prints(/ready/);
  const target = `unix:${path}`;
  const waits = await connect(target, { engine });
  t.after(() => {
    void waits.abort();
  });
  return { server, target };
}

forEachSocketEngine((createEngine) => {
  test(
    "F31: connect waits while the backlog is full, and succeeds when there is room",
    unless(notLinux, noPython),
    async (t) => {
      const engine = createEngine();
      const { server, target } = await fullServer(t, engine);
      const connecting = connect(target, { engine });
      let connection: Connection | undefined;
      void connecting.then((one) => (connection = one));
      await assert.rejects(connect(target, { engine, connectTimeoutMs: 60 }), {
        code: "ERR_CONNECT_TIMEOUT",
        message: `connect ${target}: its backlog was full for 60 ms (connectTimeoutMs)`,
      });
      assert.equal(connection, undefined, "there was no room for the first either");
      await server.write("accept\n");
      void (await connecting).abort();
    },
  );

  test("F31: a signal ends the wait for room in the backlog", unless(notLinux, noPython), async (t) => {
    const engine = createEngine();
    const { target } = await fullServer(t, engine);
    const giveUp = new AbortController();
    const connecting = connect(target, { engine, signal: giveUp.signal });
    setImmediate(() => {
      giveUp.abort();
    });
    await assert.rejects(connecting, { code: "ERR_ABORTED" });
  });
});
