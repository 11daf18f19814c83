/** The kernel's statistics of a connection, compared with the output of `ss`. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { whyNoEpoll } from "../../src/engine.ts";
import {
  connect,
  serve,
  type Address,
  type Connection,
  type EngineChoice,
  type TcpInfo,
} from "../../src/index.ts";
import { readTcpInfo } from "../../src/wire/native/tcp-info.ts";
import { needs } from "../support/programs.ts";
import { turnsUntil } from "../support/turns.ts";
import { temporaryFolder } from "../support/folder.ts";

function targetOf(address: Address): string {
  return address.family === "unix" ? `unix:${address.path}` : `127.0.0.1:${address.port}`;
}

/** A client of an echo server, and the server's end. */
async function open(
  t: TestContext,
  engine: EngineChoice,
  endpoint: { readonly path?: string } = {},
): Promise<readonly [client: Connection, there: Connection]> {
  let met: (client: Connection) => void;
  const accepted = new Promise<Connection>((resolve) => (met = resolve));
  const server = await serve({ engine, ...endpoint }, async (client) => {
    met(client);
    for await (const chunk of client) await client.write(chunk);
  });
  t.after(() => server.close({ drainMs: 0 }));
  const client = await connect(targetOf(server.address), { engine });
  t.after(() => client.abort());
  return [client, await accepted];
}

/** The numbers that `ss` prints for the connection from this port. */
function ssOf(local: Address): (pattern: RegExp) => number {
  assert.ok(local.family !== "unix");
  const { stdout } = spawnSync("ss", ["-tinH", `sport = :${local.port}`], { encoding: "utf8" });
  return (pattern) => Number(pattern.exec(stdout)?.[1]);
}

describe("tcpInfo", { skip: whyNoEpoll(), timeout: 30_000 }, () => {
  test("tells what ss tells", needs("ss"), async (t) => {
    const [client] = await open(t, "epoll");
    await client.write(Buffer.alloc(10_000, "x"));
    await client.readExactly(10_000);
    // The kernel delays acknowledgements; after that nothing moves.
    await turnsUntil(() => client.tcpInfo()?.unackedSegments === 0);
    const info = client.tcpInfo() as TcpInfo;
    const ss = ssOf(client.local);
    assert.deepEqual(
      {
        rttMs: info.rttMs,
        rttVarMs: info.rttVarMs,
        minRttMs: info.minRttMs,
        retransmitTimeoutMs: info.retransmitTimeoutMs,
        congestionWindowSegments: info.congestionWindowSegments,
        sendMssBytes: info.sendMssBytes,
        pathMtuBytes: info.pathMtuBytes,
        bytesAcked: info.bytesAcked,
        bytesReceived: info.bytesReceived,
      },
      {
        rttMs: ss(/ rtt:([\d.]+)/),
        rttVarMs: ss(/ rtt:[\d.]+\/([\d.]+)/),
        minRttMs: ss(/ minrtt:([\d.]+)/),
        retransmitTimeoutMs: ss(/ rto:([\d.]+)/),
        congestionWindowSegments: ss(/ cwnd:(\d+)/),
        sendMssBytes: ss(/ mss:(\d+)/),
        pathMtuBytes: ss(/ pmtu:(\d+)/),
        bytesAcked: ss(/ bytes_acked:(\d+)/),
        bytesReceived: ss(/ bytes_received:(\d+)/),
      },
    );
    assert.equal(info.bytesReceived, 10_000);
    assert.ok(Number(info.rttMs) > 0 && Number(info.deliveryRateBytesPerSecond) > 0);
    const {
      retransmitsPending,
      retransmitsTotal,
      bytesRetransmitted,
      bytesNotSent,
      probesPending,
      lostSegments,
    } = info;
    assert.deepEqual(
      [retransmitsPending, retransmitsTotal, bytesRetransmitted, bytesNotSent, probesPending, lostSegments],
      [0, 0, 0, 0, 0, 0],
    );
  });

  test("describes the connection until it is closed", async (t) => {
    const [client, there] = await open(t, "epoll");
    assert.deepEqual([client.tcpInfo()?.state, there.tcpInfo()?.state], ["established", "established"]);
    await client.close();
    await there.closed;
    assert.deepEqual([client.tcpInfo(), there.tcpInfo()], [undefined, undefined]);
  });

  test("knows of a FIN that has no answer yet", async (t) => {
    let state: string | undefined;
    const server = await serve(
      { engine: "epoll" },
      {
        bytes: () => undefined,
        ended(peer) {
          state = peer.tcpInfo()?.state;
          peer.write("?");
        },
      },
    );
    t.after(() => server.close({ drainMs: 0 }));
    await using client = await connect(targetOf(server.address), { engine: "epoll" });
    await client.end();
    await client.readExactly(1);
    assert.deepEqual([client.tcpInfo()?.state, state], ["fin-wait-2", "close-wait"]);
    await client.abort();
  });

  test("shows what the peer does not read: acknowledged, or not even sent", async (t) => {
    const server = await serve(
      { engine: "epoll", port: 0 },
      { opened: (peer) => peer.pause(), bytes: () => undefined },
    );
    t.after(() => server.close({ drainMs: 0 }));
    const client = await connect(targetOf(server.address), { engine: "epoll" });
    t.after(() => client.abort());
    void client.write(Buffer.alloc(64 * 1024 * 1024)).catch(() => undefined);
    await turnsUntil(() => Number(client.tcpInfo()?.bytesNotSent) > 0);
    assert.ok(Number(client.tcpInfo()?.bytesAcked) > 0);
  });

  test("is there in raw mode too", async (t) => {
    let reported: TcpInfo | undefined;
    const server = await serve(
      { engine: "epoll", port: 0 },
      {
        bytes(peer, view) {
          reported = peer.tcpInfo();
          peer.write(view);
        },
      },
    );
    t.after(() => server.close());
    await using client = await connect(targetOf(server.address));
    await client.write("hello");
    await client.readExactly(5);
    assert.deepEqual([reported?.state, reported?.bytesReceived], ["established", 5]);
  });

  test("is nothing for a Unix socket, and from the portable engine", async (t) => {
    const folder = temporaryFolder(t);
    const [overUnix] = await open(t, "epoll", { path: join(folder, "socket") });
    const [portable] = await open(t, "portable");
    assert.deepEqual([overUnix.tcpInfo(), portable.tcpInfo()], [undefined, undefined]);
  });
});

test("of an older kernel, which gives fewer bytes, the later fields are undefined", () => {
  const whole = new Uint8Array(256).fill(1);
  const known = (bytes: number): (string | undefined)[] =>
    Object.entries(readTcpInfo(whole.subarray(0, bytes))).flatMap(([name, value]) =>
      value === undefined ? [] : [name],
    );
  const ofLinux26 = known(104);
  const ofLinux49 = known(168);
  assert.deepEqual(
    known(216).filter((name) => !ofLinux49.includes(name)),
    ["bytesRetransmitted"],
  );
  assert.deepEqual(
    ofLinux49.filter((name) => !ofLinux26.includes(name)),
    ["minRttMs", "deliveryRateBytesPerSecond", "bytesAcked", "bytesReceived", "bytesNotSent"],
  );
  assert.ok(ofLinux26.includes("rttMs") && ofLinux26.includes("retransmitsTotal"));
  assert.deepEqual(known(0), []);
});
