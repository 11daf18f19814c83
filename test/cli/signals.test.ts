/**
 * F104: the first signal asks to finish, the second ends at once.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { describe, test, type TestContext } from "node:test";
import { unless } from "../failures/support/needs.ts";
import { portcall, type Child } from "../support/command.ts";
import {
  handClient,
  handServer,
  noTerminal,
  portcallOnTerminal,
  portOf,
  receives,
  receivesEnd,
} from "./support/by-hand.ts";

interface Served {
  readonly child: Child;
  readonly port: number;
  /** Clients that have each had an echo. */
  readonly clients: readonly net.Socket[];
}

async function serving(t: TestContext, clients: number, ...options: string[]): Promise<Served> {
  const child = portcall(t, ["serve", "echo", ":0", ...options]);
  const port = await portOf(child);
  const sockets: net.Socket[] = [];
  for (let number = 1; number <= clients; number++) {
    const socket = await handClient(t, { host: "127.0.0.1", port });
    socket.write("hello\n");
    await receives(socket, 6);
    sockets.push(socket);
  }
  return { child, port, clients: sockets };
}

/** Why nobody can connect there. */
async function refusal(port: number): Promise<string | undefined> {
  const socket = net.connect(port, "127.0.0.1");
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  return error.code;
}

describe("F104: serve", { concurrency: 3 }, () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`${signal} once: no new clients, those who are here are served until they leave, then 0`, async (t) => {
      const { child, port, clients } = await serving(t, 100);
      child.kill(signal);
      await child.says(/stopping: 100 connected, waiting for them to leave; Ctrl-C again ends at once\n/);
      assert.equal(await refusal(port), "ECONNREFUSED");
      for (const client of clients) {
        client.end("still there?\n");
        assert.equal((await receivesEnd(client)).toString(), "hello\nstill there?\n");
      }
      assert.equal(await child.code(), 0);
      assert.equal(child.stderr.match(/left: fin by the peer/g)?.length, 100);
    });

    test(`${signal} twice: the clients are cut at once, and the exit is 130`, async (t) => {
      const { child, clients } = await serving(t, 100);
      child.kill(signal);
      await child.says(/stopping: 100 connected/);
      child.kill(signal);
      assert.equal(await child.code(), 130);
      for (const client of clients) await receivesEnd(client).catch(() => undefined);
    });
  }

  test("SIGINT when nobody is there ends at once, without a word", async (t) => {
    const { child } = await serving(t, 0);
    child.kill("SIGINT");
    assert.equal(await child.code(), 0);
    assert.match(child.stderr, /^listening on [^\n]*\n$/);
  });

  test("a client that stays longer than --drain is cut, and told of", async (t) => {
    const { child, clients } = await serving(t, 1, "--drain", "200ms");
    child.kill("SIGINT");
    await assert.rejects(receivesEnd(clients[0] as net.Socket), { code: "ECONNRESET" });
    assert.equal(await child.code(), 0);
    assert.match(
      child.stderr,
      /left: aborted by us \(close .*: not finished 200 ms after the server began to close \(--drain\)\)/,
    );
  });

  test("clients that wait for their turn are let go at the first signal", async (t) => {
    const { child, port, clients } = await serving(t, 1, "--concurrency", "1");
    const waiting = await handClient(t, { host: "127.0.0.1", port });
    waiting.write("my turn?\n");
    child.kill("SIGINT");
    await child.says(/stopping: 1 connected/);
    await assert.rejects(receivesEnd(waiting), { code: "ECONNRESET" });
    (clients[0] as net.Socket).end();
    assert.equal(await child.code(), 0);
  });

  test("Ctrl-C typed on a terminal counts as one, and again as two", unless(noTerminal), async (t) => {
    const child = portcallOnTerminal(t, "012", ["serve", "echo", ":0"]);
    const [, port = ""] = await child.prints(/listening on \S*:(\d+)/);
    const client = await handClient(t, { host: "127.0.0.1", port: Number(port) });
    client.write("hello\n");
    await receives(client, 6);
    await child.write("\x03");
    await child.prints(/stopping: 1 connected/);
    await child.write("\x03");
    assert.equal(await child.code(), 130);
  });
});

describe("F104: listen", { concurrency: 3 }, () => {
  test("SIGINT once with many clients: FIN to each, what they still say is shown, then 130", async (t) => {
    const child = portcall(t, ["listen", "-k", ":0"]);
    const port = await portOf(child);
    const clients = [
      await handClient(t, { host: "127.0.0.1", port }),
      await handClient(t, { host: "127.0.0.1", port }),
    ];
    await child.says(/\[2\] connected/);
    child.kill("SIGINT");
    await child.says(/stopping: 2 connected, waiting for them to leave; Ctrl-C again ends at once/);
    for (const [index, client] of clients.entries()) {
      assert.equal((await receivesEnd(client)).length, 0);
      client.end(`goodbye from ${index + 1}\n`);
    }
    assert.equal(await child.code(), 130);
    assert.deepEqual(child.stdout.split("\n").toSorted(), ["", "[1] goodbye from 1", "[2] goodbye from 2"]);
  });

  test("SIGINT twice with many clients ends at once with 130", async (t) => {
    const child = portcall(t, ["listen", "-k", ":0"]);
    await handClient(t, { host: "127.0.0.1", port: await portOf(child) });
    await child.says(/\[1\] connected/);
    child.kill("SIGINT");
    await child.says(/stopping: 1 connected/);
    child.kill("SIGINT");
    assert.equal(await child.code(), 130);
  });
});

test("F104: connect ends at the first SIGINT with 130, and the peer sees a reset and no end", async (t) => {
  const server = await handServer(t);
  const accepted = server.accept();
  const child = portcall(t, ["connect", "127.0.0.1", String(server.port)]);
  const peer = await accepted;
  peer.write("hello\n");
  await child.prints(/hello/);
  child.kill("SIGINT");
  assert.equal(await child.code(), 130);
  await assert.rejects(receivesEnd(peer), { code: "ECONNRESET" });
});
