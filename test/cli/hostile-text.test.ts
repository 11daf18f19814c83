/**
 * Text of others, in every place where the command shows some: a terminal must not obey it, and a reader must see it.
 *
 * Each line below gives the command a text with every character that is hidden or commands a terminal, by another way.
 * What it then says may hold none of them.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, realpath, writeFile } from "node:fs/promises";
import net from "node:net";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { notLinux, unless } from "../failures/support/needs.ts";
import { portcall, type Child, type StartOptions } from "../support/command.ts";
import { passiveClient, portOf, receivesEnd } from "./support/passive-peers.ts";
import { temporaryFolder } from "../support/folder.ts";

/** Controls, bidi, zero-width, tags, fillers, separators; no NUL, which no argument can hold. */
const ranges: readonly (readonly [first: number, last: number])[] = [
  [0x01, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x180e, 0x180e],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfe0f, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0041, 0xe0041],
];
const all = ranges.flatMap(([first, last]) =>
  Array.from({ length: last - first + 1 }, (_, index) => String.fromCodePoint(first + index)),
);

/** Short enough for a name of a file, and for a quotation that is not cut. */
const texts = [all.slice(0, 40), all.slice(40, 80), all.slice(80)].map((some) => `a${some.join("")}z`);

const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** The output is lines of text without control characters. */
function assertSafe(child: Child, ...streams: readonly ("stdout" | "stderr")[]): void {
  for (const stream of streams) {
    const found = [...child[stream].matchAll(hidden)].map(([one]) => one).filter((one) => one !== "\n");
    // TAB moves the cursor forward and does nothing else.
    const bad = found.filter((one) => one !== "\t").map((one) => one.codePointAt(0)?.toString(16));
    assert.deepEqual(bad, [], `${stream}: ${JSON.stringify(child[stream])}`);
  }
}

async function folderOf(t: TestContext): Promise<string> {
  const folder = await realpath(temporaryFolder(t));
  return folder;
}

const lines: Readonly<Record<string, (text: string) => readonly string[]>> = {
  "a command": (text) => [text],
  "an option": (text) => ["connect", `--${text}`, "127.0.0.1:1"],
  "a target": (text) => ["connect", text],
  "a host": (text) => ["connect", text, "80"],
  "a port": (text) => ["connect", "127.0.0.1", text],
  "a path to connect to": (text) => ["connect", "-v", "-U", `/nowhere/${text}`],
  "a path, explained": (text) => ["connect", "--explain", `unix:/nowhere/${text}`],
  "a path in JSON": (text) => ["connect", "--json=stream", `unix:@${text}`],
  "several paths": (text) => ["connect", "-z", `unix:@${text}`, "unix:@nothing-listens-here"],
  "a proxy": (text) => ["connect", "-x", `http://${text}`, "a:1"],
  "a service": (text) => ["serve", text, ":0"],
  "a handler file": (text) => ["serve", `./${text}.js`, ":0"],
  "a program": (text) => ["serve", "--exec", text, ":0"],
  "a framing": (text) => ["serve", "--frame", text, ":0"],
  "a place to listen": (text) => ["listen", "-U", `/nowhere/${text}`],
  "a topic": (text) => ["help", text],
  "a shell": (text) => ["completion", text],
  "a word too many": (text) => ["doctor", text],
  "a host of nc": (text) => ["nc", "-zv", text, "1"],
  "a port of nc": (text) => ["nc", "-v", "127.0.0.1", text],
  "a path of nc": (text) => ["nc", "-v", "-U", `/nowhere/${text}`],
  "a program of nc": (text) => ["nc", "-l", "-e", text, "127.0.0.1", "0"],
  "an option of nc": (text) => ["nc", `--${text}`, "127.0.0.1", "1"],
};

describe("hidden characters are shown, and not sent to the terminal", { concurrency: 4 }, () => {
  for (const [way, line] of Object.entries(lines)) {
    test(`of ${way}`, unless(notLinux), async (t) => {
      for (const text of texts) {
        const child = portcall(t, line(text));
        assert.notEqual(await child.code(), 0);
        assert.notEqual(child.stderr + child.stdout, "");
        assertSafe(child, "stdout", "stderr");
      }
    });
  }

  test("of variables and files of settings, and of where these lie", unless(notLinux), async (t) => {
    const top = await folderOf(t);
    for (const [index, text] of texts.entries()) {
      const folder = join(top, text.replaceAll("/", ""));
      await mkdir(folder);
      const file = join(folder, "portcall.json");
      const contents: readonly unknown[] = [
        { [text]: {} },
        { connect: { [text]: 1 } },
        { connect: { timeout: text } },
        { connect: { timeout: [text] } },
      ];
      const options: StartOptions = { cwd: folder };
      for (const content of [...contents.map((one) => JSON.stringify(one)), `{ "connect": ${text} }`]) {
        await writeFile(file, content);
        const child = portcall(t, ["connect", "127.0.0.1:1"], options);
        assert.equal(await child.code(), 2);
        assertSafe(child, "stdout", "stderr");
      }
      const doctor = portcall(t, ["doctor"], {
        ...options,
        env: { [`PORTCALL_${index}`]: "1", PORTCALL_WAIT: text },
      });
      assert.equal(await doctor.code(), 1);
      assertSafe(doctor, "stdout", "stderr");
      for (const env of [{ PORTCALL_TIMEOUT: text }, { PORTCALL_CONFIG: text }]) {
        const child = portcall(t, ["connect", "127.0.0.1:1"], { env });
        assert.equal(await child.code(), 2);
        assertSafe(child, "stdout", "stderr");
      }
    }
  });

  test("of a proxy's refusal", async (t) => {
    for (const text of texts) {
      const status = text.replaceAll(/[\r\n]/g, "");
      const proxy = net.createServer((socket) => {
        socket.on("error", () => undefined);
        socket.once("data", () => socket.end(`HTTP/1.1 403 ${status}\r\nX: ${status}\r\n\r\n${text}`));
      });
      proxy.listen(0, "127.0.0.1");
      await once(proxy, "listening");
      t.after(() => proxy.close());
      const { port } = proxy.address() as net.AddressInfo;
      for (const options of [["-v"], ["--explain"], ["--json=stream"]]) {
        const child = portcall(t, [
          "connect",
          ...options,
          "-x",
          `http://127.0.0.1:${port}`,
          "example.com:80",
        ]);
        assert.equal(await child.code(), 19);
        assertSafe(child, "stdout", "stderr");
      }
    }
  });

  test("of a handler's errors, and of uncaught ones", async (t) => {
    const folder = await folderOf(t);
    const file = join(folder, "handler.js");
    for (const text of texts) {
      for (const failing of ["throw error;", "setImmediate(() => { throw error; });"]) {
        await writeFile(
          file,
          `export default () => { const error = new Error(${JSON.stringify(text)}); error.name = error.message; ${failing} };`,
        );
        for (const options of [[], ["--explain"], ["--json=stream"]]) {
          const child = portcall(t, ["serve", file, ":0", "--connections", "1", ...options]);
          const port = options[0] === "--json=stream" ? await portInJson(child) : await portOf(child);
          const client = await passiveClient(t, { host: "127.0.0.1", port });
          await receivesEnd(client).catch(() => undefined);
          await child.code();
          assertSafe(child, "stdout", "stderr");
          assert.match(
            child.stderr + child.stdout,
            /(?:a\^A|a\\\\x01|\\u007f|\^\?|a.{0,9}(?:U\+|\\u)[0-9A-Fa-f]{4})/,
          );
        }
      }
    }
  });

  test("of a program's stderr", unless(notLinux), async (t) => {
    for (const text of texts) {
      const child = portcall(t, ["serve", "--sh", "cat >&2", ":0", "--connections", "1"]);
      const client = await passiveClient(t, { host: "127.0.0.1", port: await portOf(child) });
      client.end(`${text}\n`);
      await receivesEnd(client);
      assert.equal(await child.code(), 0);
      assert.match(child.stderr, / stderr: /);
      assertSafe(child, "stderr");
    }
  });

  test("of what a peer says, in JSON", async (t) => {
    for (const text of texts) {
      const server = net.createServer((socket) => socket.end(text));
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      t.after(() => server.close());
      const { port } = server.address() as net.AddressInfo;
      for (const mode of ["--json", "--json=stream"]) {
        const child = portcall(t, ["connect", mode, `127.0.0.1:${port}`]);
        child.end(text);
        assert.equal(await child.code(), 0, child.stderr);
        assertSafe(child, "stdout", "stderr");
      }
    }
  });

  test("of what a telnet peer calls its options and its terminal", async (t) => {
    for (const text of texts) {
      const server = net.createServer((socket) => {
        const name = Buffer.from(text).filter((byte) => byte !== 0xff);
        // IAC WILL TTYPE, IAC SB TTYPE IS <text> IAC SE, and an unknown option.
        const said = [
          Buffer.from([255, 251, 24, 255, 250, 24, 0]),
          name,
          Buffer.from([255, 240, 255, 251, 200, 255, 253, 0x9b]),
        ];
        socket.end(Buffer.concat(said));
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      t.after(() => server.close());
      const { port } = server.address() as net.AddressInfo;
      const child = portcall(t, ["connect", "--telnet", "-v", `127.0.0.1:${port}`]);
      child.end();
      await child.code();
      assertSafe(child, "stderr");
    }
  });
});

async function portInJson(child: Child): Promise<number> {
  const [, port] = await child.prints(/"type":"listening"[^\n]*"127\.0\.0\.1:(\d+)"/);
  return Number(port);
}
