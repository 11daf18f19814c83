/** Invalid options and arguments, from callers whose compiler has not checked them: refused at once, by name. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  backoff,
  bindUdp,
  connect,
  createTelnetSession,
  delimited,
  connectUdp,
  errorCodes,
  formatAddress,
  jsonLines,
  lengthPrefixed,
  lines,
  NetError,
  netstring,
  serve,
  telnet,
} from "../../src/index.ts";
import { openPair, type ConnectionPair } from "../../src/testing/index.ts";

/** As JavaScript passes it. */
const untyped = (options: object): never => options as never;

async function within(call: (pair: ConnectionPair<Uint8Array, Uint8Array>) => unknown): Promise<void> {
  await using pair = await openPair();
  await call(pair);
}

test("an engine that there is not, or is none, is refused by its name", async () => {
  await assert.rejects(
    async () => serve(untyped({ engine: "fast" }), () => undefined),
    /^TypeError: engine "fast" is none of auto, epoll, io_uring, portable$/,
  );
  await using server = await serve({ engine: "portable", port: 0 }, () => undefined);
  assert.ok(server.address);
});

test("bind and dial take an engine by its name, as connect and serve do", async () => {
  for (const engine of ["auto", "portable"] as const) {
    await using bound = await bindUdp({ engine });
    await using dialed = await connectUdp(formatAddress(bound.address), { engine });
    await dialed.send("by name");
    assert.equal(String(Buffer.from((await bound.receive())?.bytes ?? [])), "by name");
  }
  await assert.rejects(
    bindUdp(untyped({ engine: "fast" })),
    /^TypeError: engine "fast" is none of auto, epoll, io_uring, portable$/,
  );
});

test("a codec that was not called is refused with what to write", async () => {
  const message = "codec: a function is not a codec; call it: lines()";
  await assert.rejects(
    serve(untyped({ codec: lines }), () => undefined),
    { name: "TypeError", message },
  );
  await assert.rejects(connect("localhost:1", untyped({ codec: lines })), { name: "TypeError", message });
  await within(({ client }) => {
    assert.throws(
      () => client.useCodec(untyped(lines)),
      /^TypeError: useCodec: codec: a function is not a codec; /,
    );
  });
});

describe("an option that there is not", () => {
  const cases: readonly (readonly [call: () => unknown, message: string])[] = [
    [
      () => connect("localhost:1", untyped({ connectTimeout: 1 })),
      'connect: there is no option "connectTimeout"; did you mean connectTimeoutMs?',
    ],
    [
      () => connect("localhost:1", untyped({ onevent: () => undefined })),
      'connect: there is no option "onevent"; did you mean onEvent?',
    ],
    [() => connect("localhost:1", untyped({ quic: true })), 'connect: there is no option "quic"'],
    [
      () => serve(untyped({ maxConnections: 1 }), () => undefined),
      'serve: there is no option "maxConnections"',
    ],
    [
      () => serve(untyped({ conectionsMax: 1 }), () => undefined),
      'serve: there is no option "conectionsMax"; did you mean connectionsMax?',
    ],
    [
      () => serve(untyped({ connectTimeoutMs: 1 }), () => undefined),
      'serve: there is no option "connectTimeoutMs"',
    ],
    [
      () => lines(untyped({ lineByteMax: 1 })),
      'lines: there is no option "lineByteMax"; did you mean lineBytesMax?',
    ],
    [
      () => delimited("\0", untyped({ keepDelimiters: true })),
      'delimited: there is no option "keepDelimiters"; did you mean keepDelimiter?',
    ],
    [
      () => lengthPrefixed(untyped({ prefix: "u8", ofset: 1 })),
      'lengthPrefixed: there is no option "ofset"; did you mean offset?',
    ],
    [
      () => backoff(untyped({ maxattempts: 3 })),
      'backoff: there is no option "maxattempts"; did you mean maxAttempts?',
    ],
    [() => jsonLines(untyped({ lineBytesMax: 1 })), 'jsonLines: there is no option "lineBytesMax"'],
    [
      () => netstring(untyped({ messageByteMax: 1 })),
      'netstring: there is no option "messageByteMax"; did you mean messageBytesMax?',
    ],
    [() => telnet(untyped({ role: "client" })), 'telnet: there is no option "role"'],
    [
      () => createTelnetSession(untyped({ role: "client", terminaltype: "xterm" })),
      'telnet: there is no option "terminaltype"; did you mean terminalType?',
    ],
    [
      () => within(({ client }) => client.pipeTo(process.stdout, untyped({ keepopen: true }))),
      'pipeTo: there is no option "keepopen"; did you mean keepOpen?',
    ],
    [
      () => within(({ client }) => client.limitRate(untyped({ sendBytesPerSec: 1 }))),
      'limitRate: there is no option "sendBytesPerSec"; did you mean sendBytesPerSecond?',
    ],
  ];
  for (const [call, message] of cases) {
    test(`is refused: ${message}`, async () => {
      await assert.rejects(async () => call(), { name: "TypeError", message });
    });
  }

  test("is not one that is left out by `undefined`", async () => {
    await using server = await serve(
      { port: 0, codec: undefined, onEvent: undefined },
      { bytes: () => undefined },
    );
    assert.ok(server.address);
  });
});

test("timeoutMs of a read is checked before anything is read", async () => {
  await using pair = await openPair();
  await pair.far.write("here already");
  for (const wrong of [0, -1, Number.NaN, "1"]) {
    assert.throws(() => pair.client.read(untyped({ timeoutMs: wrong })), {
      name: "TypeError",
      message: `timeoutMs: ${typeof wrong === "string" ? JSON.stringify(wrong) : wrong} is not a number of milliseconds above 0, or Infinity`,
    });
  }
  const bytes = await pair.client.read({ timeoutMs: Infinity });
  assert.equal(String(Buffer.from(bytes ?? [])), "here already");
});

test("queueBytesMax and policy of trySend are checked, though the connection has ended", async () => {
  await using pair = await openPair();
  const trySend = (options: object) => () => pair.client.trySend(Buffer.from("x"), untyped(options));
  const tests = (): void => {
    assert.throws(trySend({ queueBytesMax: 1.5 }), {
      name: "TypeError",
      message: "queueBytesMax: 1.5 is not a whole number of 1 or more, or Infinity",
    });
    assert.throws(trySend({ policy: "wait" }), {
      name: "TypeError",
      message: 'policy: "wait" is none of drop, disconnect',
    });
  };
  tests();
  assert.equal(trySend({ queueBytesMax: 1 })(), true);
  await pair.client.abort();
  tests();
  assert.equal(trySend({})(), false);
});

test("errorCodes tells what each code means and what to try", async () => {
  const error: unknown = await connect("127.0.0.1:1").catch((reason: unknown) => reason);
  assert.ok(error instanceof NetError);
  assert.equal(error.code, "ECONNREFUSED");
  assert.equal(errorCodes.ECONNREFUSED.meaning, "The host answered that nothing listens on that port.");
  for (const { meaning, fix, stages } of Object.values(errorCodes)) {
    assert.ok(meaning !== "" && fix !== "" && stages.length > 0);
  }
});
