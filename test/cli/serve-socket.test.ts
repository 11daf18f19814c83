/** `serve --reuse-port` and `--fd`: a shared port, a socket that was passed on, and the options that exclude them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNoEpoll } from "../../src/engine.ts";
import { connect } from "../../src/index.ts";
import { portcall } from "../support/command.ts";

test("--reuse-port: two servers share a port, and each gets clients", { skip: whyNoEpoll() }, async (t) => {
  const serving = (name: string, port: string): ReturnType<typeof portcall> =>
    portcall(t, ["serve", "reply", "--welcome", name, "--reuse-port", `:${port}`]);
  const [, port = ""] = await serving("one", "0").printsOnStderr(/^listening on 127\.0\.0\.1:(\d+)/m);
  await serving("two", port).printsOnStderr(/^listening on/m);
  const missing = new Set(["one", "two"]);
  while (missing.size > 0) {
    await using client = await connect(`127.0.0.1:${port}`);
    const welcome = String(Buffer.from((await client.readExactly(3)) ?? []));
    missing.delete(welcome);
  }
});

test("--fd: what is no socket that listens is refused with what it is, exit 18", async (t) => {
  const server = portcall(t, ["serve", "echo", "--fd", "0"]);
  assert.equal(await server.code(), 18);
  // Of Node's making, the pipes of a child are sockets.
  assert.match(
    server.stderr,
    /^portcall: listen descriptor 0: it is a socket that does not listen \(EINVAL\) \(--fd\)$/m,
  );
});

for (const [args, message] of [
  [["--fd", "3", ":80"], "--fd is a socket that has an address: leave out :80"],
  [["--fd", "3", "-6"], "--fd is a socket that has an address: leave out --ipv6"],
  [["--fd", "3", "-u"], "--fd is a socket that has an address: leave out --udp"],
  [["--fd", "3", "--reuse-port"], "--fd is a socket that has an address: leave out --reuse-port"],
  [["--fd", "three"], '--fd "three" is not a whole number of 0 or more'],
  [["--reuse-port", "unix:/tmp/x"], "a Unix socket has no port: leave out --reuse-port"],
  [["--reuse-port", "--engine", "portable"], "--reuse-port needs a native engine"],
  [["--reuse-port", "-u", ":0"], "--reuse-port is for connections, not for datagrams (-u)"],
] as const) {
  test(
    `refuses ${args.join(" ")}`,
    { skip: (args as readonly string[]).includes("--reuse-port") && whyNoEpoll() },
    async (t) => {
      const server = portcall(t, ["serve", "echo", ...args]);
      assert.equal(await server.code(), 2);
      assert.equal(server.stderr, `portcall serve: ${message}\n`);
    },
  );
}

test("F100: a program on a socket that others may reach needs --allow-remote", async (t) => {
  const server = portcall(t, ["serve", "--exec", "cat", "--fd", "3"]);
  assert.equal(await server.code(), 2);
  assert.match(server.stderr, /^portcall serve: any client that reaches that socket \(--fd\) could use cat;/);
});
