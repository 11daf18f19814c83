/**
 * The two directions of a connection: what `connect` and `listen` do at the end of each.
 *
 * The cells are those of "14 complaints about 11 implementations of netcat": in either role, while one direction is
 * quiet, is full (8 MiB in transit and unread) or has ended, bytes and the end of stream still pass in the other. The
 * pipes are real: their reader sees no end before the descriptor is closed.
 */
import assert from "node:assert/strict";
import { openSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import type net from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { commandPath, portcall, start } from "../support/command.ts";
import { unless } from "../failures/support/needs.ts";
import {
  passiveClient,
  passiveServer,
  noTerminal,
  portcallOnTerminal,
  portOf,
  receives,
  receivesEnd,
} from "./support/passive-peers.ts";
import { startConversation, type Conversation } from "./support/conversation.ts";
import { temporaryFolder } from "../support/folder.ts";

const notPosix = process.platform === "win32" && "pipes here are those of POSIX";

/** More than all buffers on the path can hold, so that it stays in transit until it is read. */
const much = Buffer.alloc(8_388_608, "much ");
const MiB = 1_048_576;

/** One direction through the command, from one side to the other. */
interface Direction {
  readonly name: string;
  readonly into: (talk: Conversation) => net.Socket;
  readonly outOf: (talk: Conversation) => net.Socket;
}

const sending: Direction = { name: "stdin to peer", into: (on) => on.stdin, outOf: (on) => on.peer };
const receiving: Direction = { name: "peer to stdout", into: (on) => on.peer, outOf: (on) => on.stdout };

/** What the other direction is at, and how it is then brought to its end; resolves to all that came out of it. */
const states: Readonly<
  Record<string, (on: Conversation, other: Direction) => Promise<() => Promise<Buffer>>>
> = {
  quiet: (on, other) =>
    Promise.resolve(() => {
      other.into(on).end();
      return receivesEnd(other.outOf(on));
    }),
  filled: (on, other) => {
    const into = other.into(on);
    into.end(much);
    return Promise.resolve(() => {
      assert.ok(into.writableLength > MiB, "the other direction was blocked all the time");
      return receivesEnd(other.outOf(on));
    });
  },
  done: async (on, other) => {
    other.into(on).end();
    const came = await receivesEnd(other.outOf(on));
    return () => Promise.resolve(came);
  },
};

for (const role of ["connect", "listen"] as const) {
  describe(`${role}: neither direction waits for the other`, { skip: notPosix, concurrency: 3 }, () => {
    for (const [direction, other] of [
      [sending, receiving],
      [receiving, sending],
    ] as const) {
      for (const [state, bring] of Object.entries(states)) {
        test(`bytes pass from ${direction.name} while the other direction is ${state}`, async (t) => {
          const on = await startConversation(t, role);
          const finish = await bring(on, other);
          direction.into(on).write(much.subarray(0, MiB));
          await receives(direction.outOf(on), MiB);
          direction.into(on).end(much.subarray(MiB));
          const [came, others] = await Promise.all([receivesEnd(direction.outOf(on)), finish()]);
          assert.ok(came.equals(much), "every byte came out");
          assert.ok(
            others.equals(state === "filled" ? much : Buffer.alloc(0)),
            "and of the other direction too",
          );
          assert.equal(await on.child.code(), 0);
        });

        test(`the end passes from ${direction.name} while the other direction is ${state}`, async (t) => {
          const on = await startConversation(t, role);
          const finish = await bring(on, other);
          direction.into(on).end("the rest");
          assert.equal((await receivesEnd(direction.outOf(on))).toString(), "the rest");
          const others = await finish();
          assert.equal(others.length, state === "filled" ? much.length : 0);
          assert.equal(await on.child.code(), 0);
        });
      }
    }
  });
}

describe("the end of stdin", { skip: notPosix, concurrency: 3 }, () => {
  for (const role of ["connect", "listen"] as const) {
    test(`F20: ${role} sends FIN at the end of stdin, and prints the answer that comes after`, async (t) => {
      const { child, stdin, stdout, peer } = await startConversation(t, role);
      stdin.end("request\n");
      // A server that sends nothing until it has received FIN.
      assert.equal((await receivesEnd(peer)).toString(), "request\n");
      let expected = 0;
      for (const part of ["an answer ", "in several ", "parts\n"]) {
        peer.write(part);
        await receives(stdout, (expected += part.length));
      }
      peer.end();
      assert.equal((await receivesEnd(stdout)).toString(), "an answer in several parts\n");
      assert.equal(await child.code(), 0);
    });

    test(`F20: ${role} still sends 3 MB after the peer's FIN`, async (t) => {
      const { child, stdin, stdout, peer } = await startConversation(t, role);
      peer.end("hello\n");
      assert.equal((await receivesEnd(stdout)).toString(), "hello\n");
      stdin.end(much.subarray(0, 3_000_000));
      assert.equal((await receivesEnd(peer)).length, 3_000_000);
      assert.equal(await child.code(), 0);
    });

    test(`F26: ${role} ends only when 3 MiB are through a pipe whose reader is slow`, async (t) => {
      const { child, stdin, stdout, peer } = await startConversation(t, role);
      stdin.end();
      await receivesEnd(peer);
      peer.end(much.subarray(0, 3 * MiB));
      // Everything has left the peer, and nothing was read: a command that is finished with the socket would end now.
      await once(peer, "close");
      let came = 0;
      for (let chunk = await firstOf(stdout); chunk !== null; chunk = await firstOf(stdout))
        came += chunk.length;
      assert.equal(came, 3 * MiB);
      assert.equal(await child.code(), 0);
    });
  }

  test("connect ends when both sides have, in either order", async (t) => {
    const { child, stdin, peer } = await startConversation(t, "connect");
    peer.end();
    stdin.end();
    assert.equal(await child.code(), 0);
    assert.equal(child.stderr, "");
  });
});

/** The next bytes of a stream, a little at a time; `null` at its end. */
async function firstOf(stream: net.Socket): Promise<Buffer | null> {
  for (;;) {
    const chunk = (stream.read(16_384) ?? stream.read()) as Buffer | null;
    if (chunk !== null || stream.readableEnded) return chunk;
    await Promise.race([once(stream, "readable"), once(stream, "end")]);
  }
}

describe("data before the end", { skip: notPosix, concurrency: 3 }, () => {
  test("F19: connect prints data before a reset, and then reports the reset", async (t) => {
    const { child, stdout, peer } = await startConversation(t, "connect");
    peer.write("first words\n");
    await receives(stdout, 1);
    await new Promise((resolve) => peer.write("the rest\n", resolve));
    peer.resetAndDestroy();
    assert.equal((await receivesEnd(stdout)).toString(), "first words\nthe rest\n");
    assert.equal(await child.code(), 15);
    assert.match(child.stderr, /^portcall: receive 127\.0\.0\.1:\d+: reset by peer \(ECONNRESET\)\n$/);
  });

  test("F19: connect prints the welcome of a peer that closes at once, however much we send", async (t) => {
    const server = await passiveServer(t);
    const accepted = server.accept();
    const child = portcall(t, ["connect", "127.0.0.1", String(server.port)]);
    child.end(much.subarray(0, MiB));
    const peer = await accepted;
    await new Promise((resolve) => peer.write("Welcome\n", resolve));
    // With our bytes unread, that is a reset.
    peer.destroy();
    const code = await child.code();
    assert.equal(child.stdout, "Welcome\n");
    assert.ok(code === 15 || code === 17, `reset, or closed early: ${code}`);
  });

  for (const role of ["connect", "listen"] as const) {
    test(`F25: ${role} ends quietly when the reader of its stdout has closed it`, async (t) => {
      const { child, stdout, peer } = await startConversation(t, role);
      peer.write("first\n");
      await receives(stdout, 6);
      stdout.destroy();
      await once(stdout, "close");
      const reported = child.stderr;
      peer.write("second\n");
      assert.equal(await child.code(), 141);
      assert.equal(child.stderr, reported);
    });
  }

  test("F25: connect | head -1 prints one line and not a word more", async (t) => {
    const server = await passiveServer(t);
    const accepted = server.accept();
    const line = `"$0" "$1" connect 127.0.0.1 ${server.port} | head -1`;
    const shell = start(t, "sh", ["-c", line, process.execPath, commandPath]);
    const peer = await accepted;
    peer.write("one\n");
    await shell.printsBytes(4);
    // head has gone, or is about to; writing goes on until the command has noticed.
    const more = (): void => void (peer.destroyed || peer.write("another\n", () => setImmediate(more)));
    more();
    await shell.code();
    assert.equal(shell.stdout, "one\n");
    assert.equal(shell.stderr, "");
  });
});

describe("what stdin may be", { skip: notPosix, concurrency: 3 }, () => {
  const folder = temporaryFolder();
  const file = join(folder, "file");
  writeFileSync(file, much.subarray(0, MiB));
  writeFileSync(join(folder, "empty"), "");

  const rows: readonly (readonly [what: string, redirection: string, bytes: number])[] = [
    ["a file", `< ${file}`, MiB],
    ["an empty file", `< ${join(folder, "empty")}`, 0],
    ["/dev/null, with -N", "-N < /dev/null", 0],
    ["closed, with -N", "-N <&-", 0],
    ["a pipe", `< ${file} cat |`, MiB],
  ];
  for (const role of ["connect", "listen"] as const) {
    for (const [what, redirection, bytes] of rows) {
      test(`${role} sends all of stdin, and FIN, when it is ${what}`, async (t) => {
        const server = role === "connect" ? await passiveServer(t) : undefined;
        const accepted = server?.accept();
        const words = server === undefined ? ["listen", ":0"] : ["connect", "127.0.0.1", String(server.port)];
        const line = redirection.endsWith("|") ? `${redirection} "$@"` : `"$@" ${redirection}`;
        const shell = start(t, "sh", ["-c", line, "sh", process.execPath, commandPath, ...words]);
        const peer =
          (await accepted) ?? (await passiveClient(t, { host: "127.0.0.1", port: await portOf(shell) }));
        assert.equal((await receivesEnd(peer)).length, bytes);
        peer.end("bye\n");
        assert.equal(await shell.code(), 0);
        assert.equal(shell.stdout, "bye\n");
      });
    }

    for (const [what, flags] of [
      ["a directory", "r"],
      ["open for writing only", "w"],
    ] as const) {
      test(`${role} reports it, and ends with 3, when stdin is ${what}`, async (t) => {
        const server = await passiveServer(t);
        const stdin = openSync(flags === "r" ? folder : join(folder, "written"), flags);
        const words = role === "connect" ? ["connect", `127.0.0.1:${server.port}`] : ["listen", ":0"];
        const child = portcall(t, words, { stdio: [stdin, "pipe", "pipe"] });
        if (role === "listen") await passiveClient(t, { host: "127.0.0.1", port: await portOf(child) });
        assert.equal(await child.code(), 3);
        assert.match(child.stderr, /portcall: standard input: .+\n$/);
      });
    }
  }

  test("on a terminal, Ctrl-D sends FIN and the answer is shown", unless(noTerminal), async (t) => {
    const server = await passiveServer(t);
    const accepted = server.accept();
    const child = portcallOnTerminal(t, "01", ["connect", "127.0.0.1", String(server.port)]);
    const peer = await accepted;
    await child.write("typed\n\x04");
    assert.equal((await receivesEnd(peer)).toString(), "typed\n");
    peer.end("answered\n");
    assert.equal(await child.code(), 0);
    assert.equal(child.stdout, "answered\n");
  });

  test("on a terminal, the peer's FIN ends the command", unless(noTerminal), async (t) => {
    const server = await passiveServer(t);
    const accepted = server.accept();
    const child = portcallOnTerminal(t, "01", ["connect", "127.0.0.1", String(server.port)]);
    (await accepted).end("bye\n");
    assert.equal(await child.code(), 0);
    assert.equal(child.stdout, "bye\n");
  });
});
