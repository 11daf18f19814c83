import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, symlinkSync } from "node:fs";
import net from "node:net";
import { join, relative } from "node:path";
import { test, type TestContext } from "node:test";
import { tcpAddress, type TcpAddress, type UnixAddress } from "../../../src/base/address/address.ts";
import { findPortHolder } from "../../../src/cli/system/port-holder.ts";
import { temporaryFolder } from "../../support/folder.ts";

const notLinux = process.platform !== "linux" && "reads /proc";
const noIpv6 = notLinux || (!(await canListen("::1")) && "no IPv6 here");

const folder = temporaryFolder();

const program = `
  const server = require("node:net").createServer().on("error", (error) => { process.send({ failed: error.code }); });
  server.listen(JSON.parse(process.argv[1]), () => process.send({ address: server.address() }));
  process.on("disconnect", () => process.exit());
`;

interface Holder {
  readonly pid: number;
  readonly port: number;
}

/** A process of its own that listens, until the test is over. */
async function listenElsewhere(t: TestContext, options: net.ListenOptions, cwd = folder): Promise<Holder> {
  const child = spawn(process.execPath, ["-e", program, JSON.stringify(options)], {
    cwd,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  t.after(() => end(child));
  const [message] = (await once(child, "message")) as [
    { failed?: string; address?: net.AddressInfo | string },
  ];
  assert.equal(message.failed, undefined);
  const { address } = message;
  return { pid: child.pid ?? 0, port: typeof address === "object" ? address.port : 0 };
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

async function canListen(host: string): Promise<boolean> {
  const server = net.createServer();
  try {
    server.listen(0, host);
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

async function assertHolder(address: TcpAddress | UnixAddress, holder: Holder): Promise<void> {
  const found = await findPortHolder(address);
  assert.equal(found?.pid, holder.pid);
  assert.match(found?.command ?? "", /^node/);
}

test("F30: names the process that listens on the address", { skip: notLinux }, async (t) => {
  const holder = await listenElsewhere(t, { host: "127.0.0.1", port: 0 });
  await assertHolder(tcpAddress("127.0.0.1", holder.port), holder);
});

test("F30: names the process that is in the way of 0.0.0.0 and of ::", { skip: noIpv6 }, async (t) => {
  const holder = await listenElsewhere(t, { host: "127.0.0.1", port: 0 });
  await assertHolder(tcpAddress("0.0.0.0", holder.port), holder);
  await assertHolder(tcpAddress("::", holder.port), holder);
});

test("F30: names the process that listens on every address", { skip: notLinux }, async (t) => {
  const holder = await listenElsewhere(t, { host: "0.0.0.0", port: 0 });
  await assertHolder(tcpAddress("127.0.0.1", holder.port), holder);
  await assertHolder(tcpAddress("0.0.0.0", holder.port), holder);
});

test(
  "F30: names the process that listens on :: for an address of either family",
  { skip: noIpv6 },
  async (t) => {
    const holder = await listenElsewhere(t, { host: "::", port: 0 });
    for (const host of ["::1", "::", "127.0.0.1", "0.0.0.0"]) {
      await assertHolder(tcpAddress(host, holder.port), holder);
    }
  },
);

test("F30: takes an IPv4-mapped address for the IPv4 address", { skip: noIpv6 }, async (t) => {
  const holder = await listenElsewhere(t, { host: "::ffff:127.0.0.1", port: 0 });
  await assertHolder(tcpAddress("127.0.0.1", holder.port), holder);
  await assertHolder(tcpAddress("::ffff:127.0.0.1", holder.port), holder);
});

test("F30: prefers the process on the very address", { skip: notLinux }, async (t) => {
  const one = await listenElsewhere(t, { host: "127.0.0.2", port: 0 });
  const other = await listenElsewhere(t, { host: "127.0.0.3", port: one.port });
  await assertHolder(tcpAddress("127.0.0.2", one.port), one);
  await assertHolder(tcpAddress("127.0.0.3", one.port), other);
  assert.equal(await findPortHolder(tcpAddress("127.0.0.4", one.port)), undefined);
});

test(
  "F30: finds no holder on another family, another port, or a client's address",
  { skip: noIpv6 },
  async (t) => {
    const holder = await listenElsewhere(t, { host: "127.0.0.1", port: 0 });
    assert.equal(await findPortHolder(tcpAddress("::1", holder.port)), undefined);
    const client = net.connect(holder.port, "127.0.0.1");
    await once(client, "connect");
    assert.equal(await findPortHolder(tcpAddress("127.0.0.1", client.localPort ?? 0)), undefined);
    client.destroy();
  },
);

test("F30: finds our own process, and none after the end", { skip: notLinux }, async () => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = tcpAddress("127.0.0.1", (server.address() as net.AddressInfo).port);
  assert.equal((await findPortHolder(address))?.pid, process.pid);
  server.close();
  await once(server, "close");
  assert.equal(await findPortHolder(address), undefined);
});

test("F30: names the process behind a Unix socket, by any path to it", { skip: notLinux }, async (t) => {
  const path = join(folder, "with space.sock");
  const holder = await listenElsewhere(t, { path });
  const link = join(folder, "link");
  symlinkSync(folder, link);
  await assertHolder({ family: "unix", path }, holder);
  await assertHolder({ family: "unix", path: relative(".", path) }, holder);
  await assertHolder({ family: "unix", path: join(link, "with space.sock") }, holder);
  assert.equal(await findPortHolder({ family: "unix", path: join(folder, "space.sock") }), undefined);
});

test("F30: knows a relative path by the folder of its holder", { skip: notLinux }, async (t) => {
  const elsewhere = mkdtempSync(join(folder, "elsewhere-"));
  const one = await listenElsewhere(t, { path: "x.sock" }, folder);
  const other = await listenElsewhere(t, { path: "./x.sock" }, elsewhere);
  await assertHolder({ family: "unix", path: join(folder, "x.sock") }, one);
  await assertHolder({ family: "unix", path: join(elsewhere, "x.sock") }, other);
  assert.equal(await findPortHolder({ family: "unix", path: "x.sock" }), undefined);
});

test("F30: names the process behind an abstract socket", { skip: notLinux }, async (t) => {
  const name = `port-holder/${process.pid}`;
  const holder = await listenElsewhere(t, { path: `\0${name}` });
  await assertHolder({ family: "unix", path: `@${name}` }, holder);
  assert.equal(await findPortHolder({ family: "unix", path: `@${process.pid}` }), undefined);
});

test("never throws, for any address", async () => {
  for (const path of ["", "@", "\0", "/", "/no/such/folder/x", "x".repeat(5000)]) {
    assert.equal(await findPortHolder({ family: "unix", path }), undefined);
  }
  for (const host of ["", "localhost", "\0"]) {
    assert.equal(await findPortHolder({ family: 4, host, port: 1 }), undefined);
  }
  assert.equal(await findPortHolder(tcpAddress("127.0.0.1", 0)), undefined);
});
