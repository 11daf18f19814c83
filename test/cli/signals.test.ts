/**
 * F104: the first signal asks to finish, the second ends at once.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import type net from "node:net";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { unless } from "../failures/support/needs.ts";
import { commandPath, portcall, type Child } from "../support/command.ts";
import {
  passiveClient,
  passiveServer,
  noTerminal,
  portcallOnTerminal,
  portOf,
  receives,
  receivesEnd,
  refusal,
} from "./support/passive-peers.ts";
import { temporaryFolder } from "../support/folder.ts";

const notPosix = process.platform === "win32" ? "signals here are those of POSIX" : undefined;

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
    const socket = await passiveClient(t, { host: "127.0.0.1", port });
    socket.write("hello\n");
    await receives(socket, 6);
    sockets.push(socket);
  }
  return { child, port, clients: sockets };
}

describe("F104: serve", { concurrency: 3 }, () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`${signal} once: accepts no new clients, serves the connected ones until they close, then exits with 0`, async (t) => {
      const { child, port, clients } = await serving(t, 100);
      child.kill(signal);
      await child.printsOnStderr(
        signal === "SIGINT"
          ? /stopping: 100 connected, waiting for them to leave; Ctrl-C again ends at once\n/
          : /stopping: 100 connected, waiting for them to leave; a second SIGTERM ends at once\n/,
      );
      assert.equal(await refusal(port), "ECONNREFUSED");
      for (const client of clients) {
        client.end("still there?\n");
        assert.equal((await receivesEnd(client)).toString(), "hello\nstill there?\n");
      }
      assert.equal(await child.code(), 0);
      assert.equal(child.stderr.match(/left: fin by the peer/g)?.length, 100);
    });

    test(`${signal} twice: resets the clients at once, and the process dies of the signal`, async (t) => {
      const { child, clients } = await serving(t, 100);
      child.kill(signal);
      await child.printsOnStderr(/stopping: 100 connected/);
      child.kill(signal);
      assert.deepEqual(await child.exited, { code: null, signal });
      for (const client of clients) await receivesEnd(client).catch(() => undefined);
    });
  }

  test("SIGINT without clients ends at once, with no message", async (t) => {
    const { child } = await serving(t, 0);
    child.kill("SIGINT");
    assert.equal(await child.code(), 0);
    assert.match(child.stderr, /^listening on [^\n]*\n$/);
  });

  for (const [signal, others] of [
    ["SIGINT", []],
    ["SIGTERM", []],
    ["SIGTERM", ["--connections", "1"]],
    ["SIGTERM", ["--connections", "3", "-v"]],
  ] as const) {
    const options = ["--drain", "200ms", ...others];
    test(`a client that stays longer than --drain is reset, and the process dies of ${signal} (${options.join(" ")})`, async (t) => {
      const { child, clients } = await serving(t, 1, ...options);
      child.kill(signal);
      await assert.rejects(receivesEnd(clients[0] as net.Socket), { code: "ECONNRESET" });
      assert.deepEqual(await child.exited, { code: null, signal });
      assert.match(child.stderr, /not finished 200 ms after the server began to close \(--drain\)/);
    });
  }

  test("one aborted client decides the exit, though another one has finished", async (t) => {
    const { child, clients } = await serving(t, 2, "--drain", "1s");
    const [stays, leaves] = clients as [net.Socket, net.Socket];
    const cut = assert.rejects(receivesEnd(stays), { code: "ECONNRESET" });
    child.kill("SIGTERM");
    await child.printsOnStderr(/stopping: 2 connected/);
    leaves.end("done\n");
    assert.equal((await receivesEnd(leaves)).toString(), "hello\ndone\n");
    await cut;
    assert.deepEqual(await child.exited, { code: null, signal: "SIGTERM" });
  });

  test("clients that wait for a handler are closed at the first signal", async (t) => {
    const { child, port, clients } = await serving(t, 1, "--concurrency", "1");
    const waiting = await passiveClient(t, { host: "127.0.0.1", port });
    waiting.write("my turn?\n");
    child.kill("SIGINT");
    await child.printsOnStderr(/stopping: 1 connected/);
    await assert.rejects(receivesEnd(waiting), { code: "ECONNRESET" });
    (clients[0] as net.Socket).end();
    assert.equal(await child.code(), 0);
  });

  test("Ctrl-C typed on a terminal counts as one, and again as two", unless(noTerminal), async (t) => {
    const child = portcallOnTerminal(t, "012", ["serve", "echo", ":0"]);
    const [, port = ""] = await child.prints(/listening on \S*:(\d+)/);
    const client = await passiveClient(t, { host: "127.0.0.1", port: Number(port) });
    client.write("hello\n");
    await receives(client, 6);
    await child.write("\x03");
    await child.prints(/stopping: 1 connected/);
    await child.write("\x03");
    assert.equal(await child.code(), 130);
  });
});

describe("F104: listen", { concurrency: 3 }, () => {
  test("SIGINT once with many clients: FIN to each, their remaining data is shown, then 130", async (t) => {
    const child = portcall(t, ["listen", "-k", ":0"]);
    const port = await portOf(child);
    const clients = [
      await passiveClient(t, { host: "127.0.0.1", port }),
      await passiveClient(t, { host: "127.0.0.1", port }),
    ];
    await child.printsOnStderr(/\[2\] connected/);
    child.kill("SIGINT");
    await child.printsOnStderr(/stopping: 2 connected, waiting for them to leave; Ctrl-C again ends at once/);
    for (const [index, client] of clients.entries()) {
      assert.equal((await receivesEnd(client)).length, 0);
      client.end(`goodbye from ${index + 1}\n`);
    }
    assert.equal(await child.code(), 130);
    assert.deepEqual(child.stdout.split("\n").toSorted(), ["", "[1] goodbye from 1", "[2] goodbye from 2"]);
  });

  test("SIGINT twice with many clients ends at once with 130", async (t) => {
    const child = portcall(t, ["listen", "-k", ":0"]);
    await passiveClient(t, { host: "127.0.0.1", port: await portOf(child) });
    await child.printsOnStderr(/\[1\] connected/);
    child.kill("SIGINT");
    await child.printsOnStderr(/stopping: 1 connected/);
    child.kill("SIGINT");
    assert.equal(await child.code(), 130);
  });
});

test("F104: connect ends at the first SIGINT with 130, and the peer sees a reset and no end", async (t) => {
  const server = await passiveServer(t);
  const accepted = server.accept();
  const child = portcall(t, ["connect", "127.0.0.1", String(server.port)]);
  const peer = await accepted;
  peer.write("hello\n");
  await child.prints(/hello/);
  child.kill("SIGINT");
  assert.equal(await child.code(), 130);
  await assert.rejects(receivesEnd(peer), { code: "ECONNRESET" });
});

describe("F104: a command that a signal ends dies of that signal", { concurrency: 3 }, () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1"] as const) {
    for (const verb of ["connect", "nc"]) {
      test(`${verb}: ${signal}`, unless(notPosix), async (t) => {
        const server = await passiveServer(t);
        const accepted = server.accept();
        const child = portcall(t, [verb, "127.0.0.1", String(server.port)]);
        (await accepted).write("hello\n");
        await child.prints(/hello/);
        child.kill(signal);
        assert.deepEqual(await child.exited, { code: null, signal });
        assert.equal(child.stderr, "");
      });
    }
  }

  test("listen: SIGINT without a client", unless(notPosix), async (t) => {
    const child = portcall(t, ["listen", ":0"]);
    await portOf(child);
    child.kill("SIGINT");
    assert.deepEqual(await child.exited, { code: null, signal: "SIGINT" });
  });

  test("connect -z --wait: SIGINT and SIGTERM", unless(notPosix), async (t) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const child = portcall(t, ["connect", "-vz", "--wait", "30s", "127.0.0.1:1"]);
      await child.printsOnStderr(/retry in/);
      child.kill(signal);
      assert.deepEqual(await child.exited, { code: null, signal });
    }
  });

  test("the reader of stdout has gone: SIGPIPE", unless(notPosix), async (t) => {
    const child = portcall(t, ["help", "exit-codes"], { stdio: ["ignore", "pipe", "pipe"] });
    child.process.stdout?.destroy();
    assert.deepEqual(await child.exited, { code: null, signal: "SIGPIPE" });
  });

  test(
    "serve: the second SIGTERM; the first one, without clients, ends normally",
    unless(notPosix),
    async (t) => {
      const { child, clients } = await serving(t, 1);
      child.kill("SIGTERM");
      await child.printsOnStderr(/stopping: 1 connected/);
      child.kill("SIGTERM");
      assert.deepEqual(await child.exited, { code: null, signal: "SIGTERM" });
      for (const client of clients) await receivesEnd(client).catch(() => undefined);

      const idle = (await serving(t, 0)).child;
      idle.kill("SIGTERM");
      assert.deepEqual(await idle.exited, { code: 0, signal: null });
    },
  );

  test("Ctrl-C ends a loop of the shell", unless(notPosix), async (t) => {
    const command = `for i in 1 2 3; do echo round $i; "$0" "$1" connect -z --wait 30s 127.0.0.1 1; done`;
    // A process group of its own stands for the job of a terminal.
    const shell = spawn("bash", ["-c", command, process.execPath, commandPath], { detached: true });
    t.after(() => shell.kill("SIGKILL"));
    let printed = "";
    shell.stdout.on("data", (chunk) => (printed += String(chunk)));
    await once(shell.stdout, "data");
    process.kill(-(shell.pid as number), "SIGINT");
    const [code, signal] = (await once(shell, "close")) as [number | null, string | null];
    assert.deepEqual({ code, signal, printed }, { code: null, signal: "SIGINT", printed: "round 1\n" });
  });
});

describe(
  "F101: a signal that ends serve or listen leaves no file of its Unix socket",
  { concurrency: 3 },
  () => {
    for (const engine of ["auto", "portable"]) {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) {
        test(`${engine}: ${signal}, twice while a client stays`, unless(notPosix), async (t) => {
          const folder = temporaryFolder(t);
          const path = join(folder, "a.sock");
          const child = portcall(t, ["serve", "echo", "--engine", engine, `unix:${path}`]);
          await child.printsOnStderr(/^listening on /);
          const client = await passiveClient(t, { path });
          client.write("hello\n");
          await receives(client, 6);
          child.kill(signal);
          if (signal === "SIGINT" || signal === "SIGTERM") {
            await child.printsOnStderr(/stopping: 1 connected/);
            child.kill(signal);
          }
          assert.deepEqual(await child.exited, { code: null, signal });
          assert.ok(!existsSync(path));
          await receivesEnd(client).catch(() => undefined);
        });
      }
    }
  },
);

test("SIGUSR1 opens no debugger", unless(notPosix), async (t) => {
  const child = portcall(t, ["serve", "echo", ":0"]);
  await portOf(child);
  child.kill("SIGUSR1");
  assert.deepEqual(await child.exited, { code: null, signal: "SIGUSR1" });
  assert.doesNotMatch(child.stderr, /Debugger|9229/);
});
