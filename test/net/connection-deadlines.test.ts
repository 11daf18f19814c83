/** Every timeout of a connection, on a fake clock; and what does not count towards it. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { MemoryEngineOptions } from "../../src/engine.ts";
import {
  connect,
  formatAddress,
  limits,
  lines,
  NetError,
  serve,
  type Connection,
  type CloseInfo,
  type RawConnection,
  type RawHandler,
  type ServeOptions,
  type Server,
} from "../../src/index.ts";
import { simulateNetwork, type SimulatedNetwork } from "../../src/testing/simulated-network.ts";
import { turnsUntil } from "../support/turns.ts";

/** Options without timeouts, so that only those of the other end fire. */
const patient = {
  firstByteTimeoutMs: Infinity,
  idleTimeoutMs: Infinity,
  messageTimeoutMs: Infinity,
  writeStallTimeoutMs: Infinity,
  halfCloseTimeoutMs: Infinity,
  lingerTimeoutMs: Infinity,
} as const;

interface Simulation extends SimulatedNetwork {
  readonly server: Server;
  /** The end without timeouts. */
  readonly peer: Connection;
  /** How the server's end has closed, if it has. */
  readonly closeInfo: () => CloseInfo | undefined;
}

type Handling = RawHandler | ((client: Connection, network: SimulatedNetwork) => Promise<void>);

interface Options extends Partial<ServeOptions<Uint8Array, Uint8Array>> {
  readonly network?: Omit<MemoryEngineOptions, "clock" | "schedule">;
}

/** A server under test, and a client without timeouts. */
async function simulate(
  t: TestContext,
  ...given: readonly [Handling] | readonly [Options, Handling]
): Promise<Simulation> {
  const handler = given.at(-1) as Handling;
  const { network: engineOptions = {}, ...options } = given.length === 2 ? given[0] : {};
  const network = simulateNetwork(engineOptions);
  const { engine, clock } = network;
  const endings: CloseInfo[] = [];
  const server = await serve(
    {
      engine,
      clock,
      onEvent(event) {
        if (event.type === "closed") endings.push(event.closeInfo);
      },
      ...options,
    },
    (typeof handler === "object" ? handler : (client: Connection) => handler(client, network)) as RawHandler,
  );
  const peer = await connect(formatAddress(server.address), {
    engine,
    clock,
    ...patient,
    readBufferBytesMax: 1000,
  });
  await network.settle();
  t.after(async () => {
    const closed = server.close({ drainMs: 0 });
    await peer.abort();
    await closed;
    await network.settle();
    assert.equal(clock.timers, 0, "no timer is left");
    assert.equal(endings.length, 1, "the connection has ended once");
  });
  return {
    ...network,
    server,
    peer,
    closeInfo: () => endings[0],
  };
}

/** The connection is open one millisecond before, and closed for this reason then. */
async function endsAfter(
  simulation: Simulation,
  ms: number,
  expected: { code: string; option: string; stage?: string; happened: RegExp },
): Promise<void> {
  await simulation.pass(ms - 1);
  assert.equal(simulation.closeInfo(), undefined, `open for ${ms - 1} ms`);
  await simulation.pass(1);
  const { how, by, stage, error } = simulation.closeInfo() ?? assert.fail(`still open after ${ms} ms`);
  assert.deepEqual(
    [how, by, stage, error?.code, error?.option],
    ["timeout", "us", expected.stage ?? "receive", expected.code, expected.option],
  );
  assert.ok(error instanceof NetError);
  const where = formatAddress(simulation.peer.local);
  const [front, end] = [`${stage} ${where}: `, ` (${expected.option})`];
  assert.ok(error.message.startsWith(front) && error.message.endsWith(end), error.message);
  assert.match(error.message.slice(front.length, -end.length), expected.happened);
}

/** A network that holds little on its way. */
const narrow = { capacityBytes: 1000 };

const reader = async (client: Connection): Promise<void> => {
  for await (const chunk of client) void chunk;
};

describe("firstByteTimeoutMs", () => {
  const expected = {
    code: "ERR_FIRST_BYTE_TIMEOUT",
    option: "firstByteTimeoutMs",
    happened: /^the peer sent nothing in its first \d+ ms$/,
  };

  test("closes a connection whose peer never sends", async (t) => {
    const simulation = await simulate(t, reader);
    await endsAfter(simulation, limits.firstByteTimeoutMs.value, expected);
    assert.equal(await simulation.peer.read(), null, "the peer sees an end, not a reset");
  });

  test("closes a raw connection too", async (t) => {
    const simulation = await simulate(t, { bytes: () => undefined });
    await endsAfter(simulation, limits.firstByteTimeoutMs.value, expected);
  });

  test("does not count what we send", async (t) => {
    const simulation = await simulate(t, async (client, network) => {
      void (async () => {
        for (;;) {
          await client.write("are you there?");
          await delay(network, 10_000);
        }
      })().catch(() => undefined);
      await client.read();
    });
    await endsAfter(simulation, limits.firstByteTimeoutMs.value, expected);
    assert.ok(simulation.peer.bytesReceived > 0);
  });

  test("waits for the handler to ask", async (t) => {
    const simulation = await simulate(t, async (client, network) => {
      await delay(network, 500_000);
      await client.read();
    });
    await simulation.pass(500_000);
    await endsAfter(simulation, limits.firstByteTimeoutMs.value, expected);
  });

  test("is over with the first byte", async (t) => {
    const simulation = await simulate(t, { firstByteTimeoutMs: 10 }, reader);
    await simulation.pass(9);
    await simulation.peer.write("x");
    await simulation.pass(1000);
    assert.equal(simulation.closeInfo(), undefined);
  });
});

describe("idleTimeoutMs", () => {
  const expected = {
    code: "ERR_IDLE_TIMEOUT",
    option: "idleTimeoutMs",
    happened: /^the peer was silent for \d+ ms$/,
  };

  test("ends a connection whose peer has fallen silent, counted from its last byte", async (t) => {
    const simulation = await simulate(t, reader);
    await simulation.peer.write("x");
    await simulation.pass(30_000);
    await simulation.peer.write("y");
    await simulation.settle();
    await endsAfter(simulation, limits.idleTimeoutMs.value, expected);
    assert.equal(await simulation.peer.read(), null, "the peer sees an end, not a reset");
  });

  test("does not count what we send", async (t) => {
    const simulation = await simulate(t, async (client, network) => {
      await client.read();
      void (async () => {
        for (;;) {
          await delay(network, 10_000);
          await client.write("are you there?");
        }
      })().catch(() => undefined);
      await client.read();
    });
    await simulation.peer.write("x");
    await simulation.settle();
    await endsAfter(simulation, limits.idleTimeoutMs.value, expected);
    assert.ok(simulation.peer.bytesReceived > 0);
  });

  test("does not count the time that a handler takes, only that in which it waits for the peer", async (t) => {
    const handler = async (client: Connection, network: SimulatedNetwork): Promise<void> => {
      await client.read();
      await client.read({ timeoutMs: 20_000 }).catch(() => undefined);
      await delay(network, 1_000_000);
      await client.read();
    };
    // An explicit timeout also applies during a read with its own.
    const simulation = await simulate(t, { idleTimeoutMs: limits.idleTimeoutMs.value }, handler);
    await simulation.peer.write("x");
    await simulation.pass(1_020_000);
    assert.equal(simulation.closeInfo(), undefined);
    await endsAfter(simulation, limits.idleTimeoutMs.value - 20_000, expected);
  });

  test("begins anew with bytes that came while the handler was at work", async (t) => {
    const simulation = await simulate(t, async (client, network) => {
      await client.read();
      await delay(network, 100_000);
      await client.read();
      await client.read();
    });
    await simulation.peer.write("x");
    await simulation.pass(90_000);
    await simulation.peer.write("y");
    await simulation.pass(10_000);
    await endsAfter(simulation, limits.idleTimeoutMs.value, expected);
  });

  test("does not count while a raw handler has paused", async (t) => {
    let connection: RawConnection | undefined;
    const simulation = await simulate(t, {
      bytes(paused) {
        connection = paused;
        paused.pause();
      },
    });
    await simulation.peer.write("x");
    await simulation.pass(1_000_000);
    assert.equal(simulation.closeInfo(), undefined);
    connection?.resume();
    await endsAfter(simulation, limits.idleTimeoutMs.value, expected);
    // Has no effect, and no timeout starts again.
    connection?.pause();
    connection?.resume();
    assert.equal(simulation.clock.timers, 0);
  });

  test("of a client is clientIdleTimeoutMs, for its first byte as well", async (t) => {
    const { engine, clock, settle, pass } = simulateNetwork();
    const server = await serve({ engine, clock, ...patient }, reader);
    const client = await connect(formatAddress(server.address), { engine, clock });
    t.after(() => server.close({ drainMs: 0 }));
    const reading = client.read();
    await settle();
    await pass(limits.clientIdleTimeoutMs.value - 1);
    assert.equal(client.closeInfo, undefined);
    await pass(1);
    await assert.rejects(reading, { code: "ERR_FIRST_BYTE_TIMEOUT" });
    const { how } = await client.closed;
    assert.equal(how, "timeout");
  });
});

describe("messageTimeoutMs", () => {
  const expected = {
    code: "ERR_MESSAGE_TIMEOUT",
    option: "messageTimeoutMs",
    happened: /^a message was incomplete after \d+ ms$/,
  };
  const lineReader = async (client: Connection): Promise<void> => {
    for await (const line of client.useCodec(lines())) await client.write(line);
  };

  test("F9: ends a connection whose message drips in, however steadily", async (t) => {
    const simulation = await simulate(t, lineReader);
    const { peer, pass } = simulation;
    await pass(50_000);
    await peer.write("x");
    for (let second = 0; second < 29; second++) {
      await pass(1000);
      await peer.write("x");
    }
    await simulation.settle();
    await endsAfter(simulation, limits.messageTimeoutMs.value - 29_000, expected);
    assert.equal(await peer.read(), null, "the peer sees an end, not a reset");
  });

  test("F9: begins anew with each message, and not in between", async (t) => {
    const simulation = await simulate(t, lineReader);
    const { peer, pass } = simulation;
    for (let message = 0; message < 5; message++) {
      await peer.write("slow");
      await pass(29_000);
      await peer.write("ly\n");
      await pass(29_000);
    }
    assert.equal(simulation.closeInfo(), undefined);
    await peer.write("one\ntwo\nthr");
    await simulation.settle();
    await endsAfter(simulation, limits.messageTimeoutMs.value, expected);
  });

  test("does not count the time that a handler takes, only that in which it waits for the peer", async (t) => {
    const simulation = await simulate(t, async (client, network) => {
      await client.readLine({ timeoutMs: 10_000 }).catch(() => undefined);
      await delay(network, 1_000_000);
      await client.readLine();
      await client.readLine();
    });
    const { peer, pass } = simulation;
    await peer.write("begun, ");
    await pass(1_010_000);
    await pass(19_000);
    await peer.write("finished\nand the next ");
    await simulation.settle();
    assert.equal(simulation.closeInfo(), undefined);
    await endsAfter(simulation, limits.messageTimeoutMs.value, expected);
  });

  test("counts for readExactly and readUntil as well, and not for read", async (t) => {
    const simulation = await simulate(t, async (client) => {
      await client.read();
      await client.read();
      await client.readExactly(4);
      await client.readUntil("!");
    });
    const { peer, pass } = simulation;
    await peer.write("a");
    await pass(40_000);
    await peer.write("b");
    await pass(40_000);
    await peer.write("cd");
    await pass(29_000);
    await peer.write("ef");
    await pass(29_000);
    await peer.write("gh");
    await simulation.settle();
    await endsAfter(simulation, limits.messageTimeoutMs.value, expected);
  });
});

describe("writeStallTimeoutMs", () => {
  const expected = {
    code: "ERR_WRITE_STALL_TIMEOUT",
    option: "writeStallTimeoutMs",
    stage: "send",
    happened: /^the peer accepted none of \d+ bytes in \d+ ms$/,
  };

  test("F28: ends a connection whose peer takes nothing", async (t) => {
    const simulation = await simulate(t, async (client, network) => {
      await client.write(Buffer.alloc(100_000));
      await network.settle();
      await client.write(Buffer.alloc(400_000));
    });
    await endsAfter(simulation, limits.writeStallTimeoutMs.value, expected);
    const { bytesSent, bytesUnsent } = simulation.closeInfo() ?? assert.fail();
    assert.equal(bytesSent + bytesUnsent, 500_000);
    assert.ok(bytesUnsent > 0 && bytesSent > 0);
    await assert.rejects(
      async () => {
        for await (const chunk of simulation.peer) void chunk;
      },
      { code: "ECONNRESET" },
      "half of it is no end",
    );
  });

  test("F28: rejects the waiting write", async (t) => {
    let thrown: unknown;
    const simulation = await simulate(t, async (client) => {
      await client.write(Buffer.alloc(500_000)).catch((error: unknown) => (thrown = error));
    });
    await simulation.pass(2 * limits.writeStallTimeoutMs.value);
    assert.notEqual(thrown, undefined);
    assert.equal(thrown, simulation.closeInfo()?.error);
  });

  test("F28: ends one in raw mode, and one that was closed, too", async (t) => {
    const simulation = await simulate(t, {
      bytes: () => undefined,
      opened(connection) {
        connection.write(Buffer.alloc(100_000));
      },
      drained(connection) {
        connection.write(Buffer.alloc(400_000));
        connection.close();
      },
    });
    await endsAfter(simulation, limits.writeStallTimeoutMs.value, expected);
  });

  test("F28: is at most twice as long for a peer that took something at first", async (t) => {
    const simulation = await simulate(t, async (client) => {
      await client.write(Buffer.alloc(500_000));
    });
    await simulation.pass(2 * limits.writeStallTimeoutMs.value);
    assert.equal(simulation.closeInfo()?.error?.code, "ERR_WRITE_STALL_TIMEOUT");
  });

  test("F7: begins anew when the peer takes something, however slowly it goes on", async (t) => {
    const simulation = await simulate(t, { network: narrow }, async (client) => {
      await client.write(Buffer.alloc(200_000));
    });
    const { peer, pass } = simulation;
    for (let minute = 0; minute < 20; minute++) {
      await pass(25_000);
      assert.equal((await peer.readExactly(1000))?.length, 1000);
    }
    assert.equal(simulation.closeInfo(), undefined);
  });
});

describe("halfCloseTimeoutMs", () => {
  const unread = { idleTimeoutMs: Infinity, firstByteTimeoutMs: Infinity };
  const expected = {
    code: "ERR_HALF_CLOSE_TIMEOUT",
    option: "halfCloseTimeoutMs",
    happened: /^one direction has ended and nothing moved in the other for \d+ ms$/,
  };

  test("F21: ends a connection whose peer has ended, and whose handler does nothing", async (t) => {
    const simulation = await simulate(t, async (client) => {
      await client.closed;
    });
    await simulation.peer.end();
    await simulation.settle();
    await endsAfter(simulation, limits.halfCloseTimeoutMs.value, expected);
  });

  test("F21: ends a connection on which we have ended, and whose peer does nothing", async (t) => {
    const simulation = await simulate(t, unread, async (client) => {
      await client.end();
      await client.closed;
    });
    await endsAfter(simulation, limits.halfCloseTimeoutMs.value, expected);
  });

  test("begins anew whenever something moves, in either direction", async (t) => {
    const simulation = await simulate(t, async (client, network) => {
      for (let minute = 0; minute < 5; minute++) {
        await delay(network, 50_000);
        await client.write("moving");
      }
      await client.closed;
    });
    await simulation.peer.end();
    await simulation.pass(5 * 50_000);
    assert.equal(simulation.peer.bytesReceived, 30);
    await endsAfter(simulation, limits.halfCloseTimeoutMs.value, expected);
  });

  test("begins anew with what the peer says after our end", async (t) => {
    const stayer = async (client: Connection): Promise<void> => {
      await client.end();
      await reader(client);
    };
    const simulation = await simulate(t, unread, stayer);
    for (let minute = 0; minute < 5; minute++) {
      await simulation.pass(50_000);
      await simulation.peer.write("moving");
    }
    await simulation.settle();
    await endsAfter(simulation, limits.halfCloseTimeoutMs.value, expected);
  });
});

describe("inactivityTimeoutMs", () => {
  const expected = {
    code: "ERR_IDLE_TIMEOUT",
    option: "inactivityTimeoutMs",
    happened: /^nothing was sent or received for 5000 ms$/,
  };
  const inactive = { ...patient, inactivityTimeoutMs: 5_000 };

  test("ends a connection on which nothing moves", async (t) => {
    const simulation = await simulate(t, inactive, reader);
    await endsAfter(simulation, 5_000, expected);
    assert.equal(await simulation.peer.read(), null, "the peer sees FIN, not a reset");
  });

  test("begins anew with each byte in either direction", async (t) => {
    const simulation = await simulate(t, inactive, async (client, network) => {
      const reading = reader(client);
      for (let times = 0; times < 5; times++) {
        await delay(network, 4_000);
        await client.write("sent");
      }
      await reading;
    });
    await simulation.pass(20_000);
    assert.equal(simulation.peer.bytesReceived, 20);
    for (let times = 0; times < 5; times++) {
      await simulation.pass(4_000);
      await simulation.peer.write("received");
    }
    await simulation.settle();
    await endsAfter(simulation, 5_000, expected);
  });

  test("does not run while what came is left unread", async (t) => {
    const simulation = await simulate(t, inactive, async (client, network) => {
      await client.read();
      await delay(network, 60_000);
      await client.read();
    });
    await simulation.peer.write("x");
    await simulation.pass(60_000);
    await endsAfter(simulation, 5_000, expected);
  });

  for (const [when, peerEnds] of [
    ["", false],
    [" after its FIN", true],
  ] as const) {
    test(`ends a connection with a reset when the peer takes none of our bytes${when}`, async (t) => {
      const simulation = await simulate(t, inactive, async (client) => {
        const reading = reader(client);
        await client.write(Buffer.alloc(500_000)).catch(() => undefined);
        await reading;
      });
      if (peerEnds) await simulation.peer.end();
      await simulation.pass(10_000);
      const { error, how, bytesUnsent } = simulation.closeInfo() ?? assert.fail("still open");
      assert.deepEqual([how, error?.code, error?.option], ["timeout", expected.code, expected.option]);
      assert.ok(bytesUnsent > 0);
      assert.match(
        error?.message ?? "",
        /, and the peer has not accepted \d+ bytes \(inactivityTimeoutMs\)$/,
      );
    });
  }

  test("begins anew when the peer takes something, however slowly it goes on", async (t) => {
    const simulation = await simulate(t, { ...inactive, network: narrow }, async (client) => {
      const reading = reader(client);
      await client.write(Buffer.alloc(200_000)).catch(() => undefined);
      await reading;
    });
    const { peer, pass } = simulation;
    for (let times = 0; times < 20; times++) {
      await pass(4_000);
      assert.equal((await peer.readExactly(1000))?.length, 1000);
    }
    assert.equal(simulation.closeInfo(), undefined);
  });

  test("ends a connection that was closed, and whose peer takes none of our last bytes", async (t) => {
    const simulation = await simulate(t, inactive, async (client) => {
      void client.write(Buffer.alloc(500_000)).catch(() => undefined);
      await client.close();
    });
    await simulation.pass(20_000);
    assert.equal(simulation.closeInfo()?.error?.option, "inactivityTimeoutMs");
  });

  test("does not run after the peer's FIN while there is nothing to send", async (t) => {
    const simulation = await simulate(t, inactive, async (client) => {
      await reader(client);
      await client.closed;
    });
    await simulation.peer.end();
    await simulation.pass(60_000);
    assert.equal(simulation.closeInfo(), undefined);
  });
});

describe("lingerTimeoutMs", () => {
  test("F23: closes a connection whose peer does not send FIN, as a normal close", async (t) => {
    const simulation = await simulate(t, async (client) => {
      await client.write("bye");
    });
    await simulation.pass(limits.lingerTimeoutMs.value - 1);
    assert.equal(simulation.closeInfo(), undefined);
    await simulation.pass(1);
    const { how, by, error } = simulation.closeInfo() ?? assert.fail("still open");
    assert.deepEqual([how, by, error], ["fin", "us", undefined]);
  });

  test("F23: is not prolonged by a peer that goes on sending", async (t) => {
    const simulation = await simulate(t, async (client) => {
      await client.write("bye");
    });
    const { peer, pass } = simulation;
    for (let moment = 0; moment < 20; moment++) {
      await peer.write("and another thing");
      await pass(limits.lingerTimeoutMs.value / 20);
    }
    const closeInfo = simulation.closeInfo();
    assert.equal(closeInfo?.how, "fin");
  });

  test("begins with close(), when our side had ended before", async (t) => {
    const simulation = await simulate(t, async (client) => {
      await client.end();
    });
    await simulation.pass(limits.lingerTimeoutMs.value - 1);
    assert.equal(simulation.closeInfo(), undefined);
    await simulation.pass(1);
    assert.equal(simulation.closeInfo()?.how, "fin");
  });

  test("begins when everything is sent, not when close() is called", async (t) => {
    const simulation = await simulate(t, async (client) => {
      void client.write(Buffer.alloc(200_000));
    });
    const { peer, pass } = simulation;
    await pass(20_000);
    assert.equal(simulation.closeInfo(), undefined);
    assert.equal((await peer.readExactly(200_000))?.length, 200_000);
    await pass(limits.lingerTimeoutMs.value - 1);
    assert.equal(simulation.closeInfo(), undefined);
    await pass(1);
    assert.equal(simulation.closeInfo()?.how, "fin");
  });
});

describe("drainMs", () => {
  const waiting = async (client: Connection): Promise<void> => {
    await client.closed;
  };

  test("is given to the clients of a closing server; then they are cut", async (t) => {
    const simulation = await simulate(t, waiting);
    const closing = simulation.server.close();
    await simulation.pass(limits.drainMs.value - 1);
    assert.equal(simulation.closeInfo(), undefined);
    await simulation.pass(1);
    await closing;
    const { how, by, stage, error } = simulation.closeInfo() ?? assert.fail("still open");
    assert.deepEqual([how, by, stage, error?.code], ["aborted", "us", "close", "ERR_DRAIN_TIMEOUT"]);
    const where = formatAddress(simulation.peer.local);
    assert.equal(
      error?.message,
      `close ${where}: not finished ${limits.drainMs.value} ms after the server began to close (drainMs)`,
    );
    await assert.rejects(simulation.peer.read(), { code: "ECONNRESET" });
  });

  test("0 cuts at once, also when a longer one is under way", async (t) => {
    const simulation = await simulate(t, waiting);
    const closing = simulation.server.close();
    await simulation.pass(10);
    assert.equal(simulation.closeInfo(), undefined);
    await simulation.server.close({ drainMs: 0 });
    await closing;
    assert.equal(simulation.closeInfo()?.error?.code, "ERR_DRAIN_TIMEOUT");
  });

  test("Infinity waits for ever", async (t) => {
    const simulation = await simulate(t, patient, waiting);
    const closing = simulation.server.close({ drainMs: Infinity });
    await simulation.pass(1e9);
    assert.equal(simulation.closeInfo(), undefined);
    await simulation.peer.abort();
    await closing;
  });
});

describe("F38: a process that stood still", () => {
  test("does not time out peers that have sent data meanwhile", async (t) => {
    const simulation = await simulate(t, reader);
    const { peer, clock, settle } = simulation;
    await peer.write("x");
    await settle();
    void peer.write("y");
    clock.jump(10 * limits.idleTimeoutMs.value);
    // After such a delay the timeout waits for dozens of turns.
    for (let turns = 0; turns < 60; turns++) await settle();
    assert.equal(simulation.closeInfo(), undefined);
    await endsAfter(simulation, limits.idleTimeoutMs.value, {
      code: "ERR_IDLE_TIMEOUT",
      option: "idleTimeoutMs",
      happened: /silent/,
    });
  });

  test("times out the other peers", async (t) => {
    const simulation = await simulate(t, reader);
    const { peer, clock, settle } = simulation;
    await peer.write("x");
    await settle();
    clock.jump(10 * limits.idleTimeoutMs.value);
    await turnsUntil(() => simulation.closeInfo() !== undefined);
    assert.equal(simulation.closeInfo()?.error?.code, "ERR_IDLE_TIMEOUT");
    await settle();
    assert.equal(clock.timers, 0);
  });
});

test("Infinity turns every deadline off, and then there is no timer either", async (t) => {
  const simulation = await simulate(t, patient, async (client) => {
    await client.readLine();
    await client.write(Buffer.alloc(500_000));
    await client.end();
    await client.readLine();
  });
  const { peer, pass, clock } = simulation;
  await pass(1e9);
  await peer.write("begun, ");
  await pass(1e9);
  assert.equal(clock.timers, 0);
  await peer.write("and finished\n");
  await pass(1e9);
  assert.equal((await peer.readExactly(500_000))?.length, 500_000);
  await pass(1e9);
  assert.equal(clock.timers, 0);
  assert.equal(simulation.closeInfo(), undefined);
  await peer.close();
});

function delay({ clock }: SimulatedNetwork, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
