/**
 * F72: subnegotiations without end, with an invalid form (CVE-2026-32746), and for the environment of the
 * client (CVE-2026-24061).
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { portcall } from "../support/command.ts";
import { passiveClient, passiveServer, portOf, receives, receivesEnd } from "../cli/support/passive-peers.ts";
import { unless } from "./support/needs.ts";

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(" ", ""), "hex");

test("F72: one without an end closes its client's connection, and no other", unless(), async (t) => {
  const server = portcall(t, ["serve", "--telnet", "echo", ":0"]);
  const port = await portOf(server);
  const honest = await passiveClient(t, { host: "127.0.0.1", port });
  const giant = await passiveClient(t, { host: "127.0.0.1", port });
  giant.write(Buffer.concat([hex("ff fa 22 03"), Buffer.alloc(9_000, 0x0f)]));
  await server.printsOnStderr(/left: limit by us/);
  assert.equal((await receivesEnd(giant)).toString("hex"), "fffd18fffd1f");
  honest.end("still served\r\n");
  assert.equal((await receivesEnd(honest)).subarray(6).toString(), "still served\r\n");
});

test("F72: one at a client ends it, with a line that says why", unless(), async (t) => {
  const listener = await passiveServer(t);
  const accepted = listener.accept();
  const client = portcall(t, ["connect", "--telnet", "127.0.0.1", String(listener.port)]);
  const socket = await accepted;
  socket.write(Buffer.concat([Buffer.from("before\r\n"), hex("ff fa 22 03"), Buffer.alloc(9_000, 0x0f)]));
  await receivesEnd(socket);
  socket.end();
  assert.equal(await client.code(), 17);
  assert.equal(client.stdout, "before\r\n");
  assert.match(
    client.stderr,
    /^portcall: receive 127\.0\.0\.1:\d+: a subnegotiation is longer than 8192 bytes \(subnegotiationBytesMax\)\n$/,
  );
});

test("F72: the environment is not sent, in answer to any request", unless(), async (t) => {
  const listener = await passiveServer(t);
  const accepted = listener.accept();
  const client = portcall(t, ["connect", "--telnet", "127.0.0.1", String(listener.port)], {
    env: { USER: "-f root", SECRET: "of the environment", TERM: "xterm" },
  });
  const socket = await accepted;
  // NEW-ENVIRON, ENVIRON, XDISPLOC: DO, then SEND of everything, and of USER by name.
  for (const option of ["27", "24", "23"]) {
    socket.write(hex(`ff fd ${option} ff fa ${option} 01 ff f0 ff fa ${option} 01 00 55 53 45 52 ff f0`));
  }
  // The terminal's name requires a terminal, and there is none.
  socket.write(hex("ff fd 18 ff fa 18 01 ff f0"));
  await receives(socket, 4 * 3);
  socket.end();
  client.end();
  assert.equal((await receivesEnd(socket)).toString("hex"), "fffc27fffc24fffc23fffc18");
  assert.equal(await client.code(), 0);
});
