/** `startTls` against real servers, each started by a configuration in a folder of its own. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { backoff, connect, type Connection, type StartTlsProtocol } from "../../src/index.ts";
import { TestAuthority, type KeyPair } from "../support/certificates.ts";
import { start } from "../support/command.ts";
import { freePort } from "../support/free-port.ts";
import { folderFor, needs } from "./peers.ts";

let authority: TestAuthority;
let pair: KeyPair;

/** A folder with the certificate and the key, for a server that runs as `user` if the tests run as root. */
function serverFolder(t: TestContext, user?: string): { folder: string; cert: string; key: string } {
  const folder = folderFor(t);
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  writeFileSync(cert, pair.cert);
  writeFileSync(key, pair.key, { mode: 0o600 });
  if (user !== undefined && process.getuid?.() === 0) {
    const { uid, gid } = idOf(user);
    for (const path of [folder, cert, key]) chownSync(path, uid, gid);
  }
  return { folder, cert, key };
}

/** The user of a service, for programs that refuse to run as root. */
function idOf(user: string): { readonly uid: number; readonly gid: number } {
  const number = (flag: string): number => Number(execFileSync("id", [flag, user], { encoding: "utf8" }));
  return { uid: number("-u"), gid: number("-g") };
}

const retry = backoff({ firstDelayMs: 20, factor: 1, jitter: 0 });
const patience = { retry, establishTimeoutMs: 20_000 };

/** Connects as soon as the server answers, and checks its certificate. */
async function secured(port: string, startTls: StartTlsProtocol): Promise<Connection> {
  const tls = { ca: authority.cert, serverName: "localhost" };
  const connection = await connect(`127.0.0.1:${port}`, { startTls, tls, ...patience });
  assert.equal(connection.tls?.authorized, true);
  return connection;
}

/** Sends a line inside TLS, and returns the first line of the answer. */
async function asked(connection: Connection, line: string): Promise<string | null> {
  await connection.write(`${line}\r\n`);
  return connection.readLine();
}

const freshPort = (): Promise<string> => freePort(10_000, 20_000);

describe("startTls with real servers", needs("openssl"), () => {
  before(() => {
    authority = new TestAuthority();
    pair = authority.sign({ names: "DNS:localhost" });
  });
  after(() => {
    authority.remove();
  });

  test("exim: SMTP, by the option and by hand", needs("exim4"), async (t) => {
    const { folder, cert, key } = serverFolder(t, "Debian-exim");
    const port = await freshPort();
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
tls_advertise_hosts = *
tls_certificate = ${cert}
tls_privatekey = ${key}
begin routers
begin transports
`,
    );
    start(t, "exim4", ["-C", file, "-bdf"]);
    const connection = await secured(port, "smtp");
    assert.match((await asked(connection, "EHLO inside")) ?? "", /^250-mail\.example Hello inside/);
    await connection.close();

    const byHand = await connect(`127.0.0.1:${port}`);
    assert.match((await byHand.readLine()) ?? "", /^220 /);
    await byHand.write("EHLO outside\r\n");
    while ((await byHand.readLine())?.startsWith("250-"));
    assert.match((await asked(byHand, "STARTTLS")) ?? "", /^220 /);
    await byHand.startTls({ ca: authority.cert, serverName: "localhost" });
    assert.match((await asked(byHand, "EHLO inside")) ?? "", /^250-mail\.example Hello inside/);
    await byHand.close();
  });

  test("dovecot: IMAP, POP3 and ManageSieve", needs("dovecot"), async (t) => {
    const { folder, cert, key } = serverFolder(t);
    const [imap, pop3, sieve] = [await freshPort(), await freshPort(), await freshPort()];
    const users =
      process.getuid?.() === 0 ? ["dovecot", "dovenull"] : [userInfo().username, userInfo().username];
    chmodSync(folder, 0o755);
    const file = join(folder, "dovecot.conf");
    const listener = (name: string, port: string): string =>
      `service ${name}-login {\n  chroot =\n  inet_listener ${name} {\n    port = ${port}\n  }\n}\n`;
    writeFileSync(
      file,
      `protocols = imap pop3 sieve
listen = 127.0.0.1
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
default_internal_user = ${users[0]}
default_login_user = ${users[1]}
ssl = yes
ssl_cert = <${cert}
ssl_key = <${key}
passdb {
  driver = static
  args = nopassword=y
}
service imap-login {
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3s {
    port = 0
  }
}
${listener("imap", imap)}${listener("pop3", pop3)}${listener("managesieve", sieve).replace("inet_listener managesieve", "inet_listener sieve")}`,
    );
    start(t, "dovecot", ["-F", "-c", file]);
    const overImap = await secured(imap, "imap");
    assert.match((await asked(overImap, "b1 CAPABILITY")) ?? "", /^\* CAPABILITY IMAP4rev1/);
    await overImap.close();
    const overPop3 = await secured(pop3, "pop3");
    assert.equal(await asked(overPop3, "CAPA"), "+OK");
    await overPop3.close();
    const overSieve = await secured(sieve, "sieve");
    // The server says what it can do once more inside TLS.
    assert.match((await overSieve.readLine()) ?? "", /^"IMPLEMENTATION" "Dovecot/);
    await overSieve.close();
  });

  test("slapd: LDAP", needs("slapd"), async (t) => {
    const { folder, cert, key } = serverFolder(t);
    const port = await freshPort();
    const file = join(folder, "slapd.conf");
    writeFileSync(
      file,
      `pidfile ${folder}/pid\nargsfile ${folder}/args\nTLSCertificateFile ${cert}\nTLSCertificateKeyFile ${key}\n`,
    );
    start(t, "slapd", ["-d", "0", "-f", file, "-h", `ldap://127.0.0.1:${port}`]);
    const connection = await secured(port, "ldap");
    // An anonymous bind, and its success.
    await connection.write(Uint8Array.of(0x30, 12, 2, 1, 2, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0));
    assert.deepEqual(
      Buffer.from((await connection.readExactly(14)) ?? []),
      Buffer.of(0x30, 12, 2, 1, 2, 0x61, 7, 0x0a, 1, 0, 4, 0, 4, 0),
    );
    await connection.close();
  });

  test("PostgreSQL, by the option and by hand", needs("postgres", "initdb", "setpriv"), async (t) => {
    const { folder, cert, key } = serverFolder(t, "postgres");
    const isRoot = process.getuid?.() === 0;
    const { uid, gid } = isRoot ? idOf("postgres") : { uid: 0, gid: 0 };
    const asUser = isRoot ? [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"] : [];
    const data = join(folder, "data");
    const made = ["initdb", "--pgdata", data, "--auth=trust", "--username=postgres", "--no-sync"];
    execFileSync("setpriv", [...asUser, ...made], { cwd: folder, stdio: "pipe" });
    const port = await freshPort();
    const settings = [
      ...[`port=${port}`, "listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`, "fsync=off"],
      ...["ssl=on", `ssl_cert_file=${cert}`, `ssl_key_file=${key}`],
    ];
    const args = ["postgres", "-D", data, ...settings.flatMap((setting) => ["-c", setting])];
    const server = start(t, "setpriv", [...asUser, ...args], { cwd: folder });
    await server.printsOnStderr(/ready to accept connections/);
    const parameters = Buffer.from("\0\x03\0\0user\0postgres\0\0", "latin1");
    const startup = Buffer.concat([Buffer.of(0, 0, 0, parameters.length + 4), parameters]);
    const connection = await secured(port, "postgres");
    await connection.write(startup);
    // AuthenticationOk.
    const ok = Buffer.of(0x52, 0, 0, 0, 8, 0, 0, 0, 0);
    assert.deepEqual(Buffer.from((await connection.readExactly(9)) ?? []), ok);
    await connection.close();

    const byHand = await connect(`127.0.0.1:${port}`);
    await byHand.write(Uint8Array.of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f));
    assert.equal(Buffer.from((await byHand.readExactly(1)) ?? []).toString(), "S");
    await byHand.startTls({ ca: authority.cert, serverName: "localhost" });
    await byHand.write(startup);
    assert.deepEqual(Buffer.from((await byHand.readExactly(9)) ?? []), ok);
    await byHand.close();
  });

  test("vsftpd: FTP", needs("vsftpd"), async (t) => {
    const { folder, cert, key } = serverFolder(t);
    const port = await freshPort();
    mkdirSync(join(folder, "empty"));
    const file = join(folder, "vsftpd.conf");
    const isRoot = process.getuid?.() === 0;
    writeFileSync(
      file,
      `listen=YES
background=NO
listen_address=127.0.0.1
listen_port=${port}
secure_chroot_dir=${folder}/empty
run_as_launching_user=${isRoot ? "NO" : "YES"}
ssl_enable=YES
rsa_cert_file=${cert}
rsa_private_key_file=${key}
ssl_ciphers=HIGH
`,
    );
    start(t, "vsftpd", [file]);
    const connection = await secured(port, "ftp");
    assert.equal(await asked(connection, "PBSZ 0"), "200 PBSZ set to 0.");
    await connection.close();
  });

  test("prosody: XMPP", needs("prosody"), async (t) => {
    const { folder, cert, key } = serverFolder(t);
    const port = await freshPort();
    const file = join(folder, "prosody.cfg.lua");
    writeFileSync(
      file,
      `run_as_root = true
data_path = "${folder}"
pidfile = "${folder}/pid"
interfaces = { "127.0.0.1" }
c2s_ports = { ${port} }
s2s_ports = { }
http_ports = { }
https_ports = { }
modules_enabled = { "tls", "saslauth" }
modules_disabled = { "s2s" }
authentication = "internal_hashed"
log = { warn = "*console" }
ssl = { certificate = "${cert}"; key = "${key}" }
VirtualHost "localhost"
`,
    );
    start(t, "prosody", ["-F", "--config", file]);
    const connection = await secured(port, "xmpp");
    await connection.write(
      "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
    );
    const opening = Buffer.from((await connection.readUntil("</stream:features>")) ?? []).toString();
    assert.match(opening, /from='localhost'/);
    assert.match(opening, /urn:ietf:params:xml:ns:xmpp-sasl/);
    await connection.close();
  });

  test("inspircd: IRC", needs("inspircd"), async (t) => {
    const { folder, cert, key } = serverFolder(t);
    const port = await freshPort();
    const file = join(folder, "inspircd.conf");
    writeFileSync(
      file,
      `<config format="xml">
<server name="irc.example" description="test" id="1AB" network="test">
<admin name="a" nick="a" email="a@irc.example">
<bind address="127.0.0.1" port="${port}" type="clients">
<power diepass="a" restartpass="b">
<connect allow="*" timeout="60" resolvehostnames="no">
<module name="ssl_gnutls">
<module name="starttls">
<sslprofile name="Clients" provider="gnutls" certfile="${cert}" keyfile="${key}">
<starttls provider="Clients">
<pid file="${folder}/pid">
<path datadir="${folder}" logdir="${folder}" runtimedir="${folder}">
`,
    );
    const asRoot = process.getuid?.() === 0 ? ["--runasroot"] : [];
    start(t, "inspircd", [...asRoot, "--nofork", "--config", file]);
    const connection = await secured(port, "irc");
    assert.match((await asked(connection, "NICK anna\r\nUSER a 0 * :a")) ?? "", /^:irc\.example /);
    await connection.close();
  });
});
