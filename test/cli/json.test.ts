/**
 * `--json` and `--json=stream`: what is printed is JSON, nothing else, and what the published
 * schema says; and it says the same as the message for people and the exit code.
 */
import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, test, type TestContext } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { tcpAddress } from "../../src/base/address/address.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { ConnectionId } from "../../src/base/events.ts";
import { JsonReport } from "../../src/cli/json/json-report.ts";
import { Terminal } from "../../src/cli/tty/terminal.ts";
import { jsonBytes } from "../../src/cli/json/bytes.ts";
import { jsonLine } from "../../src/cli/json/line.ts";
import { portcall } from "../support/command.ts";
import { temporaryFolder } from "../support/folder.ts";

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, formats: {} });

function validator(file: string): (value: unknown) => void {
  const schema = JSON.parse(readFileSync(`docs/reference/${file}`, "utf8")) as object;
  const validate = ajv.compile(schema);
  return (value) => {
    assert.ok(validate(value), `${JSON.stringify(value)}\n${ajv.errorsText(validate.errors)}`);
  };
}

const assertReport = validator("report.schema.json");
const assertLine = validator("stream.schema.json");

interface Bytes {
  readonly text?: string;
  readonly base64?: string;
}

interface Line {
  readonly type: string;
  readonly bytes?: Bytes;
  readonly exit?: number;
  readonly exitName?: string;
  readonly stage?: string | null;
  readonly code?: string | null;
  readonly message?: string | null;
  readonly attempts?: readonly { readonly outcome: string }[];
  readonly connections?: readonly { readonly received: Bytes; readonly sent: Bytes }[];
}

/** All lines of a stdout, each of them valid. */
function linesOf(stdout: string): Line[] {
  assert.ok(stdout.endsWith("\n"), "the last line is whole");
  const lines = stdout.trimEnd().split("\n");
  return lines.map((line) => {
    const value = JSON.parse(line) as Line;
    assertLine(value);
    return value;
  });
}

/** The one object that stdout holds. */
function reportOf(stdout: string): Line {
  const lines = linesOf(stdout);
  assert.equal(lines.length, 1);
  assertReport(lines[0]);
  return lines[0] as Line;
}

function decoded(bytes: Bytes | undefined): Buffer {
  assert.ok(bytes);
  return bytes.text === undefined
    ? Buffer.from(bytes.base64 as string, "base64")
    : Buffer.from(bytes.text, "utf8");
}

/** A server for one test; resolves to its port. */
async function listening(t: TestContext, serve: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer(serve);
  t.after(() => {
    server.close();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as net.AddressInfo).port;
}

test("bytes are reported without loss, as text where they are UTF-8", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        const reported = JSON.parse(JSON.stringify(jsonBytes(bytes))) as Bytes;
        assert.deepEqual(decoded(reported), Buffer.from(bytes));
      },
    ),
  );
  assert.deepEqual(jsonBytes(Buffer.from("\uFEFFhé\0")), { text: "\uFEFFhé\0" });
  assert.deepEqual(jsonBytes(Uint8Array.of(0xff)), { base64: "/w==" });
});

/** Characters that a terminal could obey, or a reader could not see. */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

test("a line of JSON has no hidden character, and stands for the same value", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom("\x7f", "\x9b", "\u202e", "\u200b", "\u{e0041}", "\u2028", "a", "é") }),
  );
  fc.assert(
    fc.property(fc.dictionary(texts, texts), (value) => {
      const line = jsonLine(value);
      assert.doesNotMatch(line, hidden);
      assert.deepEqual(JSON.parse(line), JSON.parse(JSON.stringify(value)));
    }),
  );
  assert.equal(jsonLine("\x9b31m\u{e0041}"), String.raw`"\u009b31m\udb40\udc41"`);
});

describe("--json", () => {
  test("tells a conversation in one object, and prints none of its bytes", async (t) => {
    const port = await listening(t, (socket) => {
      socket.end(Uint8Array.of(0, 0xff, 0x0a));
      socket.resume();
    });
    const child = portcall(t, ["connect", `127.0.0.1:${port}`, "--json"]);
    child.end("hello\n");
    assert.equal(await child.code(), 0);
    const report = reportOf(child.stdout);
    assert.deepEqual([report.exit, report.exitName, report.message], [0, "ok", null]);
    assert.deepEqual(decoded(report.connections?.[0]?.received), Buffer.of(0, 0xff, 0x0a));
    assert.deepEqual(report.connections?.[0]?.sent, { text: "hello\n" });
  });

  const failures: readonly (readonly [
    name: string,
    argv: string[],
    exit: number,
    stage: string,
    code: string,
  ])[] = [
    ["a refused connection", ["connect", "127.0.0.1:1"], 11, "connect", "ECONNREFUSED"],
    ["a name that does not exist", ["connect", "no-such-name.invalid:80"], 10, "resolve", "ENOTFOUND"],
    ["an address that is not available", ["listen", "192.0.2.1:7000"], 18, "bind", "EADDRNOTAVAIL"],
    ["an address that cannot be served", ["serve", "echo", "192.0.2.1:7000"], 18, "bind", "EADDRNOTAVAIL"],
  ];
  for (const [name, argv, exit, stage, code] of failures) {
    test(`tells ${name} as the message for people does`, async (t) => {
      const child = portcall(t, [...argv, "--json"]);
      assert.equal(await child.code(), exit);
      const report = reportOf(child.stdout);
      assert.equal(report.exit, exit);
      assert.equal(report.stage, stage);
      // Where no name server can be asked, that is the answer.
      assert.ok(report.code === code || (stage === "resolve" && report.code !== null), String(report.code));
      assert.equal(child.stderr, `portcall: ${report.message}\n`);
    });
  }

  test("tells a reset, and how the connection ended", async (t) => {
    const port = await listening(t, (socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    });
    const child = portcall(t, ["connect", `127.0.0.1:${port}`, "--json"]);
    await child.write("x");
    assert.equal(await child.code(), 15);
    const report = reportOf(child.stdout);
    assert.deepEqual([report.exitName, report.code], ["reset", "ECONNRESET"]);
  });

  for (const argv of [
    ["connect", "localhost", "--json"],
    ["connect", "--json", "a:1", "--nope"],
    ["connect", "--json=yes", "a:1"],
    ["frobnicate", "--json"],
  ]) {
    test(`tells that \`${argv.join(" ")}\` cannot be`, async (t) => {
      const child = portcall(t, argv);
      assert.equal(await child.code(), 2);
      const report = reportOf(child.stdout);
      assert.deepEqual([report.exit, report.exitName, report.stage], [2, "usage", null]);
      assert.equal(child.stderr, `${report.message}\n`);
    });
  }
});

describe("--json, of what went wrong elsewhere", () => {
  test("tells that stdin cannot be read, and not that the connection was given up for it", async (t) => {
    // It is given up for that.
    const port = await listening(t, (socket) => socket.on("error", () => undefined).resume());
    const folder = openSync(".", "r");
    t.after(() => {
      closeSync(folder);
    });
    const child = portcall(t, ["connect", `127.0.0.1:${port}`, "--json"], {
      stdio: [folder, "pipe", "pipe"],
    });
    assert.equal(await child.code(), 3);
    const report = reportOf(child.stdout);
    assert.deepEqual([report.exitName, report.stage, report.code], ["file", null, null]);
    assert.equal(child.stderr, `${report.message}\n`);
  });

  test("tells what cannot be when a variable asked for JSON", async (t) => {
    const child = portcall(t, ["connect", "a", "b", "c"], { env: { PORTCALL_JSON: "report" } });
    assert.equal(await child.code(), 2);
    assert.equal(child.stderr, `${reportOf(child.stdout).message}\n`);
  });

  test("reports an uncaught error of a handler file", async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, "handler.mjs");
    writeFileSync(file, 'export default () => { setImmediate(() => { throw new Error("lost"); }); };\n');
    const server = portcall(t, ["serve", file, ":0", "--json"]);
    const [, port] = await server.printsOnStderr(/listening on 127\.0\.0\.1:(\d+)/);
    portcall(t, ["connect", `127.0.0.1:${port}`]);
    assert.equal(await server.code(), 3);
    const report = reportOf(server.stdout);
    assert.match(report.message ?? "", /handler\.mjs:1:\d+: uncaught Error: lost$/);
    assert.equal(report.exitName, "file");
  });

  test("keeps bytes that came one by one for little more than themselves", () => {
    const terminal = { print: () => Promise.resolve(), unreadBytes: () => 0 };
    const report = new JsonReport("report", "connect", terminal, systemClock);
    const { onEvent, onBytes } = report.observers;
    const [local, remote] = [tcpAddress("127.0.0.1", 1), tcpAddress("127.0.0.1", 2)];
    const connection = 1 as ConnectionId;
    onEvent({ type: "opened", atMs: 0, connection, role: "client", local, remote, durationMs: 0 });
    const event = { type: "bytesReceived", atMs: 0, connection, bytes: Uint8Array.of(0x78) } as const;
    const before = process.memoryUsage();
    for (let count = 0; count < 2_000_000; count++) onBytes(event);
    const after = process.memoryUsage();
    const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    assert.ok(grown < 64_000_000, `${grown} bytes`);
  });
});

describe("--json=stream", () => {
  test("tells each event in a line as it happens, and the report last", async (t) => {
    const server = portcall(t, ["serve", "echo", ":0", "--connections", "1", "--json=stream"]);
    const [, port] = await server.prints(/"type":"listening".*"address":"127\.0\.0\.1:(\d+)"/);
    const client = portcall(t, ["connect", `127.0.0.1:${port}`, "--json=stream"]);
    client.end(Uint8Array.of(0xc3, 0xa4, 0xff));
    assert.deepEqual([await client.code(), await server.code()], [0, 0]);
    for (const { stdout } of [client, server]) {
      const lines = linesOf(stdout);
      const types = lines.map(({ type }) => type);
      assert.equal(types.at(-1), "report");
      assert.equal(types.filter((type) => type === "opened").length, 1);
      assert.equal(types.filter((type) => type === "closed").length, 1);
      for (const type of ["bytesReceived", "bytesSent"]) {
        const bytes = lines.filter((line) => line.type === type).map((line) => decoded(line.bytes));
        assert.deepEqual(Buffer.concat(bytes), Buffer.of(0xc3, 0xa4, 0xff), type);
      }
    }
  });

  test("makes the peer wait while it is not read", async () => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    const terminal = new Terminal(streams as unknown as ConstructorParameters<typeof Terminal>[0]);
    terminal.report = new JsonReport("stream", "connect", terminal.lines(), systemClock);
    const output = terminal.output(false);
    await output.write(Buffer.from("there is room"));
    void terminal.lines().print("x".repeat(1_000_000));
    let passed = false;
    const written = output.write(Buffer.from("there is none")).then(() => {
      passed = true;
    });
    await new Promise(setImmediate);
    assert.equal(passed, false);
    streams.stdout.resume();
    await written;
  });

  test("ends with 141 when its reader has closed it", async (t) => {
    const server = portcall(t, ["serve", "chargen", ":0", "--json=stream"]);
    const [, port] = await server.prints(/"address":"127\.0\.0\.1:(\d+)"/);
    const client = portcall(t, ["connect", `127.0.0.1:${port}`, "--json=stream"]);
    await client.printsBytes(100_000);
    client.process.stdout?.destroy();
    assert.equal(await client.code(), 141);
  });
});
