/**
 * `portcall serve --exec`: a process for each client.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import type net from "node:net";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { notLinux, unless } from "../../../failures/support/needs.ts";
import { portcall, type Child, type StartOptions } from "../../../support/command.ts";
import { needs } from "../../../support/programs.ts";
import { passiveClient, portOf, receives, receivesEnd } from "../../support/passive-peers.ts";
import { memoryOf, standsStill } from "../../support/processes.ts";
import { temporaryFolder } from "../../../support/folder.ts";

interface Served {
  readonly server: Child;
  readonly dial: () => Promise<net.Socket>;
}

async function serving(t: TestContext, args: readonly string[], options?: StartOptions): Promise<Served> {
  const server = portcall(t, ["serve", ...args, ":0"], options);
  const port = await portOf(server);
  return { server, dial: () => passiveClient(t, { host: "127.0.0.1", port }) };
}

/** All bytes that a client receives after it sends this and FIN. */
async function talk({ dial }: Served, said: string | Uint8Array = ""): Promise<string> {
  const client = await dial();
  client.end(said);
  return (await receivesEnd(client)).toString();
}

describe("serve --exec", { skip: unless(notLinux).skip, concurrency: 2 }, () => {
  test("gives each client a process of its own, its stdin and stdout the connection", async (t) => {
    const served = await serving(t, ["--sh", "read line; echo $$ $line"]);
    const [first, second] = await Promise.all([talk(served, "one\n"), talk(served, "two\n")]);
    assert.match(first, /^\d+ one\n$/);
    assert.match(second, /^\d+ two\n$/);
    assert.notEqual(first.split(" ")[0], second.split(" ")[0]);
  });

  test("a client's FIN ends the program's stdin, and the program's later output still arrives", async (t) => {
    const served = await serving(t, ["--exec", "sort -r"]);
    assert.equal(await talk(served, "a\nc\nb\n"), "c\nb\na\n");
  });

  test("a program's end is FIN to the client, after all that it has printed", async (t) => {
    const { server, dial } = await serving(t, ["--sh", "seq 100000; exit 3", "-v"]);
    const client = await dial();
    // Our side is still open.
    const received = (await receivesEnd(client)).toString();
    assert.equal(received, Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join(""));
    await server.printsOnStderr(/^\[1\] program: exit 3$/m);
  });

  test("a program that ends its stdout goes on reading, and the client goes on sending", async (t) => {
    const { server, dial } = await serving(t, ["--sh", "echo hello; exec >&-; cat >&2"]);
    const client = await dial();
    assert.equal((await receivesEnd(client)).toString(), "hello\n");
    client.write("after your end\n");
    await server.printsOnStderr(/stderr: after your end\n/);
    client.end();
    await server.printsOnStderr(/left: fin by us/);
  });

  test("8 MiB go through a program byte for byte", async (t) => {
    const served = await serving(t, ["--exec", "cat"]);
    const bytes = Buffer.alloc(8_388_608, "0123456789abcdef\n\0\xff");
    const client = await served.dial();
    client.end(bytes);
    const sha = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
    assert.equal(sha(await receivesEnd(client)), sha(bytes));
    assert.doesNotMatch(served.server.stderr, /Warning/);
  });

  test("what a filter still holds when its shell has ended is delivered", needs("bash", "sed"), async (t) => {
    const served = await serving(t, [
      "--exec",
      "bash -c 'exec > >(sleep 0.3; sed s/^/filtered:/); echo text'",
    ]);
    assert.equal(await talk(served), "filtered:text\n");
  });

  test("stderr goes to our stderr: line by line, after the client's name, without control characters", async (t) => {
    const { server, dial } = await serving(t, ["--sh", String.raw`printf 'one\ntwo \033[31mred\nlast' >&2`]);
    const client = await dial();
    assert.equal((await receivesEnd(client)).length, 0);
    const name = `127.0.0.1:${client.localPort}`;
    await server.printsOnStderr(
      new RegExp(`^${name} stderr: one\n${name} stderr: two \\^\\[\\[31mred\n`, "m"),
    );
    await server.printsOnStderr(new RegExp(`^${name} stderr: last\n`, "m"));
  });

  test("-v reports the signal that ended a program", async (t) => {
    const served = await serving(t, ["--sh", "kill -9 $$", "-v"]);
    assert.equal(await talk(served), "");
    await served.server.printsOnStderr(/^\[1\] program: ended by SIGKILL$/m);
  });

  test("runs on a Unix socket", async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, "socket");
    const server = portcall(t, ["serve", "--exec", "tr a-z A-Z", "-U", path]);
    await server.printsOnStderr(/^listening on unix:/);
    const client = await passiveClient(t, { path });
    client.end("quiet");
    assert.equal((await receivesEnd(client)).toString(), "QUIET");
  });

  test("-w ends a client that is silent for that time, and its program", async (t) => {
    const { server, dial } = await serving(t, ["--exec", "cat", "-w", "100ms", "-v"]);
    const client = await dial();
    await receivesEnd(client);
    await server.printsOnStderr(/close: timeout by us/);
    await server.printsOnStderr(/program: (ended by SIGTERM|exit 0)/);
  });

  test("--connections 1 ends when its program has", async (t) => {
    const served = await serving(t, ["--exec", "cat", "--connections", "1"]);
    assert.equal(await talk(served, "once"), "once");
    assert.equal(await served.server.code(), 0);
  });

  describe("refuses before it listens", () => {
    for (const [args, exit, says] of [
      [["--exec", "no-such-program-here"], 3, /cannot run "no-such-program-here": no such program in PATH/],
      [["--exec", "/no/such/file"], 3, /cannot run "\/no\/such\/file": no such file \(ENOENT\)/],
      [["--exec", "/etc/passwd"], 3, /cannot run "\/etc\/passwd": no permission to run it \(EACCES\)/],
      [["--exec", "/etc"], 3, /cannot run "\/etc": it is not a file/],
      [["--exec", ""], 2, /--exec needs a program, as in --exec cat/],
      [["--exec", "''"], 2, /--exec needs a program, as in --exec cat/],
      [["--sh", " "], 2, /--sh needs a line for the shell/],
      [["--exec", "cat", "--sh", "cat"], 2, /--exec and --sh exclude each other/],
      [["--exec", "cat", "echo"], 2, /--exec already says what to serve: leave out echo/],
      [["--sh", "cat", "./x.js"], 2, /--sh already says what to serve: leave out \.\/x\.js/],
      [["--exec", "cat", "--frame", "lines"], 2, /--frame is for services; --exec takes none/],
      [["--allow-remote"], 2, /--allow-remote has an effect only with --exec or --sh/],
    ] as const) {
      test(args.join(" ") || "nothing", async (t) => {
        const child = portcall(t, ["serve", ...args]);
        assert.equal(await child.code(), exit);
        assert.match(child.stderr, new RegExp(`^portcall serve: ${says.source}\n$`));
      });
    }
  });

  test("F98: a program that no longer exists affects one client only, and both sides get a message", async (t) => {
    const folder = temporaryFolder(t);
    const script = join(folder, "script");
    const write = (): void => {
      writeFileSync(script, "#!/bin/sh\necho here\n");
    };
    write();
    chmodSync(script, 0o755);
    const served = await serving(t, ["--exec", script]);
    rmSync(script);
    assert.equal(await talk(served), "The program cannot be run. Try again later.\n");
    await served.server.printsOnStderr(/: cannot run \S+script: spawn .* ENOENT$/m);
    write();
    assert.equal(await talk(served), "The program cannot be run. Try again later.\n");
    await served.server.printsOnStderr(/: cannot run \S+script: spawn .* EACCES$/m);
    chmodSync(script, 0o755);
    assert.equal(await talk(served), "here\n");
  });

  test("F98: a program that reads nothing makes the client wait, and its end lets it go", async (t) => {
    const { dial } = await serving(t, ["--sh", "echo ready; sleep 0.5"]);
    const client = await dial();
    await receives(client, 6);
    // More than the kernel's buffers and ours hold: some of it has to stay here.
    const flood = Buffer.alloc(67_108_864);
    client.on("error", () => undefined);
    client.write(flood);
    await receivesEnd(client).catch(() => undefined);
    assert.ok(client.writableLength > 0, "all of it was read");
  });

  test("F98: a program that floods a client who does not read is made to wait", async (t) => {
    const { server, dial } = await serving(t, ["--sh", "yes & echo $! >&2; wait"]);
    const client = await dial();
    const [, yes = ""] = await server.printsOnStderr(/stderr: (\d+)\n/);
    await receives(client, 1_000_000);
    client.pause();
    // Nothing is read any more, so `yes` must block in its write.
    await standsStill(Number(yes));
    const memoryBytes = memoryOf(server.process.pid as number);
    assert.ok(memoryBytes < 250_000_000, `${memoryBytes} bytes are in use`);
  });

  test("F98: a program that closes its stdin receives no more, and can still send", async (t) => {
    const { dial } = await serving(t, ["--sh", "exec <&-; sleep 0.2; echo still here"]);
    const client = await dial();
    client.write(Buffer.alloc(1_000_000));
    assert.equal((await receivesEnd(client)).toString(), "still here\n");
  });
});
