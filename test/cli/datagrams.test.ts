/** `-u`: datagrams on the command line. */
import assert from "node:assert/strict";
import dgram from "node:dgram";
import { once } from "node:events";
import net from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, test, type TestContext } from "node:test";
import { whyNoEpoll, whyNoUring } from "../../src/wire/index.ts";
import { portcall, type Child } from "../support/command.ts";

/** A peer in the hands of the test. */
class Peer {
  readonly socket: dgram.Socket;
  readonly received: { readonly text: string; readonly port: number }[] = [];
  onHeard: ((text: string, port: number) => void) | undefined;

  constructor(socket: dgram.Socket) {
    this.socket = socket;
    socket.on("message", (bytes, { port }) => {
      this.received.push({ text: bytes.toString(), port });
      this.onHeard?.(bytes.toString(), port);
    });
  }

  get port(): number {
    return this.socket.address().port;
  }

  say(text: string | Uint8Array, port: number | string): void {
    this.socket.send(text, Number(port), "127.0.0.1");
  }

  /** Says this to each sender of a datagram. */
  answers(answer: string | Uint8Array): void {
    this.onHeard = (_, port) => this.say(answer, port);
  }

  async until(count: number): Promise<void> {
    while (this.received.length < count) await once(this.socket, "message");
  }
}

async function peer(t: TestContext): Promise<Peer> {
  const socket = dgram.createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return new Peer(socket);
}

async function freePort(): Promise<number> {
  const socket = dgram.createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

const onlyLinux = {
  skip: process.platform !== "linux" && "groups and broadcasts of the loopback are Linux's",
};

/** A socket that receives datagrams to a group or to a broadcast address of the loopback interface. */
async function member(t: TestContext, address: string, port: number): Promise<dgram.Socket> {
  const socket = dgram.createSocket({ type: "udp4", reuseAddr: true });
  socket.bind(port, address);
  await once(socket, "listening");
  if (address.startsWith("239.")) socket.addMembership(address, "127.0.0.1");
  t.after(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return socket;
}

async function listening(
  t: TestContext,
  ...args: readonly string[]
): Promise<{ child: Child; port: string }> {
  const child = portcall(t, args);
  const [, port = ""] = await child.printsOnStderr(/^listening on \S+:(\d+)\b/m);
  return { child, port };
}

describe("connect -u", { timeout: 60_000 }, () => {
  test("sends stdin as datagrams, prints received ones, and ends after a second of silence", async (t) => {
    const far = await peer(t);
    far.onHeard = (text, port) => {
      far.say(`<${text}>`, port);
    };
    const child = portcall(t, ["connect", "-u", "127.0.0.1", String(far.port)]);
    await child.write("one\n");
    await child.prints(/^<one\n>$/);
    await child.write("two\n");
    await child.prints(/<two\n>$/);
    child.end();
    assert.equal(await child.code(), 0);
    assert.equal(child.stderr, "");
    assert.deepEqual(
      far.received.map(({ text }) => text),
      ["one\n", "two\n"],
    );
  });

  test("udp://host:port means the same, and a name finds the family that answers", async (t) => {
    const far = await peer(t);
    far.answers("here");
    const child = portcall(t, ["connect", `udp://localhost:${far.port}`]);
    await child.write("where?");
    await child.prints(/^here$/);
    child.end();
    assert.equal(await child.code(), 0);
  });

  test("cuts what is piped in at 16384 bytes", async (t) => {
    const far = await peer(t);
    const child = portcall(t, ["connect", "-u", "-q", "0", "127.0.0.1", String(far.port)]);
    child.end("x".repeat(20_000));
    await far.until(2);
    assert.equal(
      far.received.map(({ text }) => text.length).reduce((sum, one) => sum + one),
      20_000,
    );
    assert.ok(far.received.every(({ text }) => text.length <= 16_384));
    assert.equal(await child.code(), 0);
  });

  test("-q ends that time after stdin, though datagrams still arrive", async (t) => {
    const far = await peer(t);
    const chatter = setInterval(() => {
      const last = far.received.at(-1);
      if (last !== undefined) far.say(".", last.port);
    }, 20);
    t.after(() => clearInterval(chatter));
    const child = portcall(t, ["connect", "-u", "-q", "300ms", "127.0.0.1", String(far.port)]);
    child.end("go");
    // There would be no silence.
    assert.equal(await child.code(), 0);
  });

  test("-w: silence after an answer is the end, and goes well", async (t) => {
    const far = await peer(t);
    far.answers("yes");
    const child = portcall(t, ["connect", "-u", "-w", "300ms", "127.0.0.1", String(far.port)]);
    child.end("there?");
    assert.equal(await child.code(), 0);
    assert.equal(child.stdout, "yes");
    assert.equal(child.stderr, "");
  });

  test("-w: a silent peer is reported, and the exit is 16", async (t) => {
    const far = await peer(t);
    const child = portcall(t, ["connect", "-u", "-w", "300ms", "127.0.0.1", String(far.port)]);
    child.end("there?");
    assert.equal(await child.code(), 16);
    assert.match(
      child.stderr,
      /^portcall: receive 127\.0\.0\.1:\d+: nothing was sent or received for 300 ms \(-w\)\n$/,
    );
  });

  test("-w counts what is sent", async (t) => {
    const far = await peer(t);
    const child = portcall(t, ["connect", "-u", "-w", "1s", "127.0.0.1", String(far.port)]);
    for (let line = 1; line <= 4; line++) {
      await child.write(`${line}\n`);
      await far.until(line);
      await pause(400);
    }
    // Nothing was ever received, so silence is a failure.
    assert.equal(await child.code(), 16);
    assert.match(child.stderr, /nothing was sent or received for 1000 ms \(-w\)\n$/);
  });

  test("--count ends it after so many datagrams, though stdin goes on", async (t) => {
    const far = await peer(t);
    far.onHeard = (_, port) => {
      for (const answer of ["one ", "two ", "three "]) far.say(answer, port);
    };
    const child = portcall(t, ["connect", "-u", "--count", "2", "127.0.0.1", String(far.port)]);
    await child.write("question\n");
    assert.equal(await child.code(), 0);
    assert.equal(child.stdout, "one two ");
  });

  test("--hex shows each datagram, in both directions", async (t) => {
    const far = await peer(t);
    far.answers(Uint8Array.of(0, 255, 10));
    const child = portcall(t, ["connect", "-u", "--hex", "--count", "1", "127.0.0.1", String(far.port)]);
    await child.write("hi\n");
    assert.equal(await child.code(), 0);
    assert.match(child.stdout, /^> 00000000 {2}68 69 0a +\|hi\.\|\n< 00000000 {2}00 ff 0a +\|\.\.\.\|\n$/);
  });

  for (const [what, group, words] of [
    ["a multicast group, by the interface of -s", "239.1.2.3", ["-s", "127.0.0.1"]],
    ["a broadcast address with --broadcast", "127.255.255.255", ["--broadcast"]],
  ] as const) {
    test(`sends to ${what}, and prints the answers of all members`, onlyLinux, async (t) => {
      const members = [await member(t, group, 0)];
      members.push(await member(t, group, (members[0] as dgram.Socket).address().port));
      // Each answers from an address of its own.
      for (const one of members) {
        const far = await peer(t);
        one.on("message", (bytes, { port }) => {
          far.say(`re:${String(bytes)}`, port);
        });
      }
      const { port } = (members[0] as dgram.Socket).address();
      const child = portcall(t, ["connect", "-u", ...words, "--count", "2", group, String(port)]);
      await child.write("hi\n");
      assert.equal(await child.code(), 0, child.stderr);
      assert.equal(child.stdout, "re:hi\nre:hi\n");
    });
  }

  test("a broadcast address without --broadcast is refused by the system", onlyLinux, async (t) => {
    const child = portcall(t, ["connect", "-u", "127.255.255.255", "9"]);
    child.end("hi\n");
    assert.notEqual(await child.code(), 0);
    assert.match(child.stderr, /permission denied \(EACCES\) \(--broadcast\)\n$/);
  });

  for (const words of [
    ["--broadcast", "-u", "localhost", "9"],
    ["--broadcast", "127.0.0.1:9"],
    ["--count", "1", "127.0.0.1:9"],
  ]) {
    test(`${words.join(" ")} is a mistake in the line`, async (t) => {
      const child = portcall(t, ["connect", ...words]);
      assert.equal(await child.code(), 2);
      assert.match(child.stderr, /^portcall connect: --(broadcast|count) /);
    });
  }

  test("F83: an unreachable port is reported as such, and the exit is 11", async (t) => {
    const port = await freePort();
    const child = portcall(t, ["connect", "-u", "127.0.0.1", String(port)]);
    child.end("anybody?");
    assert.equal(await child.code(), 11);
    assert.equal(child.stderr, `portcall: receive 127.0.0.1:${port}: port unreachable (ECONNREFUSED)\n`);
  });

  test("F83: --explain of that tells each stage, its cause and its fix", async (t) => {
    const port = await freePort();
    const child = portcall(t, ["connect", "-u", "--explain", "127.0.0.1", String(port)]);
    child.end("anybody?");
    assert.equal(await child.code(), 11);
    const stages = [...child.stderr.matchAll(/^([a-z]+) +\S/gm)].map(([, word]) => word);
    assert.deepEqual(stages, ["create", "bind", "connect", "send", "receive", "cause", "fix", "close"]);
  });

  test("Ctrl-C ends it with 130", async (t) => {
    const far = await peer(t);
    const child = portcall(t, ["connect", "-u", "127.0.0.1", String(far.port)]);
    await child.write("hello");
    await far.until(1);
    child.kill("SIGINT");
    assert.equal(await child.code(), 130);
  });

  test("-s and -p say where from", async (t) => {
    const far = await peer(t);
    const port = await freePort();
    const child = portcall(t, [
      ...["connect", "-u", "-q", "0", "-s", "127.0.0.1", "-p", String(port)],
      ...["127.0.0.1", String(far.port)],
    ]);
    child.end("x");
    await far.until(1);
    assert.equal(far.received[0]?.port, port);
    assert.equal(await child.code(), 0);
  });
});

describe("connect -z -u", { timeout: 60_000 }, () => {
  test("an answer, an empty one too, is success", async (t) => {
    const far = await peer(t);
    far.answers("");
    const child = portcall(t, ["connect", "-z", "-u", "127.0.0.1", String(far.port)]);
    assert.equal(await child.code(), 0);
    assert.equal(child.stdout + child.stderr, "");
  });

  test("sends the probe again when a datagram is lost", async (t) => {
    const far = await peer(t);
    far.onHeard = (_, port) => {
      if (far.received.length === 3) far.say("!", port);
    };
    const child = portcall(t, ["connect", "-z", "-u", "-w", "3s", "127.0.0.1", String(far.port)]);
    assert.equal(await child.code(), 0);
    assert.equal(far.received.length, 3);
  });

  test("F83: an unreachable port is refused: 11", async (t) => {
    const child = portcall(t, ["connect", "-z", "-u", "127.0.0.1", String(await freePort())]);
    assert.equal(await child.code(), 11);
    assert.match(child.stderr, /port unreachable \(ECONNREFUSED\)\n$/);
  });

  test("F83: silence is no success: no answer, 12", async (t) => {
    const far = await peer(t);
    const child = portcall(t, ["connect", "-z", "-u", "-w", "300ms", "127.0.0.1", String(far.port)]);
    assert.equal(await child.code(), 12);
    assert.match(
      child.stderr,
      /^portcall: connect 127\.0\.0\.1:\d+: no answer in 300 ms: the service may be silent/,
    );
  });
});

describe("connect -z -u with several targets", { timeout: 60_000 }, () => {
  test("reports each target, also beside TCP targets", async (t) => {
    const far = await peer(t);
    far.answers("!");
    const silent = await peer(t);
    const closed = await freePort();
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address() as net.AddressInfo;
    const targets = [far.port, closed, silent.port].map((one) => `udp://127.0.0.1:${one}`);
    const child = portcall(t, ["connect", "-z", "-w", "3s", ...targets, `127.0.0.1:${port}`]);
    assert.equal(await child.code(), 11);
    const words = child.stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ +/)[1]);
    assert.deepEqual(words, ["open", "refused", "silent", "open"]);
  });
});

describe("listen -u", { timeout: 60_000 }, () => {
  test("takes the first sender as the peer, and ignores others", async (t) => {
    const { child, port } = await listening(t, "listen", "-u");
    const [first, second] = [await peer(t), await peer(t)];
    // Typed before anybody is there, it waits.
    await child.write("welcome\n");
    first.say("one\n", port);
    await child.prints(/^one\n$/);
    await first.until(1);
    second.say("not me\n", port);
    first.say("two\n", port);
    await child.prints(/^one\ntwo\n$/);
    assert.equal(first.received[0]?.text, "welcome\n");
    assert.equal(second.received.length, 0);
  });

  test("goes on when stdin has ended", async (t) => {
    const { child, port } = await listening(t, "listen", "-u");
    const first = await peer(t);
    child.end();
    first.say("one\n", port);
    await child.prints(/^one\n$/);
    first.say("two\n", port);
    await child.prints(/^one\ntwo\n$/);
    child.kill("SIGINT");
    assert.equal(await child.code(), 130);
  });

  test("-w: silence ends it, with 0 if anything was received and 16 if nothing was", async (t) => {
    const received = await listening(t, "listen", "-u", "-w", "2s");
    const first = await peer(t);
    first.say("one\n", received.port);
    assert.equal(await received.child.code(), 0);
    assert.equal(received.child.stdout, "one\n");
    const silent = await listening(t, "listen", "-u", "-w", "200ms");
    assert.equal(await silent.child.code(), 16);
    assert.match(silent.child.stderr, /nothing was sent or received for 200 ms \(-w\)\n$/);
  });

  test("-k: shows all senders after their numbers, and stdin goes to all of them", async (t) => {
    const { child, port } = await listening(t, "listen", "-u", "-k");
    const [first, second] = [await peer(t), await peer(t)];
    first.say("hello\n", port);
    await child.prints(/^\[1\] hello\n$/);
    second.say("two\r\nlines", port);
    await child.prints(/\[2\] two\n\[2\] lines\n$/);
    first.say("", port);
    await child.prints(/\n\[1\] \n$/);
    assert.match(child.stderr, new RegExp(`^\\[1\\] is 127\\.0\\.0\\.1:${first.port}$`, "m"));
    assert.match(child.stderr, new RegExp(`^\\[2\\] is 127\\.0\\.0\\.1:${second.port}$`, "m"));
    await child.write("to all\n");
    await Promise.all([first.until(1), second.until(1)]);
    assert.deepEqual([first.received[0]?.text, second.received[0]?.text], ["to all\n", "to all\n"]);
  });
});

describe("a multicast group as the address to listen on", { ...onlyLinux, timeout: 60_000 }, () => {
  const group = "239.1.2.3";
  const byLoopback = ["--interface", "127.0.0.1"] as const;

  /** Sends to the group by the loopback, from a socket that can be answered. */
  async function sender(t: TestContext): Promise<Peer> {
    const far = await peer(t);
    far.socket.setMulticastInterface("127.0.0.1");
    return far;
  }

  for (const engine of ["portable", "epoll", "io_uring"]) {
    test(`is joined by listen -u on ${engine}, which answers the first who sends to it`, async (t) => {
      if (engine !== "portable" && (engine === "epoll" ? whyNoEpoll() : whyNoUring()) !== undefined)
        return t.skip(`no ${engine} here`);
      const { child, port } = await listening(
        t,
        ...["listen", "-u", "--engine", engine, ...byLoopback, `${group}:0`],
      );
      const far = await sender(t);
      far.socket.send("to the group\n", Number(port), group);
      await child.prints(/^to the group\n$/);
      await child.write("answer\n");
      await far.until(1);
      assert.equal(far.received[0]?.text, "answer\n");
    });
  }

  test("is joined by several at the same port, and by serve -u", async (t) => {
    const { child, port } = await listening(t, "listen", "-u", ...byLoopback, `${group}:0`);
    const second = portcall(t, ["serve", "-u", "echo", ...byLoopback, `${group}:${port}`]);
    await second.printsOnStderr(/^serving|listening|echo/m);
    const far = await sender(t);
    far.socket.send("to both", Number(port), group);
    await child.prints(/^to both$/);
    await far.until(1);
    assert.equal(far.received[0]?.text, "to both");
  });

  test("takes the interface by its name, and refuses one that is none, or that joins nothing", async (t) => {
    await listening(t, "listen", "-u", "--interface", "lo", `${group}:0`);
    for (const [words, says] of [
      [
        ["--interface", "no0", `${group}:0`],
        /^portcall listen: --interface: "no0" is not an interface of this machine/,
      ],
      [["--interface", "lo", "127.0.0.1:0"], /^portcall listen: --interface is for a multicast group/],
    ] as const) {
      const child = portcall(t, ["listen", "-u", ...words]);
      assert.equal(await child.code(), 2);
      assert.match(child.stderr, says);
    }
  });
});

describe("serve -u", { timeout: 60_000 }, () => {
  test("answers each datagram, and says at the end how many", async (t) => {
    const { child, port } = await listening(t, "serve", "-u", "reply", ":0");
    const far = await peer(t);
    far.say("hello\n", port);
    far.say("again", port);
    await far.until(2);
    assert.deepEqual(
      far.received.map(({ text }) => text),
      ["OK... hello\n", "OK... again"],
    );
    child.kill("SIGINT");
    assert.equal(await child.code(), 0);
    assert.match(child.stderr, /^2 datagrams received, 2 answered$/m);
  });

  test("does not report answers that Ctrl-C prevents", async (t) => {
    for (let round = 0; round < 3; round++) {
      const server = portcall(t, ["serve", "-u", "echo", "--rate", "1000000", "127.0.0.1:0"]);
      const [, port] = await server.printsOnStderr(/listening on 127\.0\.0\.1:(\d+)/);
      const clients = Array.from({ length: 8 }, () => dgram.createSocket("udp4"));
      let answers = 0;
      let isOver = false;
      t.after(() => {
        isOver = true;
        for (const client of clients) client.close();
      });
      const flood = (): void => {
        if (isOver) return;
        for (const client of clients) {
          for (let sent = 0; sent < 16; sent++) client.send("x", Number(port), "127.0.0.1", () => undefined);
        }
        setImmediate(flood);
      };
      for (const client of clients) {
        client.on("message", () => {
          if (++answers === 2_000) server.kill("SIGINT");
        });
        client.on("error", () => undefined);
      }
      flood();
      assert.equal(await server.code(), 0);
      isOver = true;
      assert.doesNotMatch(server.stderr, /^portcall: /m);
      assert.match(server.stderr, /\d+ datagrams received, \d+ answered/);
    }
  });

  test("--messages ends after so many", async (t) => {
    const { child, port } = await listening(t, "serve", "-u", "echo", ":0", "--messages", "1");
    const far = await peer(t);
    far.say("once", port);
    await far.until(1);
    assert.equal(await child.code(), 0);
  });

  test("F82: sends no answer more than three times as long", async (t) => {
    const { child, port } = await listening(t, "serve", "-u", "reply", ":0", "--reply", "x".repeat(60));
    const far = await peer(t);
    far.say("", port);
    await child.printsOnStderr(/^not answered: .* the answer would be more than three times as long$/m);
    far.say("a longer question", port);
    await far.until(1);
    assert.equal(far.received[0]?.text.length, 60);
  });

  test("-v tells of each datagram", async (t) => {
    const { child, port } = await listening(t, "serve", "-u", "-v", "echo", ":0");
    const far = await peer(t);
    far.say("four", port);
    await child.printsOnStderr(
      new RegExp(`^receive 4 bytes from 127\\.0\\.0\\.1:${far.port}\\nsend 4 bytes to`, "m"),
    );
  });
});

describe("an address that is taken", { timeout: 60_000 }, () => {
  test("F30: is reported with its holder, though a TCP listener has the same port", async (t) => {
    // It is opened first, since a port that is free for datagrams may not be free for a listener.
    const other = net.createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    t.after(() => other.close());
    const { port } = other.address() as net.AddressInfo;
    const { child } = await listening(t, "serve", "-u", "echo", `:${port}`);
    const second = portcall(t, ["listen", "-u", `:${port}`]);
    assert.equal(await second.code(), 18);
    const by = process.platform === "linux" ? `, by \\S+ \\(process ${child.process.pid}\\)` : "";
    assert.match(
      second.stderr,
      new RegExp(`^portcall: bind 127\\.0\\.0\\.1:${port}: address already in use \\(EADDRINUSE\\)${by}\\n$`),
    );
  });
});

describe("--json of datagrams", { timeout: 60_000 }, () => {
  test("tells of the socket, and of each datagram with its bytes", async (t) => {
    const far = await peer(t);
    far.answers(Uint8Array.of(0xff));
    const child = portcall(t, ["connect", "-u", "--json", "127.0.0.1", String(far.port)]);
    child.end("question");
    assert.equal(await child.code(), 0);
    const report = JSON.parse(child.stdout) as { ok: boolean; datagramSockets: Record<string, unknown>[] };
    assert.equal(report.ok, true);
    const [socket, ...others] = report.datagramSockets;
    assert.deepEqual(others, []);
    const name = `127.0.0.1:${far.port}`;
    assert.equal(socket?.["remote"], name);
    assert.deepEqual(socket?.["datagrams"], [
      { direction: "sent", peer: name, bytes: { text: "question" } },
      { direction: "received", peer: name, bytes: { base64: "/w==" } },
    ]);
  });

  test("--json=stream tells of each as it comes", async (t) => {
    const { child, port } = await listening(t, "listen", "-u", "--json=stream");
    const far = await peer(t);
    far.say("hello", port);
    const [line] = await child.prints(/^.*"datagramBytesReceived".*$/m);
    const event = JSON.parse(line) as Record<string, unknown>;
    assert.equal(event["peer"], `127.0.0.1:${far.port}`);
    assert.deepEqual(event["bytes"], { text: "hello" });
  });
});

describe("a command line for datagrams that cannot be", () => {
  for (const [args, word] of [
    [["connect", "-u", "-U", "/tmp/socket"], /Node has no Unix sockets for datagrams/],
    [["connect", "-u", "unix:/tmp/socket"], /-u is for datagrams, and unix:\/tmp\/socket is a Unix socket/],
    [["connect", "-u", "tcp://localhost:80"], /is a TCP socket/],
    [["listen", "-u", "--backlog", "3"], /--backlog is for connections, not for datagrams/],
    [["serve", "-u", "echo", "--drain", "3s"], /--drain is for connections/],
    [["serve", "-u", "echo", "--reply", "x"], /echo takes no --reply/],
    [["serve", "-u", "chat"], /chat is for connections; for datagrams there are reply, echo/],
    [["serve", "-u", "--exec", "cat"], /--exec is for connections/],
    [["serve", "-u", "./handler.ts"], /a handler file is for connections/],
    [["connect", "-u", "-x", "socks5://localhost:1", "localhost:80"], /--proxy is for connections/],
    [["serve", "--rate", "3", "echo"], /--rate is for datagrams/],
  ] as const) {
    test(args.join(" "), async (t) => {
      const child = portcall(t, args);
      assert.equal(await child.code(), 2);
      assert.match(child.stderr, word);
      assert.equal(child.stderr.trimEnd().split("\n").length, 1);
    });
  }
});
