/**
 * How long nc and the commands go on: -q, -w and --idle-timeout, beside OpenBSD nc; and that
 * no byte is lost without a word.
 */
import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, test, type TestContext } from "node:test";
import { portcall, start } from "../../support/command.ts";
import { folderFor, nc, needs, portOf } from "../peers.ts";
import { noTerminal, portcallOnTerminal } from "../../cli/support/passive-peers.ts";
import { unless } from "../../failures/support/needs.ts";
import { play, stage, type Script } from "./side-by-side.ts";

const host = "127.0.0.1";

async function sink(t: TestContext): Promise<{ readonly port: number }> {
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true });
  await once(server.listen(0, host), "listening");
  t.after(() => server.close());
  server.on("connection", (socket) => {
    socket.on("error", () => undefined);
    t.after(() => socket.destroy());
  });
  return { port: (server.address() as net.AddressInfo).port };
}

describe("nc -q, as Debian's nc has it", { concurrency: 2 }, () => {
  for (const quit of ["0", "1"]) {
    test(
      `like nc: -q ${quit} waits for an answer that comes later, and for the peer's end`,
      needs(nc),
      async (t) => {
        const slow: Script = (client) => {
          client.on("end", () => void pause(1_300).then(() => client.end("late\n")));
        };
        for (const program of ["nc", "ours"] as const) {
          const server = await stage(t, slow);
          const child = play(t, program, ["-q", quit, host, String(server.port)]);
          child.end("question\n");
          assert.deepEqual([await child.code(), child.stdout], [0, "late\n"], program);
        }
      },
    );
  }

  test("like nc: -q 1 ends a second after the peer has", needs(nc), async (t) => {
    for (const program of ["nc", "ours"] as const) {
      const server = await stage(t, (client) => client.on("end", () => client.end("answer\n")));
      const child = play(t, program, ["-q", "1", host, String(server.port)]);
      child.end();
      await child.prints(/answer/);
      const sinceMs = performance.now();
      assert.equal(await child.code(), 0);
      assert.ok(performance.now() - sinceMs > 900, program);
    }
  });
});

describe("-w and --idle-timeout", { concurrency: 2 }, () => {
  test("like nc: -w counts what is sent, and ends with 0 when nothing moves", needs(nc), async (t) => {
    for (const program of ["nc", "ours"] as const) {
      const server = await stage(t, () => undefined);
      const child = play(t, program, ["-w", "2", host, String(server.port)]);
      for (let line = 1; line <= 4; line++) {
        await child.write(`line ${line}\n`);
        await pause(800);
      }
      assert.equal(await child.code(), 0, program);
      assert.equal(server.seen().replace("<fin>", ""), "line 1\nline 2\nline 3\nline 4\n", program);
    }
  });

  test("connect -w counts what is sent, and ends with 16 when nothing moves", async (t) => {
    const server = await stage(t, () => undefined);
    const child = portcall(t, ["connect", "-w", "2", host, String(server.port)]);
    for (let line = 1; line <= 4; line++) {
      await child.write(`line ${line}\n`);
      await pause(800);
    }
    assert.equal(await child.code(), 16);
    assert.match(child.stderr, /nothing was sent or received for 2000 ms \(-w\)\n$/);
    assert.match(server.seen(), /line 4\n/);
  });

  for (const [command, exit] of [
    [["connect", "-w", "300ms"], 16],
    [["connect", "--idle-timeout", "300ms"], 16],
    [["nc", "-w", "300ms"], 1],
    [["nc", "--idle-timeout", "300ms"], 1],
  ] as const) {
    test(`${command.join(" ")} says so, and fails, when the peer does not take what is sent`, async (t) => {
      const { port } = await sink(t);
      const child = portcall(t, [...command, host, String(port)]);
      child.end(Buffer.alloc(30_000_000));
      assert.equal(await child.code(), exit);
      assert.match(
        child.stderr,
        /nothing was sent or received for 300 ms, and the peer has not accepted \d+ bytes/,
      );
    });
  }

  test("connect --connect-timeout leaves a connection alone", async (t) => {
    const server = await stage(t, (client) => void pause(600).then(() => client.end("late\n")));
    const child = portcall(t, ["connect", "--connect-timeout", "300ms", host, String(server.port)]);
    assert.equal(await child.code(), 0);
    assert.equal(child.stdout, "late\n");
  });
});

describe("no byte is lost without a word", { concurrency: 2 }, () => {
  test("connect < /dev/null receives all that nc -lN sends", needs(nc, "sh"), async (t) => {
    const folder = folderFor(t);
    const [sent, received] = [join(folder, "sent"), join(folder, "received")];
    const bytes = Buffer.alloc(30_000_000, "every byte ");
    writeFileSync(sent, bytes);
    const [from, to] = [openSync(sent, "r"), openSync(received, "w")];
    const sender = start(t, nc, ["-vlN", host, "0"], { stdio: [from, "ignore", "pipe"] });
    await sender.printsOnStderr(/Listening on/);
    const child = portcall(t, ["connect", host, portOf(sender)], { stdio: ["ignore", to, "pipe"] });
    assert.equal(await child.code(), 0, child.stderr);
    closeSync(from);
    closeSync(to);
    assert.ok(readFileSync(received).equals(bytes));
  });

  for (const [command, exit] of [
    [["connect"], 3],
    [["nc"], 1],
  ] as const) {
    test(
      `${command.join(" ")} > /dev/full fails`,
      unless(process.platform === "linux" ? undefined : "this needs /dev/full"),
      async (t) => {
        const server = await stage(t, (client) => client.end("answer\n"));
        const full = openSync("/dev/full", "w");
        const child = portcall(t, [...command, host, String(server.port)], {
          stdio: ["ignore", full, "pipe"],
        });
        closeSync(full);
        assert.equal(await child.code(), exit);
        assert.match(child.stderr, /standard output: .*ENOSPC/);
      },
    );

    test(`${command.join(" ")} fails when the peer resets`, async (t) => {
      const server = await stage(t, (client) => client.once("data", () => client.resetAndDestroy()));
      const child = portcall(t, [...command, host, String(server.port)]);
      await child.write("x");
      assert.notEqual(await child.code(), 0);
      assert.match(child.stderr, /reset by peer \(ECONNRESET\)/);
    });
  }
});

test("Ctrl-C on a terminal ends nc at once", unless(noTerminal), async (t) => {
  const server = await stage(t, (client) => client.write("hello\n"));
  const child = portcallOnTerminal(t, "012", ["nc", host, String(server.port)]);
  await child.prints(/hello/);
  const sinceMs = performance.now();
  await child.write("\x03");
  assert.equal(await child.code(), 130);
  // connect gives the peer five seconds.
  assert.ok(performance.now() - sinceMs < 4_500);
});
