/** `serve --allow`, `--deny` and `--per-source`: which clients are accepted, and how the others are reported. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { portcall, type Child } from "../support/command.ts";

async function serving(t: TestContext, ...options: string[]): Promise<{ server: Child; port: string }> {
  const server = portcall(t, ["serve", "reply", ":0", ...options]);
  const [, port = ""] = await server.printsOnStderr(/listening on 127\.0\.0\.1:(\d+)/);
  return { server, port };
}

/** Connects from an address of the loopback network. */
function from(t: TestContext, host: string, port: string): Child {
  return portcall(t, ["connect", "127.0.0.1", port, "-s", host]);
}

test("F48: --allow and --deny accept the listed clients, and rejected ones are reported", async (t) => {
  const { server, port } = await serving(
    t,
    "--allow",
    "127.0.0.2,::ffff:127.0.0.4/126",
    "--deny",
    "127.0.0.5",
  );
  for (const host of ["127.0.0.2", "127.0.0.4"]) await from(t, host, port).prints(/Welcome/);
  for (const host of ["127.0.0.3", "127.0.0.5"]) {
    assert.equal(await from(t, host, port).code(), 15);
    await server.printsOnStderr(new RegExp(`^refused ${host}:\\d+: its address is not allowed$`, "m"));
  }
});

test("--deny and --allow given again add to what was given before", async (t) => {
  const allow = ["--allow", "127.0.0.2,127.0.0.3", "--allow", "127.0.0.4,127.0.0.5"];
  const { server, port } = await serving(t, ...allow, "--deny", "127.0.0.3", "--deny", "127.0.0.5");
  for (const host of ["127.0.0.2", "127.0.0.4"]) await from(t, host, port).prints(/Welcome/);
  for (const host of ["127.0.0.3", "127.0.0.5", "127.0.0.6"]) {
    assert.equal(await from(t, host, port).code(), 15);
    await server.printsOnStderr(new RegExp(`^refused ${host}:\\d+: its address is not allowed$`, "m"));
  }
});

test("F12: --per-source keeps one address from taking more than its share", async (t) => {
  const { server, port } = await serving(t, "--per-source", "1");
  await from(t, "127.0.0.2", port).prints(/Welcome/);
  const second = from(t, "127.0.0.2", port);
  await second.prints(/^The server is full\. Try again later\.$/m);
  await server.printsOnStderr(
    /^refused 127\.0\.0\.2:\d+: the limit of 1 connections from one source is reached$/m,
  );
  await from(t, "127.0.0.3", port).prints(/Welcome/);
});

test("-v says the same with how many are here, --explain in a sentence", async (t) => {
  const verbose = await serving(t, "-v", "--deny", "127.0.0.2");
  await from(t, "127.0.0.2", verbose.port).code();
  await verbose.server.printsOnStderr(
    /refuse 127\.0\.0\.2:\d+: its address is not allowed \(0 connected\)$/m,
  );
  const explain = await serving(t, "--explain", "--deny", "127.0.0.2");
  await from(t, "127.0.0.2", explain.port).code();
  await explain.server.printsOnStderr(
    /127\.0\.0\.2:\d+ is refused: its address is not allowed \(0 connected\)\.$/m,
  );
});

for (const [args, message] of [
  [["--allow", "here"], '--allow "here" is neither an IP address nor a block, as in 10.0.0.0/8'],
  [["--deny", "10.0.0.1/8"], '--deny "10.0.0.1/8" has bits behind its prefix: write 10.0.0.0/8'],
  [["--per-source", "0"], '--per-source "0" is not a whole number of 1 or more'],
  [["unix:/tmp/x", "--deny", "::1"], "clients of a Unix socket have no address: leave out --deny"],
] as const) {
  test(`refuses ${args.join(" ")}`, async (t) => {
    const server = portcall(t, ["serve", "echo", ...args]);
    assert.equal(await server.code(), 2);
    assert.equal(server.stderr, `portcall serve: ${message}\n`);
  });
}
