/**
 * On a terminal, control bytes of a peer are shown and not obeyed; a pipe gets the bytes unchanged.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { PassThrough } from "node:stream";
import { describe, test, type TestContext } from "node:test";
import { Terminal } from "../../../src/cli/tty/terminal.ts";
import { notLinux, unless } from "../../failures/support/needs.ts";
import { commandPath, portcall, start, type Child } from "../../support/command.ts";
import { readAll } from "../../support/read-all.ts";
import { missing } from "../../support/programs.ts";
import {
  passiveClient,
  passiveServer,
  noTerminal,
  portcallOnTerminal,
  portOf,
  receivesEnd,
} from "../support/passive-peers.ts";

/** What terminals obey, and what is to be seen of it instead. */
const attacks: readonly (readonly [what: string, bytes: string, shown: string])[] = [
  ["title set", "\x1b]0;owned\x07", "^[]0;owned^G"],
  ["clipboard filled (OSC 52)", "\x1b]52;c;cm0gLXJmIH4K\x1b\\", "^[]52;c;cm0gLXJmIH4K^[\\"],
  ["cursor asked for, which types an answer", "\x1b[6n", "^[[6n"],
  ["status string asked for (DECRQSS)", "\x1bP$q\x1b\\", "^[P$q^[\\"],
  ["screen cleared", "\x1b[2J\x1b[H", "^[[2J^[[H"],
  ["8-bit CSI", "\x9b31m", "<9b>31m"],
  ["C1 in UTF-8", "\xc2\x9b31m", "<U+009B>31m"],
  ["link (OSC 8)", "\x1b]8;;http://evil/\x1b\\good\x1b]8;;\x1b\\", "^[]8;;http://evil/^[\\good^[]8;;^[\\"],
  ["order of reading turned", "\xe2\x80\xaeexe.txt", "<U+202E>exe.txt"],
  ["line overwritten", "yes\rno ", "yes^Mno "],
  ["backspace, bell, NUL, DEL, shift out", "\b\x07\0\x7f\x0e", "^H^G^@^?^N"],
  ["text as it is", "caf\xc3\xa9 \xe2\x82\xac\tok", "caf\u00e9 \u20ac\tok"],
];
const sent = Buffer.from(attacks.map(([, bytes]) => `${bytes}\r\n`).join(""), "latin1");
const shown = attacks.map(([, , text]) => `${text}\n`).join("");
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** The command, started by `begin`, has been sent everything and has ended. */
async function receives(
  t: TestContext,
  role: "connect" | "listen",
  begin: (words: string[]) => Child,
  bytes: Buffer,
): Promise<Child> {
  const server = await passiveServer(t);
  const accepted = server.accept();
  const child = begin(role === "connect" ? ["connect", "127.0.0.1", String(server.port)] : ["listen", ":0"]);
  const peer =
    role === "connect"
      ? await accepted
      : await passiveClient(t, { host: "127.0.0.1", port: await portOf(child) });
  peer.end(bytes);
  await child.code();
  return child;
}

for (const role of ["connect", "listen"] as const) {
  describe(`F76: ${role}`, { concurrency: 2 }, () => {
    test("shows control sequences on a terminal", unless(noTerminal), async (t) => {
      const child = await receives(t, role, (words) => portcallOnTerminal(t, "01", words), sent);
      assert.equal(child.stdout, shown);
    });

    test("shows them also when only stdout is a terminal", unless(noTerminal), async (t) => {
      const child = await receives(t, role, (words) => portcallOnTerminal(t, "1", words), sent);
      assert.equal(child.stdout, shown);
    });

    test("passes them on unchanged with --raw", unless(noTerminal), async (t) => {
      const child = await receives(
        t,
        role,
        (words) => portcallOnTerminal(t, "1", [...words, "--raw"]),
        everyByte,
      );
      assert.deepEqual(child.bytes(), everyByte);
    });

    test("passes them on unchanged to a pipe", async (t) => {
      const child = await receives(
        t,
        role,
        (words) => {
          const piped = portcall(t, words);
          piped.end();
          return piped;
        },
        Buffer.concat([everyByte, sent]),
      );
      assert.deepEqual(child.bytes(), Buffer.concat([everyByte, sent]));
    });
  });
}

test(
  "F76: listen -k shows control sequences of each client, after its number",
  unless(noTerminal),
  async (t) => {
    const child = portcallOnTerminal(t, "1", ["listen", "--connections", "2", ":0"]);
    const port = await portOf(child);
    for (const number of [1, 2]) {
      const peer = await passiveClient(t, { host: "127.0.0.1", port });
      peer.end("\x1b]0;owned\x07\x1b[2J\n");
      await child.prints(new RegExp(`\\[${number}\\] \\^\\[\\]0;owned\\^G\\^\\[\\[2J\n`));
    }
    assert.equal(await child.code(), 0);
  },
);

describe("F77: control sequences from outside are escaped in our own lines", () => {
  // Not even a terminal that is only stderr may be reached.
  test("a host of the command line", unless(noTerminal), async (t) => {
    const child = portcallOnTerminal(t, "2", ["connect", "\x1b]0;owned\x07\u202e", "80"]);
    assert.equal(await child.code(), 2);
    assert.equal(
      child.stdout,
      'portcall connect: host "\\x1b]0;owned\\x07\\u202e" holds "\\u202e" (U+202E) and names are not converted here: write the name in its ASCII form (xn--…)\n',
    );
  });

  test("the name of the process that has our port", unless(notLinux), async (t) => {
    const program = `
      process.title = "\\x1b[31mred\\x07";
      require("node:net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port); });
    `;
    const holder = start(t, process.execPath, ["-e", program]);
    const port = (await holder.prints(/^\d+$/m))[0];
    for (const flags of [[], ["--explain"]]) {
      const child = portcall(t, ["listen", `127.0.0.1:${port}`, ...flags]);
      assert.equal(await child.code(), 18);
      assert.match(child.stderr, /by \^\[\[31mred\^G \(process \d+\)/);
      assert.doesNotMatch(child.stderr, /[^\P{Cc}\n]/u);
    }
  });

  test("a bug, whose message may quote a peer", async (t) => {
    const fault = "data:text/javascript,performance.now=()=>{throw new Error('\\x1b]0;owned\\x07\\n')}";
    const child = start(t, process.execPath, ["--import", fault, commandPath, "connect", "127.0.0.1:1"]);
    assert.equal(await child.code(), 70);
    assert.match(child.stderr, /^[^\p{Cc}]+\n$/u);
  });
});

describe("a terminal is left as it was", { concurrency: 2 }, () => {
  const noStty = noTerminal ?? missing("stty");

  for (const [how, keys, code] of [
    ["Ctrl-C, twice", "\x03", 130],
    ["Ctrl-D and the peer's end", "\x04", 0],
  ] as const) {
    test(`after ${how}`, unless(noStty), async (t) => {
      const server = await passiveServer(t);
      const accepted = server.accept();
      // 99 would say that the terminal has changed.
      const child = portcallOnTerminal(t, "012", ["connect", "127.0.0.1", String(server.port)]);
      const peer = await accepted;
      peer.write("hello\n");
      await child.prints(/hello\n/);
      await child.write(`typed\n${keys}`);
      assert.equal((await receivesEnd(peer)).toString(), "typed\n");
      if (code === 0) peer.end();
      else await child.write(keys);
      assert.equal(await child.code(), code);
      assert.equal(child.stdout, code === 0 ? "hello\ntyped\n" : "hello\ntyped\n^C\n");
    });
  }
});

test(
  "without colours there is no escape byte in --help, -v or --explain on a terminal",
  unless(noTerminal),
  async (t) => {
    const help = portcallOnTerminal(t, "012", ["--help"]);
    assert.equal(await help.code(), 0);
    const server = await passiveServer(t);
    const accepted = server.accept();
    const child = portcallOnTerminal(t, "012", [
      "connect",
      "-v",
      "--explain",
      "--color=never",
      "127.0.0.1",
      String(server.port),
    ]);
    (await accepted).end();
    assert.equal(await child.code(), 0);
    for (const text of [help.stdout, child.stdout]) assert.doesNotMatch(text, /[^\P{Cc}\n]/u);
    assert.equal(
      spawnSync(process.execPath, [commandPath, "--help"], { encoding: "utf8" }).stdout,
      help.stdout,
    );
  },
);

test("an unread stderr costs 1 MiB at most, and reports what is missing", () => {
  const stderr = new PassThrough();
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr };
  const terminal = new Terminal(streams as unknown as ConstructorParameters<typeof Terminal>[0]);
  const line = "x".repeat(1_023);
  for (let said = 0; said < 10_000; said++) terminal.say(line);
  assert.ok(stderr.writableLength + stderr.readableLength < 1_200_000);
  readAll(stderr);
  terminal.say("last");
  assert.match(readAll(stderr), /^\(\d{4} lines left out\)\nlast\n$/);
});
