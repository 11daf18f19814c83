/**
 * F83: failures of datagrams, in networks and on systems made for the test. For unreachable ports and datagrams that
 * are too long see test/net and test/contract.
 */
import assert from "node:assert/strict";
import { constants } from "node:os";
import { test, type TestContext } from "node:test";
import { inNamespace, noNamespaces } from "./support/namespace.ts";
import { cannotRun, unless } from "./support/needs.ts";
import { startProgram, type Line } from "./support/program.ts";
import { compileShim, noCompiler } from "./support/shim.ts";

const noIpv6 =
  noNamespaces ??
  cannotRun("this needs IPv6", ...(inNamespace({}) as [string]), "sh", "-ec", "ip -6 addr | grep ::1");

const narrow = { setup: ["ip link set lo mtu 600"] };

test(
  "F83: passes whole where the network cuts it into pieces of 600 bytes",
  unless(noNamespaces),
  async (t) => {
    const lengths = [0, 600, 9_000, 65_507];
    const program = startProgram(t, "datagrams", { lengths }, { behind: inNamespace(narrow) });
    await program.line("done");
    assert.deepEqual(
      program.lines.filter(({ type }) => type !== "done"),
      lengths.map((length) => ({ type: "answer", length, same: true })),
    );
  },
);

async function withFailingSends(t: TestContext, code: number, times: number): Promise<readonly Line[]> {
  const { library } = compileShim("sendto");
  const environment = {
    LD_PRELOAD: library,
    SEND_ERRNO: String(code),
    SEND_LENGTH: "77",
    SEND_TIMES: String(times),
  };
  const program = startProgram(t, "datagrams", { lengths: [5, 77, 6] }, { environment });
  await program.line("done");
  return program.lines;
}

test(
  "F83: a datagram that the system does not send fails alone, and the next is sent",
  unless(noCompiler),
  async (t) => {
    const [first, second, third] = await withFailingSends(t, constants.errno.EPERM, 1);
    assert.deepEqual(first, { type: "answer", length: 5, same: true });
    assert.match(String(second?.["error"]), /^NetError: send 127\.0\.0\.1:\d+: not permitted \(EPERM\)$/);
    assert.deepEqual(third, { type: "answer", length: 6, same: true });
  },
);

test(
  "F83: where the system has no room for it (ENOBUFS), a datagram waits until there is",
  unless(noCompiler),
  async (t) => {
    assert.deepEqual(
      (await withFailingSends(t, constants.errno.ENOBUFS, 20)).filter(({ type }) => type !== "done"),
      [5, 77, 6].map((length) => ({ type: "answer", length, same: true })),
    );
  },
);

test("F83: where there is no route, dialing says so", unless(noNamespaces), async (t) => {
  const program = startProgram(t, "datagrams", { lengths: [1], to: "10.9.0.2" }, { behind: inNamespace({}) });
  const { error } = await program.line("failed");
  assert.match(
    String(error),
    /^NetError: connect 10\.9\.0\.2:\d+: no route to that network \(ENETUNREACH\)$/,
  );
});

test("hears a group of IPv6 on a named interface", unless(noIpv6), async (t) => {
  const program = startProgram(
    t,
    "datagrams",
    { lengths: [9], host: "::", multicast: { groups: ["ff01::4d"], interface: "lo" }, to: "[::1]" },
    { behind: inNamespace({}) },
  );
  await program.line("done");
  assert.deepEqual(program.lines[0], { type: "answer", length: 9, same: true });
});
