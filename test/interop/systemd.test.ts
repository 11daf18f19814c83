/** Started by systemd, or a substitute: a socket with a waiting client is passed on as descriptor 3. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { commandPath, portcall, start } from "../support/command.ts";
import { freePort } from "../support/free-port.ts";
import { folderFor, needs } from "./peers.ts";

const activator = "systemd-socket-activate";
const serve = (...args: readonly string[]): readonly string[] => [
  process.execPath,
  commandPath,
  "serve",
  "reply",
  ...args,
];

for (const engine of ["auto", "portable"]) {
  test(`the first client starts the server, and is served: ${engine}`, needs(activator), async (t) => {
    const once = serve("--fd", "3", "--connections", "1", "--engine", engine);
    const port = await freePort(20_000, 30_000);
    const server = start(t, activator, [`--listen=127.0.0.1:${port}`, ...once]);
    await server.printsOnStderr(/^Listening on/m);
    const client = portcall(t, ["connect", "127.0.0.1", port]);
    client.end("hello\n");
    assert.equal(await client.code(), 0);
    assert.match(client.stdout, /^OK\.\.\. hello$/m);
    await server.printsOnStderr(/^listening on 127\.0\.0\.1:\d+ \(reply\)/m);
    assert.equal(await server.code(), 0);
  });
}

test("a Unix socket is handed over with its path, and stays where it is", needs(activator), async (t) => {
  const path = `${folderFor(t)}/socket`;
  const server = start(t, activator, [`--listen=${path}`, ...serve("--fd", "3", "--connections", "1")]);
  await server.printsOnStderr(/^Listening on/m);
  const client = portcall(t, ["connect", "-U", path]);
  client.end("hello\n");
  assert.equal(await client.code(), 0);
  assert.ok(server.stderr.includes(`listening on unix:${path} (reply)`), server.stderr);
});
