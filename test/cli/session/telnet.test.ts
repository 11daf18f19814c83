/** `serve --telnet` with clients that write their telnet by hand. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { portcall } from "../../support/command.ts";
import { passiveClient, portOf } from "../support/passive-peers.ts";

test("RFC 1123: CR NUL ends a line for reply, as CR LF does, wherever the network cuts it", async (t) => {
  const server = portcall(t, ["serve", "--telnet", "reply", ":0", "--welcome", ""]);
  const client = await passiveClient(t, { host: "127.0.0.1", port: await portOf(server) });
  client.write("hello\r\0one\r\ntwo\r");
  // Two writes with the answer between them: the NUL comes in a chunk of its own.
  let answer = "";
  client.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
  client.resume();
  while (!answer.includes("OK... one\r\n")) await once(client, "data");
  client.end("\0");
  await once(client, "end");
  assert.match(answer, /OK\.\.\. hello\r\nOK\.\.\. one\r\nOK\.\.\. two\r\n$/);
});
