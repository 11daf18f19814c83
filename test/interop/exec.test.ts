/**
 * `portcall serve --exec` with other clients and programs.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { portcall, start } from "../support/command.ts";
import { folderFor, listening, nc, needs, onTerminal, python, sha256 } from "./peers.ts";

test(
  "nc, ncat, socat, python and portcall each have a program of their own",
  needs(nc, "ncat", "socat", "python3"),
  async (t) => {
    const { child: server, port } = await listening(t, "serve", "--exec", "sed s/^/heard:/", ":0", "-v");
    const clients = [
      start(t, nc, ["-N", "127.0.0.1", port]),
      start(t, "ncat", ["127.0.0.1", port]),
      start(t, "socat", ["-t3600", "-", `TCP4:127.0.0.1:${port}`]),
      python(t, "client.py", "127.0.0.1", port),
      portcall(t, ["connect", "127.0.0.1", port]),
    ];
    for (const client of clients) client.end("one\ntwo\n");
    for (const client of clients) {
      assert.equal(await client.code(), 0);
      assert.equal(client.stdout, "heard:one\nheard:two\n");
    }
    await server.printsOnStderr(/(?:program: exit 0\n[^]*){5}/);
  },
);

test("a megabyte through gzip and back is what it was", needs("socat", "gzip"), async (t) => {
  const { port } = await listening(t, "serve", "--sh", "gzip | gunzip", ":0");
  const folder = folderFor(t);
  const bytes = randomBytes(1_048_576);
  writeFileSync(`${folder}/in`, bytes);
  const socat = start(t, "socat", [
    "-t3600",
    `OPEN:${folder}/in!!CREATE:${folder}/out`,
    `TCP4:127.0.0.1:${port}`,
  ]);
  assert.equal(await socat.code(), 0);
  assert.equal(sha256(readFileSync(`${folder}/out`)), sha256(bytes));
});

test("a telnet user talks to a python program line by line", needs("telnet", "python3"), async (t) => {
  const program = "import sys\nfor line in sys.stdin: print(len(line.rstrip()), flush=True)";
  const { port } = await listening(t, "serve", "--exec", `python3 -c '${program}'`, ":0");
  const telnet = onTerminal(t, "telnet", "127.0.0.1", port);
  await telnet.prints(/Escape character/);
  await telnet.write("four\n");
  await telnet.prints(/^4\r\n/m);
  await telnet.write("thirteen more\n");
  await telnet.prints(/^13\r\n/m);
});
