/**
 * Link-local addresses and groups with a zone (RFC 4007), in a network of two interfaces that a cable joins: data sent
 * on one arrives at the other.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inNamespace, noNamespaces } from "../failures/support/namespace.ts";
import { nativeEngines } from "../support/native-engines.ts";
import { start } from "../support/command.ts";

const index = new URL("../../src/index.js", import.meta.url).href;
const command = new URL("../../../bin/portcall.js", import.meta.url).pathname;

const cable: readonly string[] = [
  "ip link add left type veth peer name right",
  "ip link set left addrgenmode none",
  "ip link set right addrgenmode none",
  "ip link set left up",
  "ip link set right up",
  "ip -6 addr add fe80::a/64 dev left nodad",
  "ip -6 addr add fe80::b/64 dev right nodad",
];

/** A request to a group on one interface, received on the other, and the reply. */
const talk = (engine: string): string => `
import { bindUdp, connectUdp, formatAddress } from ${JSON.stringify(index)};
const engine = "${engine}";
const text = (bytes) => new TextDecoder().decode(bytes);
const say = (...what) => console.log(JSON.stringify(what));
const server = await bindUdp({ engine, host: "::", multicast: { groups: ["ff02::1234%right"] } });
const { port } = server.address;
const client = await bindUdp({ engine, host: "::" });
await client.sendTo("question", "[ff02::1234%left]:" + port);
const question = await server.receive();
say(text(question.bytes), question.from.host, question.local.host);
await server.sendTo("answer", question.from);
const answer = await client.receive();
say(text(answer.bytes), answer.from.host);
const dialed = await connectUdp("[ff02::1234%left]:" + port, { engine });
await dialed.send("by a dialed socket");
say(text((await server.receive()).bytes));
const one = await bindUdp({ engine, host: "fe80::b%right" });
say(one.address.host, formatAddress(one.address) === "[fe80::b%right]:" + one.address.port);
process.exit(0);
`;

/** A server of the command, the output of its clients, and their exit codes. */
const commands = `
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
const portcall = [${JSON.stringify(command)}];
const server = spawn(process.execPath, [...portcall, "serve", "-u", "reply", "[::]:0"]);
let line = "";
server.stderr.on("data", (text) => (line += text));
while (!/:\\d+ /.test(line)) await once(server.stderr, "data");
const port = /:(\\d+) /.exec(line)[1];
const connect = (input, ...args) =>
  spawnSync(process.execPath, [...portcall, "connect", "-u", ...args], { input, encoding: "utf8" });
const answered = connect("question\\n", "[fe80::b%left]:" + port);
const sent = connect("to a group\\n", "-q", "0", "[ff02::1%left]:" + port);
console.log(JSON.stringify([answered.stdout, answered.status, sent.status]));
server.kill();
`;

describe("zones of link-local groups", { skip: noNamespaces, timeout: 60_000 }, () => {
  for (const { name, whyNot } of [{ name: "portable", whyNot: undefined }, ...nativeEngines]) {
    test(`choose the interface, on the ${name} engine`, { skip: whyNot }, async (t) => {
      const [program = "", ...args] = inNamespace({ setup: cable });
      const child = start(t, program, [...args, process.execPath, "--input-type=module", "-e", talk(name)]);
      assert.equal(await child.code(), 0, child.stderr);
      const said = child.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown[]);
      // Node does not report the destination of a datagram.
      const local = name === "portable" ? "::" : "ff02::1234%right";
      assert.deepEqual(said, [
        ["question", "fe80::a%right", local],
        ["answer", "fe80::b%left"],
        ["by a dialed socket"],
        ["fe80::b%right", true],
      ]);
    });
  }

  test("stand in the targets of connect -u", async (t) => {
    const [program = "", ...args] = inNamespace({ setup: cable });
    const child = start(t, program, [...args, process.execPath, "--input-type=module", "-e", commands]);
    assert.equal(await child.code(), 0, child.stderr);
    assert.deepEqual(JSON.parse(child.stdout), ["OK... question\n", 0, 0]);
  });
});
