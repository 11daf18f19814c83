/** F94 to F100: programs of `serve --exec` that resist attacks by their clients and by their own children. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type net from "node:net";
import { describe, test, type TestContext } from "node:test";
import { passiveClient, portOf, receives, receivesEnd } from "../cli/support/passive-peers.ts";
import { childrenOf, haveEnded, isRunning } from "../cli/support/processes.ts";
import { commandPath, portcall, start, type Child, type StartOptions } from "../support/command.ts";
import { socketEngines } from "../support/native-engines.ts";
import { notLinux, unless } from "./support/needs.ts";

interface Served {
  readonly server: Child;
  readonly dial: () => Promise<net.Socket>;
}

async function serving(t: TestContext, args: readonly string[], options?: StartOptions): Promise<Served> {
  const server = portcall(t, ["serve", ...args], options);
  const port = await portOf(server);
  return { server, dial: () => passiveClient(t, { host: "127.0.0.1", port }) };
}

/** A client that has received the ids of its program's processes. */
async function hearIds(dial: Served["dial"]): Promise<{ client: net.Socket; ids: readonly number[] }> {
  const client = await dial();
  let text = "";
  client.on("data", (chunk: Buffer) => (text += chunk.toString()));
  client.resume();
  while (!text.includes("\n")) await once(client, "data");
  return { client, ids: text.trim().split(" ").map(Number) };
}

/** A shell, two children and a grandchild, some of which ignore SIGTERM. */
const family = `
  trap "" TERM
  sleep 1000 & one=$!
  (trap - TERM; sleep 1000 & echo $! >&3; wait) 3>/tmp/portcall-family.$$ & two=$!
  until [ -s /tmp/portcall-family.$$ ]; do sleep 0.01; done
  read three < /tmp/portcall-family.$$; rm /tmp/portcall-family.$$
  echo $$ $one $two $three
  wait
`;

describe("serve --exec", { skip: unless(notLinux).skip, concurrency: 3 }, () => {
  test("F94: client data and addresses are never executed", async (t) => {
    const { dial } = await serving(t, [
      "--sh",
      'read -r line; printf "%s|%s" "$line" "$PORTCALL_REMOTE_ADDRESS"',
      ":0",
    ]);
    for (const said of [
      "$(id)",
      "`id`",
      "; id",
      "&& id",
      "| id",
      "-f root",
      "\\$(id)",
      "' ; id '",
      '" ; id "',
    ]) {
      const client = await dial();
      client.end(`${said}\n`);
      assert.equal((await receivesEnd(client)).toString(), `${said}|127.0.0.1`);
    }
  });

  test("F95: when the client is cut off, its program's whole family ends", async (t) => {
    const { server, dial } = await serving(t, ["--sh", family, ":0", "-v"]);
    const { client, ids } = await hearIds(dial);
    assert.equal(ids.length, 4);
    assert.ok(ids.every(isRunning));
    client.resetAndDestroy();
    await server.printsOnStderr(/^\[1\] program: ended by SIGKILL$/m);
    await haveEnded(ids);
    assert.deepEqual(childrenOf(server.process.pid as number), []);
  });

  test("F95: processes that a program leaves behind are ended too, and delay no client", async (t) => {
    const { server, dial } = await serving(t, ["--sh", "sleep 1000 & echo $!", ":0", "-v"]);
    const { client, ids } = await hearIds(dial);
    await once(client, "end");
    await server.printsOnStderr(/^\[1\] program: exit 0$/m);
    await haveEnded(ids);
  });

  test("F95: at the end of the drain the programs are ended, and the exit is that of the signal", async (t) => {
    const { server, dial } = await serving(t, ["--sh", family, ":0", "--drain", "300ms"]);
    const { ids } = await hearIds(dial);
    server.kill("SIGINT");
    assert.equal(await server.code(), 130);
    await haveEnded(ids);
  });

  test("F95: during the drain a program goes on until its client is done", async (t) => {
    const { server, dial } = await serving(t, ["--exec", "cat", ":0"]);
    const client = await dial();
    client.write("before\n");
    await receives(client, 7);
    server.kill("SIGINT");
    await server.printsOnStderr(/stopping: 1 connected/);
    client.end("after\n");
    assert.equal((await receivesEnd(client)).toString(), "before\nafter\n");
    assert.equal(await server.code(), 0);
  });

  test("F95: a second Ctrl-C ends the programs together with serve", async (t) => {
    const { server, dial } = await serving(t, ["--sh", family, ":0"]);
    const { ids } = await hearIds(dial);
    server.kill("SIGINT");
    await server.printsOnStderr(/stopping: 1 connected/);
    server.kill("SIGINT");
    assert.equal(await server.code(), 130);
    await haveEnded(ids);
  });

  for (const signal of ["SIGHUP", "SIGQUIT"] as const) {
    test(`F95: ${signal} ends the programs together with serve`, async (t) => {
      // Without the core file that SIGQUIT writes.
      const line = ["-c", 'ulimit -c 0; exec "$@"', "sh", process.execPath, commandPath];
      const server = start(t, "sh", [...line, "serve", "--sh", family, ":0"]);
      const port = await portOf(server);
      const { ids } = await hearIds(() => passiveClient(t, { host: "127.0.0.1", port }));
      server.kill(signal);
      assert.equal((await server.exited).signal, signal);
      await haveEnded(ids);
    });
  }

  test("F96: a program receives only path variables of our environment", async (t) => {
    const env = { SECRET_TOKEN: "hunter2", AWS_SECRET_ACCESS_KEY: "x", NODE_OPTIONS: "", LC_ALL: "C" };
    const { dial } = await serving(t, ["--exec", "env", ":0"], { env });
    const client = await dial();
    const lines = (await receivesEnd(client)).toString().trimEnd().split("\n");
    const names = lines.map((line) => line.split("=")[0] ?? "");
    const known = /^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TZ|LANG|LANGUAGE|LC_\w+|PORTCALL_\w+)$/;
    assert.deepEqual(
      names.filter((name) => !known.test(name)),
      [],
    );
    assert.ok(lines.includes("LC_ALL=C"));
    assert.ok(lines.includes("PORTCALL_REMOTE_ADDRESS=127.0.0.1"));
    assert.ok(lines.includes(`PORTCALL_REMOTE_PORT=${client.localPort}`));
    assert.ok(lines.includes("PORTCALL_CONNECTION=1"));
  });

  test("F97: a program holds no socket but its own three streams", async (t) => {
    const { dial } = await serving(t, ["--sh", "echo ready; read _; ls -l /proc/self/fd", ":0"]);
    const clients = await Promise.all([dial(), dial(), dial()]);
    for (const client of clients) await receives(client, 6);
    for (const client of clients) {
      client.write("\n");
      const shown = (await receivesEnd(client)).toString();
      assert.deepEqual(
        [...shown.matchAll(/ (\d+) -> socket:/g)].map(([, descriptor]) => descriptor),
        ["0", "1", "2"],
      );
    }
  });

  test("F99: no more programs than --concurrency, those included that are about to end", async (t) => {
    const { server, dial } = await serving(t, [
      ...["--sh", 'trap "" TERM; echo up; while :; do sleep 0.1; done', ":0"],
      ...["--concurrency", "1", "-v"],
    ]);
    const first = await dial();
    await receives(first, 3);
    first.resetAndDestroy();
    const second = await dial();
    await receives(second, 3);
    assert.match(
      server.stderr,
      /^\[1\] program: ended by SIGKILL$/m,
      "the second began before the first had ended",
    );
    // It ignores SIGTERM, so it would survive the server that the test kills.
    second.resetAndDestroy();
    await server.printsOnStderr(/^\[2\] program: ended by SIGKILL$/m);
  });

  test("F99: of many clients at once each is served, a few at a time", async (t) => {
    const { dial } = await serving(t, ["--sh", "echo up; cat", ":0", "--concurrency", "3"]);
    const clients = await Promise.all(Array.from({ length: 9 }, dial));
    let up = 0;
    let upMax = 0;
    await Promise.all(
      clients.map(async (client) => {
        await receives(client, 3);
        upMax = Math.max(upMax, ++up);
        client.once("end", () => up--);
        client.end("x");
        assert.equal((await receivesEnd(client)).toString(), "up\nx");
      }),
    );
    assert.ok(upMax <= 3, `${upMax} were served at once`);
  });

  for (const endpoint of ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0"]) {
    test(`F100: no remote client is accepted by default: ${endpoint}`, async (t) => {
      const child = portcall(t, ["serve", "--exec", "cat", endpoint]);
      assert.equal(await child.code(), 2);
      assert.match(
        child.stderr,
        /^portcall serve: any client that reaches \S+ could use cat; .*--allow-remote\n$/,
      );
    });
  }

  test("F100: --allow-remote accepts all clients, and says what that means", async (t) => {
    const child = portcall(t, ["serve", "--exec", "cat", "0.0.0.0:0", "--allow-remote"]);
    await child.printsOnStderr(/^warning: any client that reaches this address can use cat, as \w+$/m);
  });

  for (const endpoint of ["127.0.0.1:0", "localhost:0", ":0"]) {
    test(`F100: ${endpoint} is this machine`, async (t) => {
      const child = portcall(t, ["serve", "--exec", "cat", endpoint]);
      await child.printsOnStderr(/^listening on/);
      assert.doesNotMatch(child.stderr, /warning/);
    });
  }

  for (const { name: engine, whyNot } of socketEngines) {
    test(
      `F95: fifty clients cut at random moments leave no process behind, on ${engine}`,
      { skip: whyNot },
      async (t) => {
        const { server, dial } = await serving(t, [
          "--sh",
          "sleep 1000 & echo $$ $!; cat; wait",
          ...[":0", "--engine", engine, "--drain", "200ms"],
        ]);
        const ids: number[] = [];
        await Promise.all(
          Array.from({ length: 50 }, async (_, number) => {
            // Some before their program has started, some while it starts, some while it runs.
            if (number % 3 === 0) {
              (await dial()).resetAndDestroy();
              return;
            }
            const { client, ids: own } = await hearIds(dial);
            ids.push(...own);
            if (number % 3 === 1) client.resetAndDestroy();
            else client.end("x");
          }),
        );
        server.kill("SIGINT");
        // The programs of the last third go on until the drain aborts them.
        assert.equal(await server.code(), 130);
        assert.equal(ids.length, 2 * 33);
        await haveEnded(ids);
      },
    );
  }
});
