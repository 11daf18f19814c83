/** `serve` and `listen` behind a load balancer: what they print, run and refuse. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { connect, encodeProxyHeader, type Connection } from "../../src/index.ts";
import { portcall, type Child } from "../support/command.ts";

const header = encodeProxyHeader({
  version: 2,
  source: { family: 4, host: "192.0.2.1", port: 4711 },
  destination: { family: 4, host: "198.51.100.7", port: 443 },
});

async function started(t: TestContext, ...args: readonly string[]): Promise<[child: Child, port: string]> {
  const child = portcall(t, args);
  const [, port = ""] = await child.printsOnStderr(/^listening on \S+:(\d+)\b/m);
  return [child, port];
}

async function through(t: TestContext, port: string, bytes: Uint8Array | string): Promise<Connection> {
  const connection = await connect(`127.0.0.1:${port}`);
  t.after(() => connection.abort());
  await connection.write(bytes);
  return connection;
}

describe("portcall serve --proxy-protocol", () => {
  test("names the client of the header, and passes it to a program", async (t) => {
    const flags = ["--proxy-protocol", "--proxy-protocol-from", "127.0.0.1"];
    const program = ["--allow-remote", "--sh", "echo $PORTCALL_REMOTE_ADDRESS"];
    const [child, port] = await started(t, "serve", ...flags, ...program, "127.0.0.1:0");
    const balancer = await through(t, port, header);
    assert.equal(await balancer.readLine(), "192.0.2.1");
    await child.printsOnStderr(/192\.0\.2\.1:4711/);
  });

  test("F100: needs --allow-remote for a program, which clients of other machines could use", async (t) => {
    const flags = ["--proxy-protocol", "--proxy-protocol-from", "127.0.0.1"];
    const child = portcall(t, ["serve", ...flags, "--exec", "cat", "127.0.0.1:0"]);
    assert.equal(await child.code(), 2);
    assert.match(child.stderr, /pass clients of other machines on to cat; allow it with --allow-remote/);
  });

  test("says why it refuses a load balancer without a header", async (t) => {
    const flags = ["--proxy-protocol", "--proxy-protocol-from", "127.0.0.1"];
    const [child, port] = await started(t, "serve", ...flags, "echo", "127.0.0.1:0");
    await through(t, port, "hello\n");
    await child.printsOnStderr(
      /handshake 127\.0\.0\.1:\d+: the stream does not begin with a PROXY protocol header/,
    );
  });

  test("F74: says why it resets an address that is not a load balancer's", async (t) => {
    const flags = ["--proxy-protocol", "--proxy-protocol-from", "192.0.2.0/24"];
    const [child, port] = await started(t, "serve", ...flags, "echo", "127.0.0.1:0");
    await through(t, port, header).catch(() => undefined);
    await child.printsOnStderr(
      /127\.0\.0\.1:\d+: its address is not trusted to send PROXY protocol headers \(--proxy-protocol-from\)/,
    );
  });
});

describe("portcall listen --proxy-protocol", () => {
  test("prints what follows the header", async (t) => {
    const flags = ["--proxy-protocol", "--proxy-protocol-from", "127.0.0.1", "-v"];
    const [child, port] = await started(t, "listen", ...flags, "127.0.0.1:0");
    const balancer = await through(t, port, Buffer.concat([header, Buffer.from("hello\n")]));
    await child.prints(/^hello\n$/);
    assert.match(child.stderr, /192\.0\.2\.1:4711/);
    await balancer.close();
  });
});
