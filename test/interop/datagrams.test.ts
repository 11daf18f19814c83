/**
 * Datagrams with other programs, at both ends.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { portcall, start } from "../support/command.ts";
import { hasIpv6, listening, nc, needs, python } from "./peers.ts";

const timeout = 60_000;

/** What these programs print when they are ready. */
const ready = /^Bound on|Listening on|listening on|receiving on/m;

/** A free port for programs that cannot let the system choose. */
async function freePort(t: TestContext): Promise<string> {
  const { child, port } = await listening(t, "listen", "-u");
  child.kill();
  await child.exited;
  return port;
}

const clients: readonly (readonly [
  name: string,
  program: string,
  args: (port: string) => readonly string[],
])[] = [
  ["nc", nc, (port) => ["-u", "-w", "2", "127.0.0.1", port]],
  ["ncat", "ncat", (port) => ["-u", "-i", "2", "127.0.0.1", port]],
  ["socat", "socat", (port) => ["-t", "2", "-", `UDP:127.0.0.1:${port}`]],
];

for (const [name, program, args] of clients) {
  test(`${name} -u gets the answers of serve -u`, { ...needs(program), timeout }, async (t) => {
    const { port } = await listening(t, "serve", "-u", "reply", ":0");
    const client = start(t, program, args(port));
    await client.write("hello\n");
    await client.prints(/^OK\.\.\. hello\n$/);
    await client.write("again\n");
    await client.prints(/\nOK\.\.\. again\n$/);
  });

  test(`${name} -u and listen -u exchange datagrams`, { ...needs(program), timeout }, async (t) => {
    const { child, port } = await listening(t, "listen", "-u");
    const client = start(t, program, args(port));
    await client.write("question\n");
    await child.prints(/^question\n$/);
    await child.write("answer\n");
    await client.prints(/^answer\n$/);
  });
}

const servers: readonly (readonly [
  name: string,
  program: string,
  args: (port: string) => readonly string[],
])[] = [
  ["nc", nc, (port) => ["-v", "-u", "-l", "127.0.0.1", port]],
  ["ncat", "ncat", (port) => ["-v", "-u", "-l", "127.0.0.1", port]],
  ["socat", "socat", (port) => ["-d", "-d", "-", `UDP-LISTEN:${port},bind=127.0.0.1`]],
];

for (const [name, program, args] of servers) {
  test(`connect -u talks to ${name} that listens`, { ...needs(program), timeout }, async (t) => {
    const port = await freePort(t);
    const server = start(t, program, args(port));
    await server.printsOnStderr(ready);
    const child = portcall(t, ["connect", "-u", "127.0.0.1", port]);
    await child.write("question\n");
    await server.prints(/^question\n$/);
    await server.write("answer\n");
    await child.prints(/^answer\n$/);
    child.end();
    assert.equal(await child.code(), 0);
  });
}

test("connect -u gets the answers of socat's echo", { ...needs("socat"), timeout }, async (t) => {
  const port = await freePort(t);
  const server = start(t, "socat", ["-d", "-d", `UDP-RECVFROM:${port},bind=127.0.0.1,fork`, "PIPE"]);
  await server.printsOnStderr(ready);
  const child = portcall(t, ["connect", "-u", "127.0.0.1", port]);
  await child.write("there and back\n");
  await child.prints(/^there and back\n$/);
  child.end();
  assert.equal(await child.code(), 0);
});

test("connect -u and a server in Python", { ...needs("python3"), timeout }, async (t) => {
  const server = python(t, "datagrams.py", "serve");
  const [, port = ""] = await server.prints(/^port (\d+)$/m);
  const child = portcall(t, ["connect", "-u", "127.0.0.1", port]);
  await child.write("stressed");
  await child.prints(/^desserts$/);
  child.end();
  assert.equal(await child.code(), 0);
});

test(
  "serve -u and a client in Python, which gets an empty answer too",
  { ...needs("python3"), timeout },
  async (t) => {
    const { port } = await listening(t, "serve", "-u", "echo", ":0");
    const client = python(t, "datagrams.py", "ask", port, "one", "", "three");
    assert.equal(await client.code(), 0);
    assert.equal(client.stdout, "one\n\nthree\n");
  },
);

for (const service of ["daytime", "time", "chargen"]) {
  test(`serve -u ${service} answers nc`, { ...needs(nc), timeout }, async (t) => {
    const { port } = await listening(t, "serve", "-u", service, ":0");
    const client = start(t, nc, ["-u", "-w", "2", "127.0.0.1", port]);
    await client.write("?");
    const expected = { daytime: 20, time: 4, chargen: 59 }[service] ?? 0;
    await client.printsBytes(expected);
  });
}

test("listen -u -k numbers several programs", { ...needs(nc, "socat"), timeout }, async (t) => {
  const { child, port } = await listening(t, "listen", "-u", "-k");
  const one = start(t, nc, ["-u", "127.0.0.1", port]);
  await one.write("from nc\n");
  await child.prints(/^\[1\] from nc\n$/);
  const two = start(t, "socat", ["-", `UDP:127.0.0.1:${port}`]);
  await two.write("from socat\n");
  await child.prints(/^\[2\] from socat\n$/m);
  await child.write("to all\n");
  await Promise.all([one.prints(/^to all\n$/), two.prints(/^to all\n$/)]);
});

test(
  "nc -6 -u and serve -u on ::1",
  { skip: hasIpv6 ? needs(nc).skip : "this machine has no ::1", timeout },
  async (t) => {
    const { port } = await listening(t, "serve", "-u", "echo", "[::1]:0");
    const client = start(t, nc, ["-6", "-u", "::1", port]);
    await client.write("six\n");
    await client.prints(/^six\n$/);
  },
);
