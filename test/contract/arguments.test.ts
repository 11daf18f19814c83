/**
 * Every function of the library refuses an argument that cannot be: with a TypeError that names it, shows the value and
 * says what is expected, before anything happens. What is called stays usable.
 *
 * What there is to call is read from the API report, and so are the types: a further function, method or option fails
 * here until it has a row, or a type that is known below.
 */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import {
  ByteQueue,
  chooseEngine,
  createEpollEngine,
  createMemoryEngine,
  createPortableEngine,
  createUringEngine,
  WireError,
  type Engine,
} from "../../src/engine.ts";
import {
  backoff,
  bindUdp,
  codecByName,
  CodecError,
  connect,
  connectNodeStream,
  createDnsResolver,
  createSystemResolver,
  createTelnetSession,
  delimited,
  connectUdp,
  encodeProxyHeader,
  fixed,
  formatAddress,
  jsonLines,
  lengthPrefixed,
  lines,
  mapCodec,
  NetError,
  netstring,
  parseTarget,
  proxyHeaderDecoder,
  serve,
  telnet,
  isRetryable,
  type RawConnection,
} from "../../src/index.ts";
import {
  connectPeer,
  ExpectationError,
  FakeClock,
  listenPeer,
  openPair,
  ScriptedPeer,
  simulateNetwork,
  testCodec,
  watchLeaks,
} from "../../src/testing/index.ts";
import { shown } from "../../src/base/arguments.ts";
import { forEachEngine } from "../support/engines.ts";
import { membersOfLiteral, readApi, type Api, type Callable, type Part } from "./api-report.ts";

/** A function that is called with arguments of which one cannot be; the others are these. */
interface Row {
  readonly call: (...args: never[]) => unknown;
  readonly valid: readonly unknown[];
  /** What its errors call the argument, if not by its name. */
  readonly names?: readonly string[];
}

/** Those that open something are asynchronous, and reject; every other function throws at once. */
const rejecting = new Set([
  "bindUdp",
  "connect",
  "connectUdp",
  "serve",
  "openPair",
  "connectPeer",
  "listenPeer",
]);

/**
 * Methods of interfaces that the library returns. The other interfaces are implemented by callers, and the library
 * calls them.
 */
const handedOut = new Set(["RawConnection.write", "RawConnection.limitRate"]);

/** A class as a function that creates an instance. */
function construct(made: new (...args: never[]) => object): Row["call"] {
  return (...args) => new made(...args);
}

/** Interfaces whose methods the library calls, or which take no arguments. */
const calledByUs = [
  ...["Clock", "Codec", "ConnectionSink", "DatagramWire", "DatagramWireEvents", "Decoder", "Engine", "Layer"],
  ...["Listener", "ListenerEvents", "RawHandler", "Timer", "WebSink", "Wire", "WireEvents"],
];
const withoutArguments = [
  ...["abort", "close", "end", "pause", "ref", "resume", "tcpInfo", "unref"].map(
    (name) => `RawConnection.${name}`,
  ),
  ...["TcpAddress.toString", "UnixAddress.toString"],
  ...["ConnectionPair.close", "LeakWatch.check", "ListeningPeer.accept", "ListeningPeer.close"],
];

const noObject = [5, "text", true, [], () => undefined];
const noNumber = ["5", Number.NaN, -1, true, {}, [], 5n];
const noFunction = [5, "text", true, {}, []];
const noBytes = [
  5,
  true,
  {},
  [],
  () => "x",
  new ArrayBuffer(8),
  new DataView(new ArrayBuffer(8)),
  new Uint16Array(2),
];

/** By their types, as the report spells them, what cannot be. A type that is not here is to be added. */
function wrongFor(type: string): readonly unknown[] {
  const plain = type
    .replace(/\s+/g, " ")
    .replaceAll(/ \| undefined/g, "")
    .replace(/^\((.*)\)$/, "$1")
    .trim();
  if (plain === "number") return noNumber;
  if (plain === "string") return [5, true, {}, [], () => "x"];
  if (plain === "boolean") return [5, 0, "true", {}, []];
  if (["unknown", "Message", "never", "undefined"].includes(plain)) return [];
  if (/^(Uint8Array \| string|string \| Uint8Array|Out)$/.test(plain)) return noBytes;
  if (/^Uint8Array$/.test(plain)) return [...noBytes, "text"];
  if (/^\(.*\) => .+$/.test(plain) || /^(Resolver|RetrySchedule|DeclareTest)$/.test(plain)) return noFunction;
  if (/^AbortSignal$/.test(plain)) return [...noObject, {}, { aborted: false }];
  if (/^(Codec|Engine|Clock|Layer)(<.*>)?$/.test(plain)) return [...noObject, {}];
  if (/^Engine \| EngineChoice$/.test(plain)) return [...noObject, {}];
  if (/^(Family|4 \| 6)$/.test(plain)) return [5, "4", true, {}];
  if (/^readonly (string|Uint8Array|number|Message|Attempt)\[\]$/.test(plain))
    return [5, {}, "text", () => []];
  if (plain === "string | readonly string[]") return [5, true, {}, [5], () => "x"];
  if (/^("TLSv1\.[23]"( \| )?)+$/.test(plain)) return [5, "TLSv1.1", {}, true];
  if (plain === 'boolean | "optional"') return [5, "other", {}];
  if (/^Readonly<Record<string, \w+>>$/.test(plain)) return [...noObject, { "a.test": 5 }];
  if (plain === "1 | 2") return [0, 3, "1", true, {}];
  if (plain === "readonly ProxyTlv[]")
    return [5, {}, "text", [5], [{ type: "1", value: new Uint8Array(1) }], [{ type: 224, value: "x" }]];
  if (plain === "Destination") {
    return [
      5,
      true,
      [],
      () => "x",
      {},
      { scheme: "tcp" },
      { scheme: "tcp", host: 5, port: 1 },
      { scheme: "tcp", host: "localhost", port: "1" },
      { scheme: "unix" },
      { host: "localhost" },
      { path: 5 },
    ];
  }
  if (/^UdpAddress \| string$/.test(plain))
    return [5, true, [], () => "x", {}, { host: "::1" }, { host: 5, port: 1 }];
  if (plain === "Address") return [...noObject, {}, { family: 4, host: "::1" }, { family: "unix" }];
  if (plain === "PipeDestination") return [...noObject, {}, { write: () => undefined }];
  if (/^(Handler \| RawHandler|Handler<.*>)$/.test(plain))
    return [5, "text", [], {}, { bytes: 5 }, { bytes: () => undefined, closed: 5 }];
  if (/^(NetError|Connection)$/.test(plain)) return [...noObject, {}];
  if (plain === "ErrorCode") return [5, {}, true];
  if (/^(TelnetSide|TelnetOption|EngineChoice|Stage|LineEncoding|StartTlsProtocol)$/.test(plain))
    return [5, "other", {}, true];
  if (plain === "TelnetMessage") return [...noObject, {}, { type: "other" }, { type: "data", bytes: "x" }];
  if (/^("[^"]*"( \| )?)+$/.test(plain)) return [5, "other", {}, true];
  if (/^(CodecError|WireError)\["\w+"\]$/.test(plain)) return [5, "other", {}, true];
  if (/^("[^"]*"|number)( \| ("[^"]*"|number))*$/.test(plain)) return [5n, "other", {}];
  if (isRecord(plain)) return noObject;
  throw new Error(`what cannot be a ${plain}? Say so in wrongFor`);
}

/** What a name of an object of options or of parts ends in. */
const recordNames =
  /(Options|Limits|Parts|Rate|Window|Contract|Allowed|Mapping|ProxyHeader|ProxyHeaderToSend|ProxyTls)$/;

function isRecord(type: string): boolean {
  if (type.startsWith("{") || type.includes(" & ") || /^(Partial|Omit|NonNullable)</.test(type)) return true;
  return type.split(" | ").every((one) => recordNames.test(one.replace(/<.*>$/, "")));
}

/** The members of all interfaces that a type names, and of those written out in it. */
function membersIn(api: Api, type: string): readonly Part[] {
  const plain = type.replace(/\s+/g, " ");
  const names = [...plain.matchAll(/\b(\w+)\b/g)].map(([, name = ""]) => name);
  const named = names.filter((name) => recordNames.test(name));
  const omitted = /^Omit<\w+, ([^>]+)>/.exec(plain)?.[1] ?? "";
  const members = [...named.flatMap((name) => api.membersOf(name) ?? []), ...membersOfLiteral(plain)];
  return members.filter(({ name }) => !omitted.includes(`"${name}"`));
}

/** What stands beside a member that cannot be, in an object within the options. */
const beside: Readonly<Record<string, object>> = {
  proxyProtocol: { version: 2 },
  window: { columns: 80, rows: 24 },
  connectionsPerSourceRate: { connections: 1, perMs: 1 },
  limit: {
    codec: lines(),
    option: "lineBytesMax",
    bytesMax: 1,
    framingBytes: 1,
    exactly: Buffer.from("x"),
    oneMore: Buffer.from("xx"),
  },
};

/** Values that are accepted although the type does not include them. */
const canBe = new Set(["lengthPrefixed(options.adjustment: -1)"]);

/** One thing that must be refused, and what its error names. */
interface Case {
  readonly title: string;
  readonly args: readonly unknown[];
  readonly value: unknown;
  /** One of these is in the message. */
  readonly names: readonly string[];
}

function* casesOf(api: Api, { name: callable, parts }: Callable, row: Row): Generator<Case> {
  // What one overload requires, another may leave out.
  const isOverloaded = api.callables.filter(({ name }) => name === callable).length > 1;
  for (const [position, part] of parts.entries()) {
    const given = (value: unknown): unknown[] =>
      row.valid.with?.(position, value) ?? withAt(row.valid, position, value);
    const wrong = [...wrongFor(part.type), null, ...(part.optional || isOverloaded ? [] : [undefined])];
    for (const value of part.type === "unknown" ? [] : wrong) {
      const names = [...(row.names ?? []), part.name, callable, callable.replace(/^\w+\.|^new /, "")];
      yield { title: `${callable}(${part.name}: ${shown(value)})`, args: given(value), value, names };
    }
    const base = row.valid[position] ?? {};
    for (const { path, type, optional } of nested(api, part.type)) {
      for (const value of [...wrongFor(type), null, ...(optional || isOverloaded ? [] : [undefined])]) {
        const title = `${callable}(${part.name}.${path.join(".")}: ${shown(value)})`;
        yield { title, args: given(withIn(base, path, value)), value, names: [path.at(-1) as string] };
      }
    }
    // Parts of an error are no options.
    if (membersIn(api, part.type).length > 0 && !part.type.endsWith("Parts")) {
      const args = given({ ...base, noSuchOption: 1 });
      yield {
        title: `${callable}(${part.name}.noSuchOption)`,
        args,
        value: "noSuchOption",
        names: ["noSuchOption"],
      };
    }
  }
}

/** Every member of an object type, and of those in it. */
function nested(api: Api, type: string): readonly { path: string[]; type: string; optional: boolean }[] {
  return membersIn(api, type)
    .filter(({ type: member }) => member !== "unknown")
    .flatMap((part) => {
      const inner = /^\{|Rate\b|Window\b|TelnetAllowed|ProxyTls/.test(part.type)
        ? nested(api, part.type).map((one) => ({ ...one, path: [part.name, ...one.path] }))
        : [];
      return [{ path: [part.name], type: part.type, optional: part.optional }, ...inner];
    });
}

function withAt(list: readonly unknown[], position: number, value: unknown): unknown[] {
  const copy = [...list];
  copy[position] = value;
  return copy;
}

function withIn(base: object, [name = "", ...rest]: readonly string[], value: unknown): object {
  const inner = (base as Record<string, unknown>)[name] ?? beside[name] ?? {};
  return { ...base, [name]: rest.length === 0 ? value : withIn(inner, rest, value) };
}

async function refuses({ title, args, value, names }: Case, row: Row, rejects: boolean): Promise<void> {
  let result: unknown;
  let thrown: unknown;
  let isAtOnce = true;
  try {
    result = row.call(...(args as never[]));
    isAtOnce = false;
    // A rejection comes before the event loop has turned once; what is not refused may take for ever.
    if (rejects) await Promise.race([result, turn()]);
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) {
    const opened = rejects ? (result as Promise<{ close: () => unknown }>) : undefined;
    opened?.then(
      (one) => one.close(),
      () => undefined,
    );
    if (result instanceof Promise) result.catch(() => undefined);
  }
  assert.ok(
    thrown instanceof TypeError,
    `${title} is not refused: ${thrown instanceof Error ? thrown.stack : "it returned"}`,
  );
  const { message } = thrown;
  const spellings = [shown(value), JSON.stringify(typeof value === "bigint" ? 0 : value)];
  assert.ok(
    names.some((name) => message.includes(name)),
    `${title} is not named: ${message}`,
  );
  assert.ok(
    spellings.some((spelling) => spelling !== undefined && message.includes(spelling)) || isDeep(value),
    `${title}: the value is not shown: ${message}`,
  );
  assert.ok(!message.includes("\n"), `${title}: more than a line: ${message}`);
  assert.equal(
    isAtOnce,
    !rejects,
    `${title} is refused ${isAtOnce ? "at once" : "by a rejection"}: ${message}`,
  );
}

/** An object of which a part cannot be: the message may tell of that part alone. */
function isDeep(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

const portcall = readApi("etc/portcall.api.md");
const engineEntry = readApi("etc/portcall-engine.api.md");
const testing = readApi("etc/portcall-testing.api.md");

interface Opened {
  readonly rows: Readonly<Record<string, Row>>;
  /** Rejects unless everything that was called can still be used. */
  readonly hasRoomFor: () => Promise<void>;
}

/** Everything that methods are called on, open. */
async function openAll(t: TestContext, engine: Engine): Promise<Opened> {
  const pair = await openPair({ engine });
  t.after(() => pair.close());
  const connection = pair.client;
  const bound = await bindUdp({ engine });
  t.after(() => bound.close());
  const dialed = await connectUdp(formatAddress(bound.address), { engine });
  t.after(() => dialed.close());
  let opened!: (raw: RawConnection) => void;
  const accepted = new Promise<RawConnection>((resolve) => (opened = resolve));
  const server = await serve({ engine, port: 0 }, { opened, bytes: () => undefined });
  t.after(() => server.close({ drainMs: 0 }));
  const rawClient = await connect(formatAddress(server.address), { engine });
  t.after(() => rawClient.abort());
  const raw = await accepted;
  const session = createTelnetSession({ role: "server" });
  const queue = new ByteQueue();
  queue.push(Buffer.from("some bytes"));
  const clock = new FakeClock();
  const peer = new ScriptedPeer(pair.far);
  const target = formatAddress(pair.server.address);
  const at = { engine };
  const codec = lines();

  /** A method, called on its object. */
  function on<Of extends object>(object: Of, method: keyof Of, ...valid: readonly unknown[]): Row {
    return { call: (...args) => (object[method] as (...args: unknown[]) => unknown)(...args), valid };
  }

  const rows: Readonly<Record<string, Row>> = {
    backoff: { call: backoff, valid: [{}] },
    bindUdp: { call: bindUdp, valid: [at] },
    chooseEngine: { call: chooseEngine, valid: ["auto"], names: ["engine"] },
    codecByName: { call: codecByName, valid: ["lines", "utf8"] },
    connect: { call: connect, valid: [target, at] },
    connectNodeStream: { call: connectNodeStream, valid: [target, at] },
    createDnsResolver: { call: createDnsResolver, valid: [clock] },
    createEpollEngine: { call: createEpollEngine, valid: [clock] },
    createMemoryEngine: { call: createMemoryEngine, valid: [{}] },
    createPortableEngine: { call: createPortableEngine, valid: [clock] },
    createSystemResolver: { call: createSystemResolver, valid: [] },
    createTelnetSession: { call: createTelnetSession, valid: [{ role: "client" }] },
    createUringEngine: { call: createUringEngine, valid: [clock] },
    delimited: { call: delimited, valid: ["\n", {}] },
    connectUdp: { call: connectUdp, valid: [formatAddress(bound.address), at] },
    encodeProxyHeader: { call: encodeProxyHeader, valid: [{ version: 2 }] },
    fixed: { call: fixed, valid: [4] },
    formatAddress: { call: formatAddress, valid: [bound.address] },
    jsonLines: { call: jsonLines, valid: [{}] },
    lengthPrefixed: { call: lengthPrefixed, valid: [{ prefix: "u8" }] },
    lines: { call: lines, valid: [{}] },
    mapCodec: {
      call: mapCodec,
      valid: [codec, { decode: (line: string) => line, encode: (line: string) => line }],
    },
    netstring: { call: netstring, valid: [{}] },
    parseTarget: { call: parseTarget, valid: ["localhost:1", {}], names: ["target"] },
    proxyHeaderDecoder: { call: proxyHeaderDecoder, valid: [{}] },
    serve: { call: serve, valid: [at, () => undefined] },
    telnet: { call: telnet, valid: [{}] },
    isRetryable: {
      call: isRetryable,
      valid: [new NetError({ code: "EPIPE", stage: "send", happened: "x" })],
    },

    "new CodecError": { call: construct(CodecError), valid: ["invalid", "x", {}] },
    "new NetError": {
      call: construct(NetError),
      valid: [{ code: "EPIPE", stage: "send", happened: "x" }],
    },
    "new WireError": { call: construct(WireError), valid: ["EPIPE", "send", undefined] },
    "new ExpectationError": {
      call: construct(ExpectationError),
      valid: ["x", "y", "z", undefined],
    },
    "new ScriptedPeer": { call: construct(ScriptedPeer), valid: [pair.far, {}] },

    "BoundUdpSocket.sendTo": on(bound, "sendTo", "x", dialed.local),
    "DatagramSocket.receive": on(bound, "receive", {}),
    "ConnectedUdpSocket.send": on(dialed, "send", "x"),

    "ByteQueue.at": on(queue, "at", 0),
    "ByteQueue.indexOf": on(queue, "indexOf", 0, 0),
    "ByteQueue.indexOfBytes": on(queue, "indexOfBytes", Buffer.from("x"), 0),
    "ByteQueue.peek": on(queue, "peek", 1),
    "ByteQueue.push": on(queue, "push", Buffer.from("x")),
    "ByteQueue.skip": on(queue, "skip", 0),
    "ByteQueue.take": on(queue, "take", 0),
    "ByteQueue.takeText": on(queue, "takeText", 0),

    "Connection.limitRate": on(connection, "limitRate", {}),
    "Connection.startTls": on(connection, "startTls", {}),
    "Connection.startTls of a server": {
      ...on(pair.far, "startTls", { cert: "x", key: "y" }),
      names: ["tls.cert"],
    },
    "Connection.toNodeStream": on(connection, "toNodeStream", {}),
    "Connection.pipeTo": on(connection, "pipeTo", process.stdout, {}),
    "Connection.read": on(connection, "read", {}),
    "Connection.readAtMost": on(connection, "readAtMost", 1, {}),
    "Connection.readExactly": on(connection, "readExactly", 1, {}),
    "Connection.readLine": on(connection, "readLine", {}),
    "Connection.readUntil": on(connection, "readUntil", "\n", {}),
    "Connection.receive": on(connection, "receive", {}),
    "Connection.send": on(connection, "send", "x"),
    "Connection.trySend": on(connection, "trySend", "x", {}),
    "Connection.useCodec": on(connection, "useCodec", codec),
    "Connection.useLayer": on(connection, "useLayer", session),
    "Connection.write": on(connection, "write", "x"),
    "RawConnection.limitRate": on(raw, "limitRate", {}),
    "RawConnection.write": on(raw, "write", "x"),
    "Server.close": on(pair.server, "close", {}),
    "Server.setTls": on(pair.server, "setTls", { cert: "x", key: "y" }),

    "TelnetSession.ask": on(session, "ask", "us", "echo", true),
    "TelnetSession.command": on(session, "command", 241),
    "TelnetSession.does": on(session, "does", "us", "echo"),
    "TelnetSession.open": on(session, "open", () => undefined),
    "TelnetSession.receive": on(session, "receive", Buffer.from("x"), () => undefined),
    "TelnetSession.resize": on(session, "resize", { columns: 80, rows: 24 }),
    "TelnetSession.send": on(session, "send", Buffer.from("x")),

    connectPeer: { call: connectPeer, valid: [target, at] },
    listenPeer: { call: listenPeer, valid: [at] },
    openPair: { call: openPair, valid: [at] },
    simulateNetwork: { call: simulateNetwork, valid: [{}] },
    testCodec: {
      call: testCodec,
      valid: [{ codec, messages: ["a", "b", "c"], cutShort: "is a message" }, () => undefined],
    },
    watchLeaks: { call: watchLeaks, valid: [{}] },
    "FakeClock.advance": on(clock, "advance", 0),
    "FakeClock.after": on(clock, "after", 0, () => undefined),
    "FakeClock.jump": on(clock, "jump", 0),
    "ScriptedPeer.expect": on(peer, "expect", "x"),
    "ScriptedPeer.send": on(peer, "send", "x"),
  };

  async function hasRoomFor(): Promise<void> {
    assert.equal(connection.pendingBytes, 0);
    await connection.write("to the far end\n");
    assert.equal(await pair.far.readLine(), "to the far end");
    await peer.send("back\n");
    assert.equal(await connection.readLine(), "back");
    raw.write("raw\n");
    assert.equal(await rawClient.readLine(), "raw");
    await dialed.send("datagram");
    const datagram = await bound.receive();
    assert.equal(String(Buffer.from(datagram?.bytes ?? [])), "datagram");
    await bound.sendTo("answer", dialed.local);
    assert.equal(String(Buffer.from((await dialed.receive()) ?? [])), "answer");
    assert.equal(Buffer.from(queue.takeAll()).toString(), "some bytes");
  }
  return { rows, hasRoomFor };
}

describe("every method of an interface", () => {
  test("is handed out and has a row, takes no arguments, or is called by the library", () => {
    const reports = [portcall, engineEntry, testing];
    for (const name of reports.flatMap((api) => api.interfaceMethods)) {
      const [owner = ""] = name.split(".");
      assert.ok(
        handedOut.has(name) || withoutArguments.includes(name) || calledByUs.includes(owner),
        `${name}: add a row, or say who calls it`,
      );
    }
  });
});

/** The callables of the three reports, and the methods that are handed out. */
const callables = [
  ...[portcall, engineEntry, testing].flatMap((api) =>
    api.callables
      .filter(({ name }) => name !== "Connection.startTls")
      .map((callable) => ({ api, ...callable })),
  ),
  // Its options depend on the role of the connection.
  {
    api: portcall,
    name: "Connection.startTls",
    parts: [{ name: "options", type: "StartTlsOptions", optional: true }],
  },
  {
    api: portcall,
    name: "Connection.startTls of a server",
    parts: [{ name: "options", type: "StartTlsServerOptions", optional: false }],
  },
  {
    api: portcall,
    name: "RawConnection.write",
    parts: [{ name: "data", type: "Uint8Array | string", optional: false }],
  },
  {
    api: portcall,
    name: "RawConnection.limitRate",
    parts: [{ name: "rates", type: "RateLimits", optional: false }],
  },
];

forEachEngine((createEngine) => {
  test("every callable of the API report refuses what cannot be, by its name, and goes on", async (t) => {
    const engine = createEngine();
    const { rows, hasRoomFor } = await openAll(t, engine);
    const failures: string[] = [];
    let count = 0;
    for (const { api, ...callable } of callables) {
      const { name } = callable;
      const row = rows[name];
      if (row === undefined) {
        failures.push(`${name} has no row`);
        continue;
      }
      for (const one of casesOf(api, callable, row)) {
        if (canBe.has(one.title)) continue;
        count++;
        try {
          await refuses(one, row, rejecting.has(name));
        } catch (error) {
          failures.push((error as Error).message);
        }
      }
    }
    if (failures.length > 0) assert.fail(`${failures.length} of ${count}:\n${failures.join("\n")}`);
    await hasRoomFor();
    assert.ok(count > 1500, `only ${count} cases`);
    for (const name of Object.keys(rows)) {
      assert.ok(
        name === "createSystemResolver" || callables.some((one) => one.name === name),
        `${name} is none`,
      );
    }
  });
});
