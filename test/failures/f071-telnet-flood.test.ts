/** F71: a peer that negotiates without end, to provoke endless replies. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { portcall } from "../support/command.ts";
import { passiveClient, passiveServer, portOf, receivesEnd } from "../cli/support/passive-peers.ts";
import { unless } from "./support/needs.ts";

/** A million requests: each option, on each side, repeatedly. */
function flood(): Buffer {
  const requests = Buffer.alloc(3_000_000);
  for (let index = 0; index < 1_000_000; index++) {
    requests.set([0xff, 0xfb + (index & 3), (index >> 2) & 0xff], index * 3);
  }
  return requests;
}

/** At most a hundred replies per option and side, and a few bytes about those that are agreed to. */
const answerBytesMax = 3 * 2 * 256 * 100 + 1_000;

test(
  "F71: a server answers a million requests a bounded number of times, and serves on",
  unless(),
  async (t) => {
    const server = portcall(t, ["serve", "--telnet", "echo", ":0"]);
    const client = await passiveClient(t, { host: "127.0.0.1", port: await portOf(server) });
    if (!client.write(flood())) await once(client, "drain");
    client.end("still here\r\n");
    const answer = await receivesEnd(client);
    assert.equal(answer.subarray(-12).toString(), "still here\r\n");
    assert.ok(answer.length < answerBytesMax, `${answer.length} bytes of answers`);
  },
);

test("F71: a client does so too", unless(), async (t) => {
  const listener = await passiveServer(t);
  const accepted = listener.accept();
  const client = portcall(t, ["connect", "--telnet", "127.0.0.1", String(listener.port)]);
  const socket = await accepted;
  if (!socket.write(flood())) await once(socket, "drain");
  socket.end("still here\r\n");
  client.end();
  const answer = await receivesEnd(socket);
  assert.ok(answer.length < answerBytesMax, `${answer.length} bytes of answers`);
  assert.equal(await client.code(), 0);
  assert.equal(client.stdout, "still here\r\n");
});

test("F71: replies wait for a peer that reads none of them, and close no connection", unless(), async (t) => {
  const server = portcall(t, ["serve", "--telnet", "discard", ":0", "--connections", "1"]);
  const client = await passiveClient(t, { host: "127.0.0.1", port: await portOf(server) });
  // Paused throughout: it reads no reply before it has sent everything.
  if (!client.write(flood())) await once(client, "drain");
  client.end();
  await server.printsOnStderr(/left: fin by the peer, 2.9 MiB \(3000000 bytes\) in/);
  assert.ok((await receivesEnd(client)).length < answerBytesMax);
  assert.equal(await server.code(), 0);
});
