/**
 * F70 and F73: telnet commands split anywhere by the network, and the byte that begins commands as data.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { portcall } from "../support/command.ts";
import { passiveClient, portOf, receives, receivesEnd } from "../cli/support/passive-peers.ts";
import { unless } from "./support/needs.ts";

/** DO TTYPE, DO NAWS: the first bytes from a server. */
const opening = Buffer.from("fffd18fffd1f", "hex");

test(
  "F70: a stream of telnet that comes in single bytes is echoed as its data alone",
  unless(),
  async (t) => {
    const server = portcall(t, ["serve", "--telnet", "echo", ":0"]);
    const client = await passiveClient(t, { host: "127.0.0.1", port: await portOf(server) });
    client.setNoDelay(true);
    const stream = Buffer.from("a\xff\xfb\x18b\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0c\xff\xf1d\r\0e", "latin1");
    for (const byte of stream) {
      client.write(Uint8Array.of(byte));
      // So that the next one is usually a separate chunk.
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.end();
    const answer = await receivesEnd(client);
    // CR NUL ends a line (RFC 1123, section 3.3.1), so the echo ends it with CR LF. The reply to WILL TTYPE is the
    // request for the name. A window size without agreement is ignored.
    const [asks, data] = [Buffer.from("fffa1801fff0", "hex"), Buffer.from("abcd\r\ne")];
    assert.deepEqual(answer.subarray(0, opening.length), opening);
    const rest = answer.subarray(opening.length);
    const at = rest.indexOf(asks);
    assert.ok(at >= 0);
    assert.deepEqual(Buffer.concat([rest.subarray(0, at), rest.subarray(at + asks.length)]), data);
  },
);

test("F73: runs of the byte 255, and every other byte, come back as they went", unless(), async (t) => {
  const server = portcall(t, ["serve", "--telnet", "echo", ":0"]);
  const client = await passiveClient(t, { host: "127.0.0.1", port: await portOf(server) });
  // BINARY in both directions: DO, WILL.
  client.write(Buffer.from("fffd00fffb00", "hex"));
  const agreed = Buffer.concat([opening, Buffer.from("fffb00fffd00", "hex")]);
  const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const plain = Buffer.concat([
    ...Array.from({ length: 2_000 }, (_, run) => Buffer.alloc(run % 97, 0xff)),
    ...Array.from({ length: 200 }, () => every),
  ]);
  const doubled = Buffer.from(plain.toString("latin1").replaceAll("\xff", "\xff\xff"), "latin1");
  const received = receives(client, agreed.length + doubled.length);
  if (!client.write(doubled)) await once(client, "drain");
  await received;
  client.end();
  assert.deepEqual(await receivesEnd(client), Buffer.concat([agreed, doubled]));
});
