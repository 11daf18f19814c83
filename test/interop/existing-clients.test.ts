/** The programs of docs/how-to/existing-clients.md: clients from npm over Portcall streams, against the real servers. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { backoff, connect } from "../../src/index.ts";
import { blocksOf } from "../docs/blocks.ts";
import { Child } from "../support/child.ts";
import { start } from "../support/command.ts";
import { freePort } from "../support/free-port.ts";
import { folderFor, needs } from "./peers.ts";

const page = readFileSync("docs/how-to/existing-clients.md", "utf8");

/** What a program of the page prints when `localhost:shown` is a port of this machine. */
async function runs(t: TestContext, file: string, shown: number, port: string): Promise<string[]> {
  const block = blocksOf(page).find(({ text }) => text.startsWith(`// ${file}\n`));
  assert.ok(block, file);
  // Below this checkout, so that the programs find the library by its name, and the clients.
  mkdirSync("build", { recursive: true });
  const folder = mkdtempSync(resolve("build/existing-clients-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, file);
  writeFileSync(path, block.text.replaceAll(`localhost:${shown}`, `127.0.0.1:${port}`));
  const child = new Child(process.execPath, [path], {});
  t.after(() => child.stop());
  assert.equal(await child.code(), 0, child.stderr);
  return child.stdout.trim().split("\n");
}

/** Resolves when the server accepts connections. */
async function answers(port: string): Promise<void> {
  const retry = backoff({ firstDelayMs: 20, factor: 1, jitter: 0 });
  const connection = await connect(`127.0.0.1:${port}`, { retry, establishTimeoutMs: 20_000 });
  await connection.close();
}

/** The user of a service, for programs that refuse to run as root. */
function idOf(user: string): { readonly uid: number; readonly gid: number } {
  const number = (flag: string): number => Number(execFileSync("id", [flag, user], { encoding: "utf8" }));
  return { uid: number("-u"), gid: number("-g") };
}

describe("clients over Portcall", () => {
  test(
    "pg: a pool, a large answer, and an error of the server",
    needs("postgres", "initdb", "setpriv"),
    async (t) => {
      const folder = folderFor(t);
      const isRoot = process.getuid?.() === 0;
      const { uid, gid } = isRoot ? idOf("postgres") : { uid: 0, gid: 0 };
      if (isRoot) chownSync(folder, uid, gid);
      const asUser = isRoot ? [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"] : [];
      const data = join(folder, "data");
      const made = ["initdb", "--pgdata", data, "--auth=trust", "--username=postgres", "--no-sync"];
      execFileSync("setpriv", [...asUser, ...made], { cwd: folder, stdio: "pipe" });
      const port = await freePort(10_000, 20_000);
      const settings = [
        `port=${port}`,
        "listen_addresses=127.0.0.1",
        `unix_socket_directories=${folder}`,
        "fsync=off",
      ];
      const server = start(
        t,
        "setpriv",
        [...asUser, "postgres", "-D", data, ...settings.flatMap((setting) => ["-c", setting])],
        { cwd: folder },
      );
      await server.printsOnStderr(/ready to accept connections/);
      assert.deepEqual(await runs(t, "postgres.js", 5432, port), ["2 4 6", "5000000", "42703"]);
    },
  );

  test("ioredis: commands, a pipeline and a subscription", needs("redis-server"), async (t) => {
    const port = await freePort(10_000, 20_000);
    start(t, "redis-server", ["--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folderFor(t)]);
    await answers(port);
    assert.deepEqual(await runs(t, "redis.js", 6379, port), ["hello", "1000 1000", "it works"]);
  });

  test("nodemailer: a letter that the server has", needs("exim4"), async (t) => {
    const folder = folderFor(t);
    if (process.getuid?.() === 0) {
      // It gives up being root at once.
      const { uid, gid } = idOf("Debian-exim");
      chownSync(folder, uid, gid);
    }
    const port = await freePort(10_000, 20_000);
    const file = join(folder, "exim.conf");
    writeFileSync(
      file,
      `primary_hostname = mail.example
spool_directory = ${folder}/spool
log_file_path = ${folder}/%slog
pid_file_path = ${folder}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
queue_only = true
keep_environment =
host_lookup =
acl_smtp_rcpt = accept_all
acl_smtp_data = accept_all
begin acl
accept_all:
  accept
begin routers
begin transports
`,
    );
    start(t, "exim4", ["-C", file, "-bdf"]);
    await answers(port);
    assert.deepEqual(await runs(t, "mail.js", 2525, port), ["you@example.com 250"]);
    const spool = join(folder, "spool/input");
    const [letter] = readdirSync(spool).filter((name) => name.endsWith("-D"));
    assert.match(readFileSync(join(spool, letter ?? ""), "utf8"), /It came over a Portcall connection\./);
  });

  test("mqtt: a subscription and a message", needs("mosquitto"), async (t) => {
    const port = await freePort(10_000, 20_000);
    const file = join(folderFor(t), "mosquitto.conf");
    writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nuser root\n`);
    start(t, "mosquitto", ["-c", file]);
    await answers(port);
    assert.deepEqual(await runs(t, "mqtt.js", 1883, port), ["rooms/kitchen 21 degrees"]);
  });
});
