/**
 * What the command leaves of the descriptors that it was given: other processes have the
 * same open files, and go on after it.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { commandPath, start } from "../../support/command.ts";
import { needs } from "../../interop/peers.ts";
import { passiveServer } from "../support/passive-peers.ts";

/** Has the command throw what nothing catches. */
const throwing = `data:text/javascript,process.on("SIGUSR2", () => { throw new Error("thrown") })`;

const endings = "normal SIGINT SIGTERM SIGHUP SIGQUIT SIGUSR2";

interface Left {
  readonly ending: string;
  /** O_NONBLOCK. */
  readonly before: boolean;
  readonly during: boolean;
  readonly after: boolean;
  readonly terminalIsAsItWas: boolean;
}

describe("the descriptors that the command was given", { concurrency: 2 }, () => {
  const linux = process.platform === "linux" ? needs("python3") : { skip: "this needs Linux" };

  for (const [kind, which] of [
    ...["pipe", "socket", "tty"].flatMap((one) => ["0", "1", "2"].map((fd) => [one, fd] as const)),
    ["tty", "012"] as const,
  ]) {
    const what = which === "012" ? "a terminal for all three" : `a ${kind} for descriptor ${which}`;
    test(`are as they were, however it ends: ${what}`, linux, async (t) => {
      // Nothing can be restored at SIGKILL: only what was never changed is as it was.
      const all = kind === "pipe" ? `${endings} SIGKILL` : endings;
      const words = which === "012" ? [] : ["-v"];
      const child = start(t, "python3", [
        "test/cli/support/descriptors.py",
        kind,
        which,
        all,
        process.execPath,
        "--import",
        throwing,
        commandPath,
        "connect",
        ...words,
        "--no-history",
        "--half-close-timeout",
        "20ms",
        "127.0.0.1",
        "PORT",
      ]);
      assert.equal(await child.code(), 0, child.stderr);
      const left = child.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Left);
      assert.deepEqual(
        left.map(({ ending }) => ending),
        all.split(" "),
      );
      for (const { ending, before, during, after, terminalIsAsItWas } of left) {
        const expected = { before: false, during: kind === "socket", after: false, terminalIsAsItWas: true };
        assert.deepEqual({ before, during, after, terminalIsAsItWas }, expected, ending);
      }
    });
  }

  test("a pipe is not made non-blocking for the next program that writes to it", needs("sh"), async (t) => {
    const server = await passiveServer(t);
    const accepted = server.accept();
    // What cat writes is more than a pipe holds, and the reader is slow: an open file that fails with EAGAIN would end it.
    const line = `("$0" "$1" connect -N 127.0.0.1 ${server.port} </dev/null; head -c 3000000 /dev/zero) | (read -r line; sleep 0.2; wc -c)`;
    const shell = start(t, "sh", ["-c", line, process.execPath, commandPath]);
    (await accepted).end("first\n");
    assert.equal(await shell.code(), 0);
    assert.equal(shell.stdout.trim(), "3000000");
    assert.equal(shell.stderr, "");
  });

  test("a socket is not shut down for the next program that writes to it", needs("sh"), async (t) => {
    const server = await passiveServer(t);
    const accepted = server.accept();
    // Node gives its children sockets for pipes.
    const line = `"$0" "$1" connect -N 127.0.0.1 ${server.port} </dev/null && echo second`;
    const shell = start(t, "sh", ["-c", line, process.execPath, commandPath]);
    (await accepted).end("first\n");
    assert.equal(await shell.code(), 0, shell.stderr);
    assert.equal(shell.stdout, "first\nsecond\n");
  });
});
