/** The command changes no byte: a service answers, and a client prints, exactly what was sent. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { portcall } from "../support/command.ts";
import { passiveServer, portOf } from "./support/passive-peers.ts";

/** Every byte but those of line ends, and a line end. */
const line = Buffer.from([
  ...Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 0x0a && byte !== 0x0d),
  0x0a,
]);

for (const [service, args, answer] of [
  ["reply", ["--welcome", ""], Buffer.concat([Buffer.from("OK... "), line])],
  ["reply", ["--welcome", "", "--frame", "lf"], Buffer.concat([Buffer.from("OK... "), line])],
  ["echo", [], line],
  ["echo", ["--messages", "1"], line],
  ["echo", ["--frame", "lines"], line],
] as const) {
  test(`serve ${[service, ...args].join(" ")} and connect pass every byte on`, async (t) => {
    const server = portcall(t, ["serve", service, ":0", ...args, "--connections", "1"]);
    const client = portcall(t, ["connect", "127.0.0.1", String(await portOf(server))]);
    client.end(line);
    assert.equal(await client.code(), 0);
    assert.deepEqual(client.bytes("stdout"), answer);
  });
}

test("connect --telnet prints every byte of a server that sends BINARY", async (t) => {
  const listener = await passiveServer(t);
  const accepted = listener.accept();
  const client = portcall(t, ["connect", "--telnet", "127.0.0.1", String(listener.port)]);
  const socket = await accepted;
  const doubled = Buffer.concat([line.subarray(0, -1), Buffer.of(0xff), line.subarray(-1)]);
  // WILL BINARY, then every byte, 255 twice.
  socket.end(Buffer.concat([Buffer.of(0xff, 0xfb, 0), doubled]));
  client.end();
  assert.equal(await client.code(), 0);
  assert.deepEqual(client.bytes("stdout"), line);
});
