/**
 * Every example, as its reader meets it: started by itself, and talked to until it has shown what it is there to show.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { connect, formatAddress, lines, serve, type Connection } from "../../src/index.ts";
import { start, type Child } from "../support/command.ts";

const linesMax = 40;

test(`each is at most ${linesMax} lines, begins by saying what it shows, and is listed`, () => {
  const files = readdirSync("examples").filter((file) => file.endsWith(".ts"));
  assert.ok(files.length > 0);
  const listed = readFileSync("examples/README.md", "utf8").matchAll(/\]\(([\w-]+\.ts)\)/g);
  assert.deepEqual(Array.from(listed, ([, file = ""]) => file).toSorted(), files.toSorted());
  for (const file of files) {
    const text = readFileSync(`examples/${file}`, "utf8");
    assert.match(text, /^\/\*\*\n \* \w/, file);
    assert.ok(text.trimEnd().split("\n").length <= linesMax, `${file} is longer than ${linesMax} lines`);
  }
});

test("client-fetch prints a web server's reply to its end", async (t) => {
  const server = createServer((socket) => {
    let request = "";
    socket.setEncoding("latin1").on("data", (text: string) => {
      request += text;
      if (!request.endsWith("\r\n\r\n")) return;
      socket.end(`HTTP/1.1 200 OK\r\n\r\n${request.split("\r\n")[0] ?? ""}\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;

  const child = example(t, "client-fetch", `127.0.0.1:${port}`, "/page");
  assert.equal(await child.code(), 0);
  assert.equal(child.stdout, "HTTP/1.1 200 OK\r\n\r\nGET /page HTTP/1.1\n");
});

test("client-fetch says in one line what went wrong", async (t) => {
  const child = example(t, "client-fetch", "127.0.0.1:1");
  assert.equal(await child.code(), 1);
  assert.equal(child.stderr, "connect 127.0.0.1:1: refused (ECONNREFUSED)\n");
});

test("echo sends each client's data back, to several clients at once", async (t) => {
  const server = await listeningExample(t, "echo");
  const clients = await Promise.all([server.connect(), server.connect(), server.connect()]);
  for (const [number, client] of clients.entries()) await client.send(`client ${number}`);
  for (const [number, client] of clients.entries()) assert.equal(await client.receive(), `client ${number}`);
});

test("line-server answers lines, cuts off what is no line, and lets its clients finish at Ctrl-C", async (t) => {
  const { child, connect: join } = await listeningExample(t, "line-server");
  const client = await join();
  assert.equal(await client.receive(), "Welcome to the server. Type something and hit enter");
  await client.send("hello");
  assert.equal(await client.receive(), "OK... hello");

  const flood = await join();
  await flood.write("x".repeat(2_000));
  await child.printsOnStderr(/a line is longer than 1000 bytes \(lineBytesMax\)/);
  await flood.close();

  child.kill("SIGINT");
  await client.send("one more");
  assert.equal(await client.receive(), "OK... one more");
  await client.send("quit");
  assert.equal(await client.receive(), null);
  assert.equal((await client.close()).how, "fin");
  assert.equal(await child.code(), 0);
  assert.match(child.stdout, /^client 1 left: fin by us$/m);
  assert.match(child.stdout, /^client 2 left: limit by us$/m);
  assert.match(child.stdout, /^served 2 clients$/m);
});

test("chat sends each line to all other clients, and reports who joins and leaves", async (t) => {
  const { connect: join } = await listeningExample(t, "chat");
  const ada = await named(join, "ada");
  const bob = await named(join, "bob");
  assert.equal(await ada.receive(), "* bob has come; there are 2 of us");
  await ada.send("hello, bob");
  assert.equal(await bob.receive(), "ada: hello, bob");
  await bob.close();
  assert.equal(await ada.receive(), "* bob has left");

  const other = await join();
  await other.receive();
  await other.send("ada");
  assert.equal(await other.receive(), "Another name, please. Goodbye.");
  assert.equal(await other.receive(), null);
});

test("chat disconnects a client that does not read, and no other client waits for it", async (t) => {
  const { connect: join } = await listeningExample(t, "chat");
  const ada = await named(join, "ada");
  const deaf = await named(join, "deaf");
  await ada.receive();
  // More than the system's buffers and the server's queue hold; only then does anybody notice.
  const line = "x".repeat(16_000);
  for (let sent = 0; sent < 2_000; sent++) await ada.send(line);
  assert.equal(await ada.receive(), "* deaf has left");
  await deaf.abort();
});

test("length-prefixed-rpc calls what length-prefixed-rpc serves", async (t) => {
  const { address } = await listeningExample(t, "length-prefixed-rpc");
  const client = example(t, "length-prefixed-rpc", address);
  assert.equal(await client.code(), 0);
  assert.equal(client.stdout, "42 HELLO\n");
});

test("length-prefixed-rpc answers a call in bytes, and survives calls that cannot be", async (t) => {
  const { address } = await listeningExample(t, "length-prefixed-rpc");
  async function reply(...frame: number[]): Promise<string> {
    const client = await connect(address);
    await client.write(Uint8Array.from(frame));
    await client.end();
    let bytes = "";
    try {
      for await (const chunk of client) bytes += Buffer.from(chunk).toString("latin1");
    } catch (error) {
      bytes += (error as { code: string }).code;
    }
    return bytes;
  }
  const call = [...Buffer.from('{"name":"toString","args":[]}')];
  // The length, 42, is a star.
  assert.equal(
    await reply(0, 0, 0, call.length, ...call),
    '\0\0\0*{"error":"there is no procedure toString"}',
  );
  assert.equal(await reply(0xff, 0xff, 0xff, 0xff), "");
  assert.equal(await reply(0, 0, 0, 1, 0x7b), "ECONNRESET");
  assert.equal(await reply(0, 0, 0, 9, 0x7b), "");
});

test("proxy passes both directions on, a half-close and a reset too", async (t) => {
  const upstream = await serve({ port: 0 }, async (client) => {
    let said = "";
    for await (const chunk of client) said += Buffer.from(chunk).toString();
    if (said === "reset") await client.abort();
    else await client.write(`you said ${said}`);
  });
  t.after(() => upstream.close({ drainMs: 0 }));
  const child = example(t, "proxy", "0", formatAddress(upstream.address));
  const [, address = ""] = await child.prints(/^listening on (.+)$/m);

  const client = await connect(address);
  await client.write("all of it");
  await client.end();
  assert.equal(await client.readLine(), "you said all of it");
  assert.equal((await client.closed).how, "fin");
  await child.prints(/^client 1: 9 bytes there, 18 back$/m);

  const other = await connect(address);
  await other.write("reset");
  await other.end();
  await assert.rejects(other.read(), { code: "ECONNRESET" });
  await child.printsOnStderr(/reset by peer \(ECONNRESET\)/);
});

/** Runs an example, as compiled by the build. */
function example(t: TestContext, name: string, ...args: string[]): Child {
  return start(t, process.execPath, [`build/examples/${name}.js`, ...args]);
}

interface Listening {
  readonly child: Child;
  readonly address: string;
  /** Connects to it; the connection ends with the test. */
  readonly connect: () => Promise<Connection<string>>;
}

/** Runs an example that serves, on a free port, and waits until it does. */
async function listeningExample(t: TestContext, name: string): Promise<Listening> {
  const child = example(t, name, "0");
  const [, address = ""] = await child.prints(/^listening on (.+)$/m);
  return {
    child,
    address,
    async connect() {
      const connection = await connect(address, { codec: lines() });
      t.after(() => connection.abort());
      return connection;
    },
  };
}

/** Joins the chat under a name, up to the line that says so. */
async function named(join: Listening["connect"], name: string): Promise<Connection<string>> {
  const client = await join();
  assert.equal(await client.receive(), "What is your name?");
  await client.send(name);
  assert.match((await client.receive()) ?? "", new RegExp(`^\\* ${name} has come`));
  return client;
}
