/**
 * F82: a datagram with a forged sender address, which could make two services exchange datagrams without end, or one
 * of them flood a third party.
 */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { portcall, type Child } from "../support/command.ts";
import { noPython, unless } from "./support/needs.ts";
import { runPython } from "./support/python.ts";

const noRawSockets = process.getuid?.() === 0 ? undefined : "this needs root, for raw sockets";

async function serving(t: TestContext, ...args: readonly string[]): Promise<{ child: Child; port: number }> {
  const child = portcall(t, ["serve", "-u", ...args, "127.0.0.1:0"]);
  const [, port = ""] = await child.printsOnStderr(/^listening on 127\.0\.0\.1:(\d+) /m);
  return { child, port: Number(port) };
}

function forge(from: number, to: number): void {
  runPython("forge-datagram", [String(from), String(to), "hello"]);
}

async function answers(child: Child): Promise<number> {
  child.kill("SIGINT");
  assert.equal(await child.code(), 0);
  return Number(/^\d+ datagrams? received, (\d+) answered/m.exec(child.stderr)?.[1]);
}

test(
  "F82: two echo services that answer each other stop by themselves",
  unless(noPython, noRawSockets),
  async (t) => {
    const one = await serving(t, "--rate", "1", "echo");
    const other = await serving(t, "--rate", "1", "echo");
    forge(one.port, other.port);
    await Promise.race(
      [one, other].map(({ child }) =>
        child.printsOnStderr(/^not answered: 127\.0\.0\.1:\d+: its source has reached its rate limit/m),
      ),
    );
    const [first, second] = [await answers(one.child), await answers(other.child)];
    assert.ok(first >= 99 && first <= 105, `${first} answers`);
    assert.ok(second >= 99 && second <= 105, `${second} answers`);
  },
);

for (const [service, port] of [
  ["echo", 7],
  ["chargen", 19],
  ["daytime", 13],
] as const) {
  test(
    `F82: ${service} does not answer a port where services live`,
    unless(noPython, noRawSockets),
    async (t) => {
      const { child, port: own } = await serving(t, service);
      forge(port, own);
      await child.printsOnStderr(
        new RegExp(`^not answered: 127\\.0\\.0\\.1:${port}: its source port may belong to a service`, "m"),
      );
      assert.equal(await answers(child), 0);
    },
  );
}
