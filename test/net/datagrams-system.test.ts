/** Datagram sockets and features of a real system: multicast, broadcast, ports in use, a missing address family. */
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { describe, test } from "node:test";
import {
  bindUdp as bindOn,
  connectUdp as dialOn,
  formatAddress,
  NetError,
  type BindUdpOptions,
  type BoundUdpSocket,
  type ConnectedUdpSocket,
  type ConnectUdpOptions,
  type EngineChoice,
} from "../../src/index.ts";
import { nativeEngines } from "../support/native-engines.ts";

const loopback = Object.entries(networkInterfaces()).find(([, all]) =>
  all?.some(({ address }) => address === "::1"),
)?.[0];

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

for (const { name, whyNot } of [{ name: "portable", whyNot: undefined } as const, ...nativeEngines]) {
  describe(
    `a datagram socket of the system, by the ${name} engine`,
    { skip: whyNot, timeout: 30_000 },
    () => {
      testSystem(name);
    },
  );
}

function testSystem(engine: EngineChoice): void {
  const bindUdp = (options: BindUdpOptions = {}): Promise<BoundUdpSocket> => bindOn({ engine, ...options });
  const connectUdp = (target: string, options: ConnectUdpOptions = {}): Promise<ConnectedUdpSocket> =>
    dialOn(target, { engine, ...options });

  test("sends as fast as it is awaited without holding up the event loop", async () => {
    await using server = await bindUdp();
    await using client = await connectUdp(formatAddress(server.address));
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    for (let sent = 0; !turned; sent++) {
      assert.ok(sent < 1_000, "the event loop had no turn");
      await client.send("x");
    }
  });

  test("F30: an address in use is reported with stage bind", async () => {
    await using first = await bindUdp();
    await assert.rejects(bindUdp({ port: first.address.port }), (error) => {
      assert.ok(error instanceof NetError);
      assert.equal(
        error.message,
        `bind ${formatAddress(first.address)}: address already in use (EADDRINUSE)`,
      );
      return true;
    });
  });

  test("reuseAddress: lets two hear the same group, and this machine what it sends there", async () => {
    const options = {
      host: "0.0.0.0",
      reuseAddress: true,
      multicast: { groups: ["239.255.77.1"], interface: "127.0.0.1" },
    };
    await using first = await bindUdp(options);
    await using second = await bindUdp({ ...options, port: first.address.port });
    await using sender = await bindUdp({ host: "127.0.0.1", ttl: 1, multicast: { interface: "127.0.0.1" } });
    await sender.sendTo("to all", `239.255.77.1:${first.address.port}`);
    for (const socket of [first, second]) {
      const came = await socket.receive();
      assert.equal(text(came?.bytes), "to all");
      assert.deepEqual(came?.from, sender.address);
    }
  });

  test("a broadcast is sent only where broadcast is set, and the refusal names the option", async () => {
    await using hearer = await bindUdp({ host: "0.0.0.0" });
    const to = `127.255.255.255:${hearer.address.port}`;
    await using plain = await bindUdp();
    await assert.rejects(
      plain.sendTo("x", to),
      /^NetError: send 127\.255\.255\.255:\d+: .*\(EACCES\) \(broadcast\)$/,
    );
    await assert.rejects(
      connectUdp(to),
      /^NetError: connect 127\.255\.255\.255:\d+: .*\(EACCES\) \(broadcast\)$/,
    );
    await using caster = await bindUdp({ broadcast: true });
    await caster.sendTo("broadcast", to);
    assert.equal(text((await hearer.receive())?.bytes), "broadcast");
  });

  test("ipv6Only: leaves IPv4 of the same port to others", { skip: loopback === undefined }, async () => {
    await using six = await bindUdp({ host: "::", ipv6Only: true });
    await using four = await bindUdp({ host: "0.0.0.0", port: six.address.port });
    assert.equal(four.address.port, six.address.port);
  });

  test("localAddress: is where a connected socket sends from", async () => {
    await using server = await bindUdp();
    await using client = await connectUdp(formatAddress(server.address), { localAddress: "127.0.0.2" });
    assert.equal(client.local.host, "127.0.0.2");
    await client.send("x");
    assert.deepEqual((await server.receive())?.from, client.local);
    await assert.rejects(
      connectUdp(formatAddress(server.address), { localAddress: "::1" }),
      /^NetError: connect 127\.0\.0\.1:\d+: ::1 is of the other family \(localAddress\)$/,
    );
  });

  test("dial localhost reaches a server on either of its addresses", async () => {
    await using server = await bindUdp({ host: "127.0.0.1" });
    await using client = await connectUdp(`localhost:${server.address.port}`);
    await client.send("hello");
    const came = await server.receive();
    assert.equal(text(came?.bytes), "hello");
    await server.sendTo("hello yourself", came?.from ?? "");
    assert.equal(text((await client.receive()) ?? undefined), "hello yourself");
  });

  if (engine !== "portable") {
    test("answers from the address that was asked, also when the answer comes later", async () => {
      await using server = await bindUdp({ host: "0.0.0.0" });
      const hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.255.255.254"];
      const clients = await Promise.all(hosts.map((host) => connectUdp(`${host}:${server.address.port}`)));
      const questions = [];
      for (const client of clients) {
        await client.send("question");
        questions.push(await server.receive());
      }
      assert.deepEqual(
        questions.map((question) => question?.local.host),
        hosts,
      );
      for (const question of questions.toReversed()) await server.sendTo("answer", question?.from ?? "");
      for (const client of clients) {
        assert.equal(text((await client.receive()) ?? undefined), "answer");
        await client.close();
      }
    });

    test("answers a broadcast from an address of the network that it came from", async () => {
      await using server = await bindUdp({ host: "0.0.0.0" });
      await using client = await bindUdp({ broadcast: true });
      await client.sendTo("who is there", `127.255.255.255:${server.address.port}`);
      const question = await server.receive();
      assert.equal(question?.local.host, "127.255.255.255");
      await server.sendTo("me", question.from);
      const answer = await client.receive();
      assert.deepEqual([text(answer?.bytes), answer?.from.host], ["me", "127.0.0.1"]);
    });
  }
}
