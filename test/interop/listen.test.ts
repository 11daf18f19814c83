/**
 * `portcall listen` as the server of other clients.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { start, type Child } from "../support/command.ts";
import { listening, nc, needs, onTerminal, python, sha256 } from "./peers.ts";

/** Clients that send FIN at the end of their stdin and continue to receive until the server's end. */
const clients: Readonly<Record<string, (t: TestContext, port: string) => Child>> = {
  [nc]: (t, port) => start(t, nc, ["-N", "127.0.0.1", port]),
  ncat: (t, port) => start(t, "ncat", ["127.0.0.1", port]),
  socat: (t, port) => start(t, "socat", ["-t3600", "-", `TCP4:127.0.0.1:${port}`]),
};

for (const [name, begin] of Object.entries(clients)) {
  test(`talks with ${name}, line by line, until both are done`, needs(name), async (t) => {
    const { child, port } = await listening(t, "listen");
    const client = begin(t, port);
    await client.write("hello\n");
    await child.prints(/^hello\n$/);
    await child.write("hi yourself\r\n");
    await client.prints(/^hi yourself\r\n$/);
    client.end("bye\n");
    await child.prints(/^hello\nbye\n$/);
    child.end("bye then\n");
    assert.equal(await child.code(), 0);
    assert.equal(await client.code(), 0);
    assert.equal(client.stdout, "hi yourself\r\nbye then\n");
    assert.match(child.stderr, /^listening on 127\.0\.0\.1:\d+\n$/);
  });

  test(`exchanges 1 MiB each way with ${name}, at the same time`, needs(name), async (t) => {
    const { child, port } = await listening(t, "listen");
    const client = begin(t, port);
    const [ours, theirs] = [randomBytes(1_048_576), randomBytes(1_048_576)];
    child.end(ours);
    client.end(theirs);
    assert.equal(await child.code(), 0);
    assert.equal(await client.code(), 0);
    assert.equal(sha256(child.bytes()), sha256(theirs));
    assert.equal(sha256(client.bytes()), sha256(ours));
  });

  test(`${name} sends FIN: stdout ends at once, and stdin still reaches it`, needs(name), async (t) => {
    const { child, port } = await listening(t, "listen");
    const client = begin(t, port);
    client.end("that is all\n");
    await once(child.process.stdout as NodeJS.ReadableStream, "end");
    assert.equal(child.stdout, "that is all\n");
    await child.write("and now ");
    await client.prints(/^and now $/);
    child.end("us");
    assert.equal(await child.code(), 0);
    assert.equal(await client.code(), 0);
    assert.equal(client.stdout, "and now us");
  });
}

test("our stdin is over from the start: the client can still say everything", needs("ncat"), async (t) => {
  const { child, port } = await listening(t, "listen");
  child.end();
  // The server's FIN ends what it receives, not what it sends.
  const client = start(t, "ncat", ["127.0.0.1", port]);
  await client.write("one\n");
  await child.prints(/^one\n$/);
  const rest = randomBytes(1_048_576);
  client.end(rest);
  assert.equal(await child.code(), 0);
  assert.equal(sha256(child.bytes()), sha256(Buffer.concat([Buffer.from("one\n"), rest])));
});

test("a late reader of stdout still gets all data after the client has closed", needs(nc), async (t) => {
  const { child, port } = await listening(t, "listen");
  child.process.stdout?.pause();
  child.end();
  const client = start(t, nc, ["-N", "127.0.0.1", port]);
  const bytes = randomBytes(1_048_576);
  client.end(bytes);
  assert.equal(await client.code(), 0);
  child.process.stdout?.resume();
  assert.equal(await child.code(), 0);
  assert.equal(sha256(child.bytes()), sha256(bytes));
});

test("talks with telnet on a terminal", needs("telnet", "python3"), async (t) => {
  const { child, port } = await listening(t, "listen");
  const terminal = onTerminal(t, "telnet", "127.0.0.1", port);
  await terminal.prints(/Escape character/);
  await terminal.write("hello\n");
  await child.prints(/^hello\r\n$/);
  await child.write("hi yourself\n");
  await terminal.prints(/^hi yourself\r\n/m);
  await terminal.write("\x1d");
  await terminal.prints(/telnet> $/);
  await terminal.write("quit\n");
  child.end();
  assert.equal(await child.code(), 0);
  assert.equal(child.stdout, "hello\r\n");
});

test("talks with curl telnet://", needs("curl"), async (t) => {
  const { child, port } = await listening(t, "listen");
  const curl = start(t, "curl", ["-sSN", `telnet://127.0.0.1:${port}`]);
  await curl.write("hello\n");
  await child.prints(/^hello\n$/);
  curl.end();
  child.end("hi yourself\n");
  assert.equal(await curl.code(), 0);
  assert.equal(curl.stdout, "hi yourself\n");
  assert.equal(await child.code(), 0);
});

test("takes 1 MiB from a dozen lines of python, and answers with as much", needs("python3"), async (t) => {
  const { child, port } = await listening(t, "listen");
  const client = python(t, "client.py", "127.0.0.1", port);
  const [ours, theirs] = [randomBytes(1_048_576), randomBytes(1_048_576)];
  client.end(theirs);
  await child.printsBytes(theirs.length);
  child.end(ours);
  assert.equal(await child.code(), 0);
  assert.equal(sha256(child.bytes()), sha256(theirs));
  assert.equal(await client.code(), 0);
  assert.equal(sha256(client.bytes()), sha256(ours));
});

test(
  "-k numbers the output of each client, and sends stdin to all",
  needs(nc, "ncat", "socat"),
  async (t) => {
    const { child, port } = await listening(t, "listen", "-k", ":0");
    const all: Child[] = [];
    for (const [name, begin] of Object.entries(clients)) {
      const client = begin(t, port);
      all.push(client);
      await child.printsOnStderr(
        new RegExp(`^\\[${all.length}\\] connected with 127\\.0\\.0\\.1:\\d+$`, "m"),
      );
      await client.write(`${name} is here\n`);
      await child.prints(new RegExp(`^\\[${all.length}\\] ${name} is here$`, "m"));
    }
    await child.write("good morning all\n");
    for (const client of all) await client.prints(/^good morning all\n$/);
    const [, second, third] = all as [Child, Child, Child];
    await third.write("hello\n");
    await child.prints(/^\[3\] hello\n/m);
    second.end("bye\r\n");
    await child.prints(/^\[2\] bye\n/m);
    // A partial line is printed when it cannot be completed any more.
    third.end("without an end");
    await child.prints(/^\[3\] without an end\n/m);
    child.end("closing time\n");
    for (const client of all) {
      client.end();
      assert.equal(await client.code(), 0);
      assert.equal(client.stdout, "good morning all\nclosing time\n");
    }
    await child.printsOnStderr(/(?:^\[\d\] left: fin by [^]*?){3}/m);
    child.kill("SIGINT");
    assert.equal(await child.code(), 130);
    assert.equal(
      child.stdout,
      `[1] ${nc} is here\n[2] ncat is here\n[3] socat is here\n[3] hello\n[2] bye\n[3] without an end\n`,
    );
  },
);

test("-k keeps typed lines for the first client while none is connected", needs("ncat"), async (t) => {
  const { child, port } = await listening(t, "listen", "-k", ":0");
  child.end("is anybody there?\n");
  const client = start(t, "ncat", ["127.0.0.1", port]);
  await client.prints(/^is anybody there\?\n$/);
  client.end();
  assert.equal(await client.code(), 0);
});

test("--connections 2 ends after the second client", needs("ncat"), async (t) => {
  const { child, port } = await listening(t, "listen", "--connections", "2", ":0");
  child.end();
  for (const word of ["one", "two"]) {
    const client = start(t, "ncat", ["127.0.0.1", port]);
    client.end(`${word}\n`);
    assert.equal(await client.code(), 0);
  }
  assert.equal(await child.code(), 0);
  assert.equal(child.stdout, "[1] one\n[2] two\n");
});
