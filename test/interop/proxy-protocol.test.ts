/** The PROXY protocol with HAProxy, nginx and curl. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import tls from "node:tls";
import {
  backoff,
  connect,
  serve,
  type Connection,
  type ServeOptions,
  type SocketEvent,
} from "../../src/index.ts";
import { portcall, start } from "../support/command.ts";
import { freePort } from "../support/free-port.ts";
import { folderFor, listening, needs } from "./peers.ts";

/** Resolves when a program listens, which HAProxy does not report. */
async function answers(port: string): Promise<void> {
  const retry = backoff({ firstDelayMs: 20, factor: 1, jitter: 0 });
  const connection = await connect(`127.0.0.1:${port}`, { retry, establishTimeoutMs: 20_000 });
  await connection.close();
}

/** HAProxy with a listener on a free port, whose address stands for `FRONT`. */
async function haproxy(t: TestContext, sections: string): Promise<string> {
  const port = await freePort(10_000, 20_000);
  const file = join(folderFor(t), "haproxy.cfg");
  const times = ["connect", "client", "server"].map((name) => `  timeout ${name} 20s`);
  writeFileSync(
    file,
    `defaults\n  mode tcp\n${times.join("\n")}\n${sections.replaceAll("FRONT", `127.0.0.1:${port}`)}`,
  );
  start(t, "haproxy", ["-db", "-f", file]);
  await answers(port);
  return port;
}

/** The address of HAProxy that repeats the client's address as a line in front of the stream to an echo server. */
async function acceptingFront(t: TestContext): Promise<string> {
  const { port } = await listening(t, "serve", "echo", "127.0.0.1:0");
  return haproxy(t, `listen front\n  bind FRONT accept-proxy\n  server one 127.0.0.1:${port} send-proxy\n`);
}

describe("a PROXY protocol header sent", () => {
  for (const version of [1, 2] as const) {
    test(
      `by connect in version ${version} names the client to HAProxy with accept-proxy`,
      needs("haproxy"),
      async (t) => {
        const front = await acceptingFront(t);
        const source = { family: 4, host: "192.0.2.1", port: 7 } as const;
        const connection = await connect(`127.0.0.1:${front}`, { proxyProtocol: { version, source } });
        assert.equal(await connection.readLine(), `PROXY TCP4 192.0.2.1 127.0.0.1 7 ${front}`);
        await connection.close();
      },
    );

    test(`by the command in version ${version} is accepted by HAProxy`, needs("haproxy"), async (t) => {
      const front = await acceptingFront(t);
      const child = portcall(t, ["connect", `--proxy-protocol=v${version}`, "127.0.0.1", front]);
      await child.prints(new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 \\d+ ${front}\r$`, "m"));
      await child.write("hello\n");
      await child.prints(/^hello$/m);
      child.end();
      assert.equal(await child.code(), 0, child.stderr);
    });
  }
});

interface Behind {
  readonly port: number;
  readonly events: SocketEvent[];
  readonly clients: Connection[];
}

/** A server behind a load balancer of this machine, which greets each client by its address. */
async function behind(t: TestContext, options: ServeOptions = {}): Promise<Behind> {
  const events: SocketEvent[] = [];
  const clients: Connection[] = [];
  const onEvent = (event: SocketEvent): void => void events.push(event);
  const proxyProtocol = { trusted: ["127.0.0.1"] };
  const server = await serve(
    { proxyProtocol, onEvent, ...options, port: 0, path: undefined, fd: undefined },
    async (client) => {
      clients.push(client);
      await client.write(`hello ${String(client.remote)}\n`);
      for await (const chunk of client) await client.write(chunk);
    },
  );
  t.after(() => server.close({ drainMs: 0 }));
  return { port: server.address.port, events, clients };
}

/** The greeting of a client with that address of its own, and the address that it has. */
async function greeting(
  t: TestContext,
  front: string,
  localAddress = "127.0.0.1",
): Promise<[greeting: string | null, own: string]> {
  const client = await connect(`127.0.0.1:${front}`, { localAddress });
  t.after(() => client.abort());
  return [await client.readLine(), client.local.toString()];
}

const failures: readonly string[] = ["refused", "proxyHeaderFailed", "handlerFailed"];

function namesOf(events: readonly SocketEvent[]): string[] {
  return events.map(({ type }) => type).filter((type) => failures.includes(type) || type === "opened");
}

/** The first health check that HAProxy has finished, by its statistics. */
async function checked(folder: string): Promise<string> {
  for (;;) {
    const admin = await connect(`unix:${join(folder, "admin")}`);
    await admin.write("show stat\n");
    await admin.end();
    let text = "";
    for await (const chunk of admin) text += Buffer.from(chunk).toString();
    const [names = "", ...rows] = text.trim().split("\n");
    const column = names.split(",").indexOf("check_status");
    const status = rows.find((row) => row.startsWith("front,one,"))?.split(",")[column] ?? "";
    if (status !== "" && !status.startsWith("*") && status !== "INI") return status;
  }
}

describe("behind HAProxy", () => {
  for (const flag of ["send-proxy", "send-proxy-v2"]) {
    test(`with ${flag}: the client is the client`, needs("haproxy"), async (t) => {
      const { port, clients } = await behind(t);
      const front = await haproxy(t, `listen front\n  bind FRONT\n  server one 127.0.0.1:${port} ${flag}\n`);
      const [line, own] = await greeting(t, front);
      assert.equal(line, `hello ${own}`);
      const header = clients.at(-1)?.proxyProtocol;
      assert.equal(header?.version, flag === "send-proxy" ? 1 : 2);
      assert.equal(header.destination?.toString(), `127.0.0.1:${front}`);
      assert.match(header.from?.toString() ?? "", /^127\.0\.0\.1:\d+$/);
    });

    test(`with ${flag}: limits and lists concern the client`, needs("haproxy"), async (t) => {
      const { port, events } = await behind(t, { deny: ["127.0.0.3"], connectionsPerSourceMax: 1 });
      const front = await haproxy(t, `listen front\n  bind FRONT\n  server one 127.0.0.1:${port} ${flag}\n`);
      events.length = 0;
      assert.match((await greeting(t, front, "127.0.0.2"))[0] ?? "", /^hello 127\.0\.0\.2:/);
      assert.match((await greeting(t, front, "127.0.0.4"))[0] ?? "", /^hello 127\.0\.0\.4:/);
      for (const [address, reason] of [
        ["127.0.0.2", "source"],
        ["127.0.0.3", "address"],
      ] as const) {
        await greeting(t, front, address).catch(() => undefined);
        const refused = events.findLast((event) => event.type === "refused");
        assert.ok(refused?.type === "refused");
        assert.equal(refused.reason, reason);
        assert.match(refused.remote?.toString() ?? "", new RegExp(`^${address}:`));
      }
    });
  }

  test(
    "with send-proxy-v2 and check-send-proxy: health checks succeed, and are neither clients nor errors",
    needs("haproxy"),
    async (t) => {
      const { port, events } = await behind(t);
      const folder = folderFor(t);
      const front = await freePort(10_000, 20_000);
      const file = join(folder, "haproxy.cfg");
      writeFileSync(
        file,
        `global
  stats socket ${join(folder, "admin")} level admin
defaults
  mode tcp
  timeout connect 20s
  timeout client 20s
  timeout server 20s
listen front
  bind 127.0.0.1:${front}
  server one 127.0.0.1:${port} send-proxy-v2 check check-send-proxy inter 50ms
`,
      );
      start(t, "haproxy", ["-db", "-f", file]);
      const retry = backoff({ firstDelayMs: 20, factor: 1, jitter: 0 });
      const admin = await connect(`unix:${join(folder, "admin")}`, { retry, establishTimeoutMs: 20_000 });
      await admin.close();
      assert.equal(await checked(folder), "L4OK");
      assert.deepEqual(namesOf(events), []);
      const [line, own] = await greeting(t, front);
      assert.equal(line, `hello ${own}`);
      assert.deepEqual(namesOf(events), ["opened"]);
    },
  );

  test(
    "that terminates TLS: the server sees the client's session",
    needs("haproxy", "openssl"),
    async (t) => {
      const folder = folderFor(t);
      const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
      const request = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
      ];
      const made = spawnSync("openssl", [
        ...request,
        "-subj",
        "/CN=front.example",
        "-keyout",
        key,
        "-out",
        certificate,
      ]);
      assert.equal(made.status, 0, String(made.stderr));
      const both = join(folder, "both.pem");
      writeFileSync(both, `${readFileSync(certificate, "utf8")}${readFileSync(key, "utf8")}`);
      const { port, clients } = await behind(t);
      const front = await haproxy(
        t,
        `listen front
  bind FRONT ssl crt ${both} alpn smtp
  server one 127.0.0.1:${port} send-proxy-v2-ssl proxy-v2-options crc32c,authority
`,
      );
      const socket = tls.connect({
        port: Number(front),
        host: "127.0.0.1",
        servername: "front.example",
        ca: readFileSync(certificate),
        ALPNProtocols: ["smtp"],
      });
      t.after(() => socket.destroy());
      const [chunk] = (await once(socket, "data")) as [Buffer];
      assert.equal(chunk.toString(), `hello 127.0.0.1:${socket.localPort}\n`);
      const header = clients.at(-1)?.proxyProtocol;
      assert.equal(header?.authority, "front.example");
      assert.equal(header.alpn, "smtp");
      assert.equal(header.tls?.used, true);
      assert.equal(header.tls.version, socket.getProtocol());
    },
  );
});

describe("behind nginx", () => {
  test("with proxy_protocol on: the client is the client", needs("nginx"), async (t) => {
    const { port } = await behind(t);
    const folder = folderFor(t);
    const front = await freePort(10_000, 20_000);
    const file = join(folder, "nginx.conf");
    writeFileSync(
      file,
      `load_module modules/ngx_stream_module.so;
daemon off;
master_process off;
pid ${join(folder, "pid")};
error_log stderr;
events {}
stream {
  server {
    listen 127.0.0.1:${front};
    proxy_pass 127.0.0.1:${port};
    proxy_protocol on;
  }
}
`,
    );
    const tried = spawnSync("nginx", ["-t", "-c", file], { encoding: "utf8" });
    if (/dlopen\(\)/.test(tried.stderr)) {
      t.skip("not installed here: nginx's stream module");
      return;
    }
    start(t, "nginx", ["-c", file]);
    await answers(front);
    const [line, own] = await greeting(t, front);
    assert.equal(line, `hello ${own}`);
  });
});

describe("curl --haproxy-protocol", () => {
  test("is understood by a server that trusts it", needs("curl"), async (t) => {
    const answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    const server = await serve({ proxyProtocol: { trusted: ["127.0.0.1"] } }, async (client) => {
      for (let line = await client.readLine(); line !== "" && line !== null; line = await client.readLine());
      await client.write(
        `${answer}${client.proxyProtocol?.version ?? 0} ${String(client.remote) === String(client.proxyProtocol?.from)}\n`,
      );
    });
    t.after(() => server.close({ drainMs: 0 }));
    const curl = start(t, "curl", [
      "-sS",
      "--noproxy",
      "*",
      "--haproxy-protocol",
      `http://${server.address.toString()}/`,
    ]);
    assert.equal(await curl.code(), 0, curl.stderr);
    assert.equal(curl.stdout, "1 true\n");
  });
});

describe("the configuration that the how-to page shows", () => {
  const page = readFileSync("docs/how-to/behind-a-load-balancer.md", "utf8");
  const block = (language: string, containing: string): string => {
    const blocks = [...page.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(
      ([, text = ""]) => text,
    );
    const found = blocks.find((text) => text.includes(containing));
    assert.ok(found !== undefined, `the page shows no ${language} with ${containing}`);
    return found;
  };

  test("works with HAProxy", needs("haproxy"), async (t) => {
    const { port } = await behind(t);
    const front = await freePort(10_000, 20_000);
    const file = join(folderFor(t), "haproxy.cfg");
    const shown = block("ini", "send-proxy-v2");
    writeFileSync(
      file,
      shown.replace("bind :5000", `bind 127.0.0.1:${front}`).replace("127.0.0.1:7000", `127.0.0.1:${port}`),
    );
    start(t, "haproxy", ["-db", "-f", file]);
    await answers(front);
    const [line, own] = await greeting(t, front);
    assert.equal(line, `hello ${own}`);
  });

  test("works with nginx", needs("nginx"), async (t) => {
    const { port } = await behind(t);
    const folder = folderFor(t);
    const front = await freePort(10_000, 20_000);
    const file = join(folder, "nginx.conf");
    const shown = block("nginx", "proxy_protocol on");
    const settings = `daemon off;\nmaster_process off;\npid ${join(folder, "pid")};\nerror_log stderr;\nevents {}\n`;
    const stream = shown
      .replace("listen 5000", `listen 127.0.0.1:${front}`)
      .replace("127.0.0.1:7000", `127.0.0.1:${port}`);
    writeFileSync(file, `load_module modules/ngx_stream_module.so;\n${settings}${stream}`);
    if (/dlopen\(\)/.test(spawnSync("nginx", ["-t", "-c", file], { encoding: "utf8" }).stderr)) {
      t.skip("not installed here: nginx's stream module");
      return;
    }
    start(t, "nginx", ["-c", file]);
    await answers(front);
    const [line, own] = await greeting(t, front);
    assert.equal(line, `hello ${own}`);
  });
});
