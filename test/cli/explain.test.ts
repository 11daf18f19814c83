/**
 * `--explain` and `-v` report each stage, and each failure with its cause and its fix. Only words that matter are
 * checked; times and ports may be any.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { noNamespaces, inNamespace } from "../failures/support/namespace.ts";
import { cannotRun, notLinux, unless } from "../failures/support/needs.ts";
import { commandPath, portcall, start, type Child } from "../support/command.ts";
import {
  fullBacklogPort,
  passiveClient,
  passiveServer,
  portOf,
  receives,
  receivesEnd,
  refusingPort,
} from "./support/passive-peers.ts";
import { temporaryFolder } from "../support/folder.ts";

const folder = temporaryFolder();

/** Each pattern matches a line, in this order. */
function assertTells(text: string, patterns: readonly RegExp[]): void {
  const lines = text.split("\n");
  let line = 0;
  for (const pattern of patterns) {
    const found = lines.findIndex((one, index) => index >= line && pattern.test(one));
    assert.ok(found >= 0, `${String(pattern)} is missing, or in the wrong order:\n${text}`);
    line = found + 1;
  }
}

/** The child ends with this code, and has printed all of this. */
async function tells(child: Child, code: number, patterns: readonly RegExp[]): Promise<void> {
  assert.equal(await child.code(), code, child.stderr);
  assertTells(child.stderr, patterns);
  assert.doesNotMatch(child.stderr, /\w+TimeoutMs|drainMs/, "options are called what the command calls them");
}

function explain(t: TestContext, verb: "connect" | "listen" | "serve", ...words: string[]): Child {
  return portcall(t, [verb, "--explain", ...words]);
}

function behind(t: TestContext, prefix: readonly string[], ...words: string[]): Child {
  const [program = "", ...args] = [...prefix, process.execPath, commandPath, ...words];
  return start(t, program, args);
}

describe("--explain of a conversation", { concurrency: 3 }, () => {
  test("tells create, resolve, connect, send, receive and close, in this order", async (t) => {
    const server = await passiveServer(t);
    const accepted = server.accept();
    const child = explain(t, "connect", "-4", "localhost", String(server.port));
    const peer = await accepted;
    child.end("request\n");
    await receivesEnd(peer);
    peer.end("answer\n");
    await tells(child, 0, [
      /^create +a socket: one end of a connection/,
      /^resolve +localhost: a connection needs an address, so the name is looked up/,
      /^ +found 127\.0\.0\.1 in /,
      /^connect +127\.0\.0\.1:\d+: sending SYN, and waiting for the answer/,
      /^ +127\.0\.0\.1:\d+ answered in .* \(SYN-ACK\): connected\./,
      /^ +our end is 127\.0\.0\.1:\d+; the system chose that port, to which the peer sends its replies\./,
      /^send +the first 8 bytes/,
      /^send +FIN: nothing more will be sent/,
      /^receive +the first 7 bytes from the peer/,
      /^receive +the peer's FIN/,
      /^close +both sides have sent FIN \(our side first\)\. 7 bytes received,/,
      /^ +8 bytes sent/,
    ]);
    assert.equal(child.stdout, "answer\n");
  });

  test("tells a server's stages, with the number of the client", async (t) => {
    const child = explain(t, "serve", "echo", ":0", "--connections", "2");
    const port = await portOf(child);
    for (const text of ["one\n", "three\n"]) {
      const peer = await passiveClient(t, { host: "127.0.0.1", port });
      peer.end(text);
      await receivesEnd(peer);
    }
    await tells(child, 0, [
      /^create +a socket/,
      /^bind +127\.0\.0\.1:\d+ is now this socket's address/,
      /^ +It is a loopback address: only programs on this machine can connect/,
      /^listen +up to 1024 clients can wait in the system's queue \(the backlog\)/,
      /^\[1\] accept +127\.0\.0\.1:\d+ is taken from the queue/,
      /^\[1\] receive +the first 4 bytes/,
      /^\[1\] send +the first 4 bytes/,
      /^\[1\] close +both sides/,
      /^\[2\] accept/,
      /^\[2\] receive +the first 6 bytes/,
      /^\[2\] close/,
      /^close +the server is closed; clients served: 2/,
    ]);
  });

  for (const [address, words] of [
    ["0.0.0.0:0", /any host that can reach one can connect/],
    ["[::]:0", /any host that can reach one can connect/],
    ["127.0.0.1:0", /only programs on this machine can connect/],
    [`unix:${folder}/who.sock`, /Programs on this machine with permission for that file can connect/],
  ] as const) {
    test(`tells who can reach ${address.replace(folder, "…")}`, async (t) => {
      const child = explain(t, "listen", address);
      await child.printsOnStderr(words);
      child.kill("SIGINT");
      assert.equal(await child.code(), 130);
    });
  }

  test("tells a Unix socket's stages without words of TCP", async (t) => {
    const path = join(folder, "stages.sock");
    const server = await passiveServer(t, { path });
    const accepted = server.accept();
    const child = explain(t, "connect", "-U", path);
    child.end();
    (await accepted).end();
    await tells(child, 0, [
      /^connect +unix:.*: asking the system for the socket that listens at that path/,
      /^ +connected in /,
    ]);
    assert.doesNotMatch(child.stderr, /SYN|\bport\b/);
  });

  test("reports a reset by the peer, with cause and fix", async (t) => {
    const server = await passiveServer(t);
    const accepted = server.accept();
    const child = explain(t, "connect", "127.0.0.1", String(server.port));
    const peer = await accepted;
    peer.write("hello\n");
    await child.prints(/hello/);
    peer.resetAndDestroy();
    await tells(child, 15, [
      /^close +the peer reset the connection \(RST\)/,
      /reset by peer \(ECONNRESET\)/,
      /^cause +The peer reset the connection/,
      /^fix +Check the peer/,
    ]);
  });

  test("tells which deadline ended it, and that -w decides it", async (t) => {
    const server = await passiveServer(t);
    const child = explain(t, "connect", "-w", "2s", "127.0.0.1", String(server.port));
    await tells(child, 16, [
      /^close +we closed it: a timeout was reached/,
      /nothing was sent or received for 2000 ms \(-w\)/,
      /^fix +Raise -w/,
    ]);
  });
});

describe("--explain of a failure: cause and fix", { concurrency: 3 }, () => {
  test("refused", async (t) => {
    const child = explain(t, "connect", `127.0.0.1:${await refusingPort(t)}`);
    await tells(child, 11, [
      /^ +127\.0\.0\.1:\d+: refused \(ECONNREFUSED\) after /,
      /^failed +connect 127\.0\.0\.1:\d+: refused/,
      /^cause +The host answered that nothing listens on that port/,
      /^fix +Check the port, and that the server runs and listens on that address/,
    ]);
  });

  test("filtered: no answer", unless(notLinux), async (t) => {
    const child = explain(t, "connect", "-w", "300ms", `127.0.0.1:${await fullBacklogPort(t)}`);
    await tells(child, 12, [
      /^failed +connect 127\.0\.0\.1:\d+: no answer in 300 ms \(-w\)/,
      /^cause +No answer: a firewall drops the packets, the host is down, or the server's backlog is full/,
      /^fix +Check the address and the firewall\. Raise -w for a slow route/,
    ]);
  });

  test("wrong family: the server is on IPv4, and IPv6 was asked for", unless(noIpv6()), async (t) => {
    const child = explain(t, "connect", `[::1]:${await refusingPort(t)}`);
    await tells(child, 11, [
      /^fix/,
      /Only ::1 \(IPv6\) was tried\. If the server listens on 127\.0\.0\.1 \(IPv4\), try -4\./,
    ]);
  });

  test("wrong family: the server is on IPv6, and IPv4 was asked for", unless(noIpv6()), async (t) => {
    const { port } = await passiveServer(t, { host: "::1", port: 0 });
    const child = explain(t, "connect", "-4", `localhost:${port}`);
    await tells(child, 11, [
      /^fix/,
      /Only IPv4 was tried\. If the server listens on ::1 only, try \[::1\]\./,
    ]);
  });

  test("wrong family: the name has no address of it", unless(noNamespaces), async (t) => {
    const files = { "/etc/hosts": "10.0.0.1 four.example\n", "/etc/nsswitch.conf": "hosts: files\n" };
    const prefix = inNamespace({ files });
    const child = behind(t, prefix, "connect", "--explain", "-6", "four.example:80");
    await tells(child, 10, [
      /^failed +resolve four\.example: no such name, or it has no IPv6 address/,
      /^cause +The name does not exist, or has no address of the family asked for/,
      /^fix +.*the other family/,
    ]);
  });

  test("name unknown", async (t) => {
    const child = explain(t, "connect", "no-such-name.invalid:80");
    await tells(child, 10, [
      /^resolve +no-such-name\.invalid: a connection needs an address/,
      /^ +failed after /,
      /^failed +resolve no-such-name\.invalid: /,
      /^cause +(The name|No name server|The name server)/,
      /^fix +/,
    ]);
  });

  test("unreachable", unless(notLinux), async (t) => {
    await tells(explain(t, "connect", "224.0.0.1:80"), 13, [
      /^failed +connect 224\.0\.0\.1:80: no route to that network/,
      /^cause +This machine has no route to that network/,
      /^fix +Check the route and the address family/,
    ]);
  });

  test("the address to connect from is not ours", async (t) => {
    await tells(explain(t, "connect", "-s", "192.0.2.1", "127.0.0.1:80"), 18, [
      /^cause +The address to connect from is not one of this machine's/,
      /^fix +Choose an address that `ip address` shows, or leave out -s/,
    ]);
  });

  test("the port to connect from is taken", async (t) => {
    const [server, other] = [await passiveServer(t), await passiveServer(t)];
    await tells(explain(t, "connect", "-p", String(other.port), `127.0.0.1:${server.port}`), 18, [
      /^cause +The local port is in use/,
      /^fix +Leave out -p/,
      ...(process.platform === "linux"
        ? [new RegExp(`It is held by \\S+ \\(process ${process.pid}\\)`)]
        : []),
    ]);
  });

  test("there is no such Unix socket", async (t) => {
    await tells(explain(t, "connect", "-U", join(folder, "missing")), 11, [
      /^cause +There is no such Unix socket/,
      /^fix +Check the path/,
    ]);
  });

  for (const [verb, ...words] of [["listen"], ["serve", "echo"]] as const) {
    test(`${verb}: port taken, and by whom`, async (t) => {
      const { port } = await passiveServer(t);
      await tells(explain(t, verb, ...words, `127.0.0.1:${port}`), 18, [
        /^failed +bind 127\.0\.0\.1:\d+: address already in use/,
        /^cause +Another socket already has that address/,
        /^fix +Stop the other program, or listen on another port/,
        ...(process.platform === "linux"
          ? [new RegExp(`It is held by \\S+ \\(process ${process.pid}\\)`)]
          : []),
      ]);
    });

    test(`${verb}: address not ours`, async (t) => {
      await tells(explain(t, verb, ...words, "192.0.2.1:80"), 18, [
        /^cause +The address is not one of this machine's/,
        /^fix +Listen on an address that `ip address` lists, or on 0\.0\.0\.0 or ::/,
      ]);
    });

    test(`${verb}: needs privilege`, unless(notLinux, noPrivilege()), async (t) => {
      const prefix = process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--clear-groups"] : [];
      await tells(behind(t, prefix, verb, "--explain", ...words, "127.0.0.1:80"), 18, [
        /^cause +Ports below 1024 require privileges/,
        /^fix +Use a port of 1024 or higher/,
        /Ports below 1024 need a privilege\. Try port 8080/,
      ]);
    });

    test(`${verb}: the folder of a Unix socket is not there`, async (t) => {
      await tells(explain(t, verb, ...words, "-U", join(folder, "no/where.sock")), 18, [
        /^cause +The folder for the socket does not exist/,
        /The folder \S+\/no does not exist\.$/,
      ]);
    });
  }
});

function noIpv6(): string | undefined {
  return cannotRun(
    "this needs IPv6",
    process.execPath,
    "-e",
    `require("node:net").createServer().listen(0, "::1", () => process.exit())`,
  );
}

function noPrivilege(): string | undefined {
  if (Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8")) <= 80)
    return "no port is privileged here";
  if (process.getuid?.() !== 0) return undefined;
  return cannotRun(
    "this needs another user who can run node",
    "setpriv",
    "--reuid=65534",
    "--clear-groups",
    process.execPath,
    commandPath,
    "--version",
  );
}

describe("-v", { concurrency: 3 }, () => {
  test("says each stage of connect in a line", async (t) => {
    const server = await passiveServer(t);
    const accepted = server.accept();
    const child = portcall(t, ["connect", "-Nv", "-4", "localhost", String(server.port)]);
    child.end("hi\n");
    const peer = await accepted;
    await receivesEnd(peer);
    peer.end();
    await tells(child, 0, [
      /^resolve localhost: 127\.0\.0\.1 \(.* ms\)$/,
      /^connect 127\.0\.0\.1:\d+: connected \(.* ms\)$/,
      /^open 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+$/,
      /^send: our FIN$/,
      /^receive: the peer's FIN$/,
      /^close: fin by us, 0 bytes in, 3 bytes out, .*$/,
    ]);
    assert.equal(child.stderr.split("\n").length, 7);
  });

  test("says why it failed in the same line as without it, after the stages", async (t) => {
    const port = await refusingPort(t);
    await tells(portcall(t, ["connect", "-v", `127.0.0.1:${port}`]), 11, [
      /^connect 127\.0\.0\.1:\d+: ECONNREFUSED \(.* ms\)$/,
      /^portcall: connect 127\.0\.0\.1:\d+: refused \(ECONNREFUSED\)$/,
    ]);
  });

  for (const words of [
    ["serve", "echo", ":0", "--connections", "2"],
    ["listen", "--connections", "2", ":0"],
  ]) {
    test(`numbers the clients of ${words[0]}, and explains nothing twice`, async (t) => {
      const child = portcall(t, [...words, "-v"]);
      const port = await portOf(child);
      for (const number of [1, 2]) {
        const peer = await passiveClient(t, { host: "127.0.0.1", port });
        peer.end("hello\n");
        child.end();
        await receivesEnd(peer);
        await child.printsOnStderr(new RegExp(`^\\[${number}\\] close: `, "m"));
      }
      await tells(child, 0, [
        /^listen 127\.0\.0\.1:\d+, backlog 1024$/,
        /^\[1\] open 127\.0\.0\.1:\d+ to 127\.0\.0\.1:\d+$/,
        /^\[1\] receive: the peer's FIN$/,
        /^\[1\] close: fin by .*, 6 bytes in, \d bytes out, /,
        /^\[2\] open/,
        /^\[2\] close/,
        /^close: the server is closed, clients served: 2$/,
      ]);
      assert.doesNotMatch(child.stderr, /connected with|left:/);
    });
  }
});

describe("without -v", { concurrency: 2 }, () => {
  test("connect and listen print nothing that was not asked for", async (t) => {
    const path = join(folder, "quiet.sock");
    const listener = portcall(t, ["listen", "-U", path]);
    listener.end("from the listener\n");
    // There is no word to wait for, so the socket itself is asked.
    let probe = portcall(t, ["connect", "-U", path]);
    for (probe.end("from the client\n"); (await probe.code()) === 11; probe.end("from the client\n")) {
      probe = portcall(t, ["connect", "-U", path]);
    }
    assert.equal(await listener.code(), 0);
    assert.deepEqual([probe.stdout, probe.stderr], ["from the listener\n", ""]);
    assert.deepEqual([listener.stdout, listener.stderr], ["from the client\n", ""]);
  });

  test("serve reports where it listens, how to connect, each client and how it closed", async (t) => {
    const child = portcall(t, ["serve", "reply", ":0", "--connections", "1"]);
    const port = await portOf(child);
    const peer = await passiveClient(t, { host: "127.0.0.1", port });
    const { localPort } = peer;
    await receives(peer, 1);
    peer.end("hi\n");
    await receivesEnd(peer);
    await tells(child, 0, [
      new RegExp(`^listening on 127\\.0\\.0\\.1:${port} \\(reply\\); try: telnet 127\\.0\\.0\\.1 ${port}$`),
      new RegExp(`^connected with 127\\.0\\.0\\.1:${localPort}$`),
      new RegExp(`^127\\.0\\.0\\.1:${localPort} left: fin by the peer, 3 bytes in, 61 bytes out, `),
    ]);
    assert.equal(child.stdout, "");
  });
});
