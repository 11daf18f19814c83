/** Flags of nc in forms where they are easily forgotten: datagrams, many clients, programs. */
import assert from "node:assert/strict";
import dgram, { type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import net from "node:net";
import { describe, test, type TestContext } from "node:test";
import { portcall, type Child } from "../../support/command.ts";
import { needs } from "../../support/programs.ts";

const h = "127.0.0.1";

async function nc(t: TestContext, ...args: string[]): Promise<{ child: Child; port: number }> {
  const child = portcall(t, ["nc", ...args, h, "0"]);
  const [, port = ""] = await child.printsOnStderr(/^(?:Listening|Bound) on 127\.0\.0\.1 (\d+)$/m);
  return { child, port: Number(port) };
}

interface Peer {
  readonly socket: dgram.Socket;
  readonly port: string;
  readonly received: string[];
}

async function peer(t: TestContext, answer?: (text: string, from: RemoteInfo) => void): Promise<Peer> {
  const socket = dgram.createSocket("udp4");
  t.after(() => socket.close());
  const received: string[] = [];
  socket.on("message", (bytes, from) => {
    received.push(String(bytes));
    answer?.(String(bytes), from);
  });
  await new Promise<void>((resolve) => socket.bind(0, h, resolve));
  return { socket, port: String(socket.address().port), received };
}

describe("nc with datagrams", () => {
  test("-W ends after so many answers", async (t) => {
    const { socket, port } = await peer(t, (_, from) => {
      for (const answer of ["one\n", "two\n", "three\n"]) socket.send(answer, from.port, from.address);
    });
    const child = portcall(t, ["nc", "-u", "-W", "2", h, port]);
    await child.write("hello\n");
    assert.equal(await child.code(), 0);
    assert.equal(child.stdout, "one\ntwo\n");
  });

  test("-w 0 sends what stdin holds, and ends at once", async (t) => {
    const { socket, port, received } = await peer(t);
    const child = portcall(t, ["nc", "-u", "-w0", h, port]);
    child.end("requests:1|c\n");
    assert.equal(await child.code(), 0);
    if (received.length === 0) await once(socket, "message");
    assert.deepEqual(received, ["requests:1|c\n"]);
    assert.equal(child.stderr, "");
  });

  test("-w 0 is no time in ncat's dialect", async (t) => {
    const child = portcall(t, ["nc", "--send-only", "-w", "0", h, "9"]);
    assert.equal(await child.code(), 2);
    assert.equal(child.stderr, "nc: -w 0 is not a time above 0\n");
  });

  test("-W with -l ends after so many datagrams", async (t) => {
    const { child, port } = await nc(t, "-lu", "-W", "1");
    const { socket } = await peer(t);
    for (const text of ["one\n", "two\n"]) socket.send(text, port, h);
    assert.equal(await child.code(), 0);
    assert.equal(child.stdout, "one\n");
  });

  test("-q with -l ends that time after stdin", async (t) => {
    const { child, port } = await nc(t, "-lu", "-q", "0");
    const { socket, received } = await peer(t);
    socket.send("question\n", port, h);
    await child.prints(/question/);
    const answered = once(socket, "message");
    child.end("answer\n");
    await answered;
    assert.deepEqual(received, ["answer\n"]);
    assert.equal(await child.code(), 0);
  });

  test("--send-only sends stdin, prints nothing and ends", async (t) => {
    const { socket, port, received } = await peer(t, (text, from) => {
      socket.send(`re:${text}`, from.port, from.address);
    });
    const child = portcall(t, ["nc", "-u", "--send-only", h, port]);
    await child.write("one\n");
    await once(socket, "message");
    child.end("two\n");
    assert.equal(await child.code(), 0);
    assert.equal(child.stdout, "");
    if (received.length < 2) await once(socket, "message");
    assert.deepEqual(received, ["one\n", "two\n"]);
  });

  test("--recv-only with -l prints, and sends no stdin", async (t) => {
    const { child, port } = await nc(t, "-lu", "--recv-only", "-W", "2");
    const { socket, received } = await peer(t);
    child.end("never\n");
    socket.send("one\n", port, h);
    await child.prints(/one/);
    socket.send("two\n", port, h);
    assert.equal(await child.code(), 0);
    assert.equal(child.stdout, "one\ntwo\n");
    assert.deepEqual(received, []);
  });

  test("-z -i waits between ports", async (t) => {
    const { socket: first, port: firstPort } = await peer(t);
    const { socket: second, port: secondPort } = await peer(t);
    const at: Record<string, number> = {};
    for (const [socket, port] of [
      [first, firstPort],
      [second, secondPort],
    ] as const) {
      socket.on("message", (_, from) => {
        at[port] ??= performance.now();
        socket.send("here", from.port, from.address);
      });
    }
    const child = portcall(t, ["nc", "-uz", "-i", "400ms", h, firstPort, secondPort]);
    assert.equal(await child.code(), 0);
    const gap = (at[secondPort] ?? 0) - (at[firstPort] ?? Infinity);
    assert.ok(gap >= 390, `${gap} ms between the ports`);
  });
});

describe("nc -k in ncat's dialect", () => {
  test("--delay waits between the lines that go to all clients", async (t) => {
    const { child, port } = await nc(t, "-lk", "--delay", "400ms");
    const client = net.connect(port, h);
    let received = "";
    client.on("data", (bytes) => {
      received += String(bytes);
    });
    await once(client, "connect");
    client.write("here\n");
    await child.prints(/here/);
    const beganMs = performance.now();
    child.end("one\ntwo\n");
    await once(client, "end");
    const tookMs = performance.now() - beganMs;
    client.end();
    assert.equal(received, "one\ntwo\n");
    assert.ok(tookMs >= 390, `${tookMs} ms for two lines`);
  });
});

describe("nc -e", () => {
  async function answerOf(port: number, text: string): Promise<string> {
    const client = net.connect({ port, host: h, allowHalfOpen: true });
    let received = "";
    client.on("data", (bytes) => {
      received += String(bytes);
    });
    client.end(text);
    await once(client, "end");
    return received;
  }

  test("-C sends each LF of the program as CR LF", async (t) => {
    const { port } = await nc(t, "-lk", "-C", "-c", "cat; printf 'a\\nb\\r\\n'");
    assert.equal(await answerOf(port, "x\ny\r\n"), "x\r\ny\r\na\r\nb\r\n");
  });

  test("tells the program of its client in ncat's variables too", needs("grep"), async (t) => {
    const { port } = await nc(t, "-lk", "-c", "env | grep ^NCAT_ | sort");
    const [localAddress, localPort, proto, remoteAddress, remotePort, end] = (await answerOf(port, "")).split(
      "\n",
    );
    assert.equal(localAddress, `NCAT_LOCAL_ADDR=${h}`);
    assert.equal(localPort, `NCAT_LOCAL_PORT=${port}`);
    assert.equal(proto, "NCAT_PROTO=TCP");
    assert.equal(remoteAddress, `NCAT_REMOTE_ADDR=${h}`);
    assert.match(remotePort ?? "", /^NCAT_REMOTE_PORT=\d+$/);
    assert.equal(end, "");
  });

  test("tells the program when it connects, too", async (t) => {
    const server = net.createServer((client) => {
      client.on("data", (bytes) => (received += String(bytes)));
      client.on("end", () => server.close());
    });
    let received = "";
    server.listen(0, h);
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    const child = portcall(t, [
      "nc",
      "-C",
      "-c",
      "echo $NCAT_REMOTE_ADDR $NCAT_REMOTE_PORT",
      h,
      String(port),
    ]);
    await once(server, "close");
    assert.equal(received, `${h} ${port}\r\n`);
    assert.equal(await child.code(), 0);
  });
});

test("nc -I and -O refuse a size that the system cannot double", async (t) => {
  for (const flag of ["-I", "-O"]) {
    const child = portcall(t, ["nc", "-lk", "-e", "cat", flag, "2147483647", h, "0"]);
    assert.equal(await child.code(), 1);
    assert.match(
      child.stderr,
      new RegExp(`^nc: ${flag} "2147483647" is not a whole number from 1 to 1073741823\\n$`),
    );
  }
});

describe("nc whose reader of stdout has gone", () => {
  /** A client of nc that sends lines without end, and counts what it receives. */
  async function talking(
    t: TestContext,
    inputBytes = Infinity,
  ): Promise<{ port: string; received: () => number; inputArrived: Promise<void>; ended: Promise<void> }> {
    const server = net.createServer({ allowHalfOpen: true });
    t.after(() => server.close());
    let received = 0;
    let reachedInput!: () => void;
    const inputArrived = new Promise<void>((resolve) => (reachedInput = resolve));
    const ended = new Promise<void>((resolve) => {
      server.once("connection", (socket) => {
        t.after(() => socket.destroy());
        socket.on("data", (bytes) => {
          received += bytes.length;
          if (received >= inputBytes) reachedInput();
        });
        socket.on("error", () => undefined);
        socket.on("end", () => socket.destroySoon());
        socket.on("close", () => resolve());
        const more = (): void =>
          void (socket.writableEnded || socket.destroyed || socket.write("more\n", () => setImmediate(more)));
        more();
      });
    });
    server.listen(0, h);
    await once(server, "listening");
    return {
      port: String((server.address() as net.AddressInfo).port),
      received: () => received,
      inputArrived,
      ended,
    };
  }

  test("does not end with 0 while input is left", async (t) => {
    const { port } = await talking(t);
    const child = portcall(t, ["nc", "-N", h, port]);
    await child.write("some input\n");
    await child.prints(/more/);
    child.process.stdout?.destroy();
    assert.equal(await child.code(), 1);
  });

  test("ends with 0 when the peer has received all input", async (t) => {
    const { port, inputArrived } = await talking(t, 6);
    const child = portcall(t, ["nc", h, port]);
    child.end("input\n");
    await child.prints(/more/);
    await inputArrived;
    child.process.stdout?.destroy();
    assert.equal(await child.code(), 0);
  });

  test("never ends with 0 unless all input arrives, wherever it was when the reader went", async (t) => {
    for (const length of [100, 100_000, 1_000_000]) {
      const { port, received, ended } = await talking(t);
      const child = portcall(t, ["nc", h, port]);
      child.end(Buffer.alloc(length, "input\n"));
      await child.prints(/more/);
      child.process.stdout?.destroy();
      const code = await child.code();
      await ended;
      assert.ok(code === 1 || received() === length, `exit ${code}, and ${received()} bytes arrived`);
    }
  });

  test("ends with 0 at once if there is no input", async (t) => {
    const { port } = await talking(t);
    const child = portcall(t, ["nc", "-d", h, port]);
    await child.prints(/more/);
    child.process.stdout?.destroy();
    assert.equal(await child.code(), 0);
  });
});
