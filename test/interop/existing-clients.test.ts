/** The programs of docs/how-to/existing-clients.md: clients from npm over Portcall streams, against the real servers. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test, type TestContext } from "node:test";
import { backoff, connect, type ConnectOptions } from "../../src/index.ts";
import { blocksOf } from "../docs/blocks.ts";
import { TestAuthority, type KeyPair } from "../support/certificates.ts";
import { Child } from "../support/child.ts";
import { start } from "../support/command.ts";
import { freePort } from "../support/free-port.ts";
import { folderFor, needs } from "./peers.ts";

const page = readFileSync("docs/how-to/existing-clients.md", "utf8");

/** What the servers of a test show, and the options of `connect` that the programs need for it. */
interface Security {
  readonly pair: KeyPair;
  readonly options: ConnectOptions;
}

/** What a program of the page prints when `localhost:shown` is a port of this machine. */
async function runs(
  t: TestContext,
  file: string,
  shown: number,
  port: string,
  options?: ConnectOptions,
): Promise<string[]> {
  const block = blocksOf(page).find(({ text }) => text.startsWith(`// ${file}\n`));
  assert.ok(block, file);
  // Below this checkout, so that the programs find the library by its name, and the clients.
  mkdirSync("build", { recursive: true });
  const folder = mkdtempSync(resolve("build/existing-clients-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, file);
  const further = options === undefined ? "" : `, ${JSON.stringify(options)}`;
  const shownTarget = `"localhost:${shown}"`;
  assert.ok(block.text.includes(shownTarget), `${file} connects to ${shownTarget}`);
  writeFileSync(path, block.text.replaceAll(shownTarget, `"127.0.0.1:${port}"${further}`));
  return printedBy(t, [path]);
}

/** The lines that a program of Node prints. */
async function printedBy(t: TestContext, args: readonly string[]): Promise<string[]> {
  const child = new Child(process.execPath, args, {});
  t.after(() => child.stop());
  assert.equal(await child.code(), 0, child.stderr);
  return child.stdout.trim().split("\n");
}

/** The certificate and the key as files of a folder, which belong to its owner. */
function pairIn(folder: string, { cert, key }: KeyPair): readonly [cert: string, key: string] {
  const { uid, gid } = statSync(folder);
  const paths = [join(folder, "cert.pem"), join(folder, "key.pem")] as const;
  writeFileSync(paths[0], cert);
  writeFileSync(paths[1], key, { mode: 0o600 });
  for (const path of paths) chownSync(path, uid, gid);
  return paths;
}

/** A PostgreSQL server that trusts all clients. */
async function postgres(t: TestContext, security: Security | undefined): Promise<string> {
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
  if (security !== undefined) {
    const [cert, key] = pairIn(folder, security.pair);
    settings.push("ssl=on", `ssl_cert_file=${cert}`, `ssl_key_file=${key}`);
  }
  const server = start(
    t,
    "setpriv",
    [...asUser, "postgres", "-D", data, ...settings.flatMap((setting) => ["-c", setting])],
    { cwd: folder },
  );
  await server.printsOnStderr(/ready to accept connections/);
  return port;
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

/** The same programs and servers, in plain text and over TLS. */
function testClients(securityOf: (options?: ConnectOptions) => Security | undefined): void {
  test(
    "pg: a pool, a large answer, and an error of the server",
    needs("postgres", "initdb", "setpriv"),
    async (t) => {
      const security = securityOf({ startTls: "postgres" });
      const port = await postgres(t, security);
      const printed = await runs(t, "postgres.js", 5432, port, security?.options);
      assert.deepEqual(printed, ["2 4 6", "5000000", "42703"]);
    },
  );

  test("ioredis: commands, a pipeline and a subscription", needs("redis-server"), async (t) => {
    const port = await freePort(10_000, 20_000);
    const security = securityOf();
    const folder = folderFor(t);
    const listens = ["--port", port];
    if (security !== undefined) {
      const [cert, key] = pairIn(folder, security.pair);
      listens.splice(0, 2, "--port", "0", "--tls-port", port, "--tls-auth-clients", "no");
      listens.push("--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert);
    }
    start(t, "redis-server", [...listens, "--bind", "127.0.0.1", "--save", "", "--dir", folder]);
    await answers(port);
    const printed = await runs(t, "redis.js", 6379, port, security?.options);
    assert.deepEqual(printed, ["hello", "1000 1000", "it works"]);
  });

  test("nodemailer: a letter that the server has", needs("exim4"), async (t) => {
    const folder = folderFor(t);
    if (process.getuid?.() === 0) {
      // It gives up being root at once.
      const { uid, gid } = idOf("Debian-exim");
      chownSync(folder, uid, gid);
    }
    const port = await freePort(10_000, 20_000);
    const security = securityOf();
    const [cert, key] = security === undefined ? [] : pairIn(folder, security.pair);
    const secure = `tls_on_connect_ports = ${port}\ntls_certificate = ${cert}\ntls_privatekey = ${key}\n`;
    const file = join(folder, "exim.conf");
    writeFileSync(
      file,
      `primary_hostname = mail.example
spool_directory = ${folder}/spool
log_file_path = ${folder}/%slog
pid_file_path = ${folder}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
${security === undefined ? "" : secure}queue_only = true
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
    const printed = await runs(t, "mail.js", 2525, port, security?.options);
    assert.deepEqual(printed, ["you@example.com 250"]);
    const spool = join(folder, "spool/input");
    const [letter] = readdirSync(spool).filter((name) => name.endsWith("-D"));
    assert.match(readFileSync(join(spool, letter ?? ""), "utf8"), /It came over a Portcall connection\./);
  });

  test("mqtt: a subscription and a message", needs("mosquitto"), async (t) => {
    const port = await freePort(10_000, 20_000);
    const security = securityOf();
    const folder = folderFor(t);
    const file = join(folder, "mosquitto.conf");
    const [cert, key] = security === undefined ? [] : pairIn(folder, security.pair);
    const secure = security === undefined ? "" : `certfile ${cert}\nkeyfile ${key}\n`;
    writeFileSync(file, `listener ${port} 127.0.0.1\n${secure}allow_anonymous true\nuser root\n`);
    start(t, "mosquitto", ["-c", file]);
    await answers(port);
    const printed = await runs(t, "mqtt.js", 1883, port, security?.options);
    assert.deepEqual(printed, ["rooms/kitchen 21 degrees"]);
  });
}

describe("clients over Portcall", () => {
  testClients(() => undefined);
});

describe("clients over Portcall with TLS", needs("openssl"), () => {
  let authority: TestAuthority;
  let pair: KeyPair;
  before(() => {
    authority = new TestAuthority();
    pair = authority.sign({ names: "IP:127.0.0.1" });
  });
  after(() => {
    authority.remove();
  });

  testClients((options) => ({ pair, options: { ...options, tls: { ca: authority.cert } } }));

  for (const isSecure of [false, true]) {
    const how = isSecure ? "TLS after startTls()" : "plain text";
    test(
      `pg over cloudflare:sockets, which is portcall/sockets here: ${how}`,
      needs("postgres", "initdb", "setpriv"),
      async (t) => {
        const security = { pair, options: {} };
        const port = await postgres(t, isSecure ? security : undefined);
        mkdirSync("build", { recursive: true });
        const folder = mkdtempSync(resolve("build/existing-clients-"));
        t.after(() => rmSync(folder, { recursive: true }));
        const [sockets, hooks, program] = ["sockets.mjs", "hooks.mjs", "program.mjs"].map((name) =>
          join(folder, name),
        ) as [string, string, string];
        writeFileSync(
          sockets,
          `import { createConnect } from "portcall/sockets";
           export const connect = createConnect(${JSON.stringify({ tls: { ca: authority.cert } })});`,
        );
        writeFileSync(
          hooks,
          `export const resolve = (specifier, context, next) => specifier === "cloudflare:sockets"
             ? { url: ${JSON.stringify(pathToFileURL(sockets).href)}, shortCircuit: true }
             : next(specifier, context);`,
        );
        writeFileSync(
          program,
          `import { register } from "node:module";
           register(${JSON.stringify(pathToFileURL(hooks).href)});
           // This is how pg recognizes the other runtime.
           const navigator = { userAgent: "Cloudflare-Workers" };
           Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
           const { default: pg } = await import("pg");
           const ssl = ${isSecure};
           const client = new pg.Client({ host: "127.0.0.1", port: ${port}, user: "postgres", database: "postgres", ssl });
           await client.connect();
           const { rows } = await client.query(
             "SELECT ssl, repeat('x', 1000000) AS long FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
           console.log(client.connection.stream.constructor.name, rows[0].ssl, rows[0].long.length);
           await client.end();`,
        );
        const printed = await printedBy(t, ["--conditions=workerd", program]);
        assert.deepEqual(printed, [`CloudflareSocket ${isSecure} 1000000`]);
      },
    );
  }
});
