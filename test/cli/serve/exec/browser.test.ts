/**
 * Web browsers and `serve --exec`: any page can send a request to 127.0.0.1, and no byte of it may reach a program.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import tls from "node:tls";
import * as fc from "fast-check";
import { BrowserDetector, isBrowser, type Verdict } from "../../../../src/cli/serve/exec/browser.ts";
import { notLinux, unless } from "../../../failures/support/needs.ts";
import { portcall, type Child } from "../../../support/command.ts";
import { pathOf } from "../../../support/programs.ts";
import { passiveClient, portOf, receives, receivesEnd } from "../../support/passive-peers.ts";
import { temporaryFolder } from "../../../support/folder.ts";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const verdictOf = (text: string): string => isBrowser(bytes(text)).is;

/** Requests of browsers for fetch(), an image and a form, and of old ones for a link. */
const requests = {
  "fetch with a body":
    "POST / HTTP/1.1\r\nHost: 127.0.0.1:8888\r\nContent-Length: 18\r\nOrigin: http://evil.example\r\n\r\ntouch /tmp/owned\n\n",
  "an image":
    "GET /;id HTTP/1.1\r\nHost: localhost:8888\r\nAccept: image/*\r\nSec-Fetch-Site: cross-site\r\n\r\n",
  "a preflight":
    "OPTIONS / HTTP/1.1\r\nHost: x\r\nAccess-Control-Request-Method: FOO\r\nOrigin: null\r\n\r\n",
  "a method of the page's choice":
    "id;ls / HTTP/1.1\r\nHost: x\r\nsec-fetch-site: same-origin\r\n\r\n".replace(";", "."),
  "an old browser": "GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0 (X11) Gecko\r\n\r\n",
  "a link": "GET / HTTP/1.0\nReferer: http://evil.example/\n\n",
  "a method of 100 characters": `${"`touch$IFS$9pwn`".padEnd(100, "A")} / HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\n\r\n`,
  "a method of 100 000 characters": `${"A".repeat(100_000)} / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://x\r\n\r\n`,
  "a page on a rebound name":
    "GET / HTTP/1.1\r\nHost: evil.example:8888\r\nUser-Agent: x\r\nAccept: */*\r\nX-A: ;touch pwn;#\r\n\r\n",
};

/** Requests of other clients. */
const others: readonly string[] = [
  "GET key\r\n",
  "GET / \r\n",
  "GET /path\r\n",
  "POST office\n",
  "P",
  "GET ",
  "hello / world\n",
  "ls /tmp HTTP/x\n",
  "\x16\x03",
  "\x00\xff binary \n",
  "GET / HTTP/1.1\r\nHost: localhost:8888\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\n\r\n",
  "GET / HTTP/1.1\r\nhost: 127.0.0.1:8888\r\naccept: */*\r\nsec-fetch-mode: cors\r\nuser-agent: node\r\n\r\n",
  "GET / HTTP/1.0\r\n\r\n",
  `${"A".repeat(64)}\n`,
  `${"A".repeat(64)} key\r\n`,
  `GET / HTTP/1.1\r\nX-Host: evil.example\r\nHost: 10.0.0.1\r\n\r\nHost: evil.example\r\n`,
  "POST / HTTP/1.1\r\nHost: [::1]\r\n\r\nOrigin: in the body\r\n",
];

describe("a browser is known by its first bytes", () => {
  for (const [what, request] of Object.entries(requests)) {
    test(`${what}, wherever they are cut`, () => {
      assert.equal(verdictOf(request), "browser");
      // A browser sends at least so much at once.
      const begun = Math.min(request.indexOf("/") + 1, 64);
      const cuts = Array.from({ length: request.length - begun }, (_, index) => begun + index);
      // Of a long method the ends are enough.
      for (const cut of cuts.filter((at) => at < 1_000 || at > request.length - 1_000)) {
        assert.notEqual(verdictOf(request.slice(0, cut)), "other", request.slice(0, cut));
      }
    });
  }

  test("with a method, a URL or a header so long that its headers do not come", () => {
    const much = "a".repeat(300_000);
    for (const long of [much, `GET /${much}`, `GET / HTTP/1.1\r\nCookie: ${much}`]) {
      assert.equal(verdictOf(long), "browser");
      assert.equal(verdictOf(long.slice(0, 60_000)), "undecided");
    }
  });

  test("in pieces of any size as in one piece", () => {
    const heads = [...Object.values(requests), ...others];
    fc.assert(
      fc.property(fc.constantFrom(...heads), fc.integer({ min: 64, max: 200 }), (head, size) => {
        fc.pre(head.length < 2_000);
        const detector = new BrowserDetector();
        let verdict: Verdict = { is: "undecided" };
        for (let start = 0; start < head.length && verdict.is === "undecided"; start += size) {
          verdict = detector.push(bytes(head.slice(start, start + size)));
        }
        const wanted = isBrowser(bytes(head));
        assert.equal(verdict.is, wanted.is, JSON.stringify(head));
      }),
    );
  });

  for (const [what, piece] of Object.entries({
    "header lines": "a\n",
    "one header": "a",
    "bare CRs": "\r",
  })) {
    test(`with a head of 256 KiB of ${what} in single bytes, each of which is looked at once`, () => {
      const detector = new BrowserDetector();
      let verdict = detector.push(bytes("GET / HTTP/1.1\r\n"));
      let pieces = 0;
      for (; verdict.is === "undecided"; pieces++) {
        verdict = detector.push(bytes(piece[pieces % piece.length] as string));
      }
      // 262 144 scans of a whole head are 34 GB: such a test would not end within its time.
      assert.deepEqual([verdict.is, pieces], ["browser", 262_144 - 16]);
    });
  }

  const ofOthers = [
    ...[
      "evil.example",
      "evil.example:8888",
      "evil.example.",
      "127.0.0.1.evil.example",
      "localhost.evil.example",
    ],
    ...["notlocalhost", "127.0.0.1@evil.example", "[::1].evil.example", "0x7f.1", "a b"],
  ];
  for (const host of ofOthers) {
    test(`by the host ${JSON.stringify(host)}, once its line is complete`, () => {
      for (const name of ["Host", "host", "HOST"]) {
        const line = `GET / HTTP/1.1\r\nAccept: */*\r\n${name}: \t${host}`;
        assert.equal(verdictOf(line), "undecided");
        assert.equal(verdictOf(`${line} \r\n`), "browser");
        assert.equal(verdictOf(`${line}\n\n`), "browser");
      }
    });
  }

  const ofThisMachine = [
    ...["127.0.0.1", "127.0.0.1:8888", "192.0.2.7:80", "[::1]:8888", "[::1]", "[fe80::1%eth0]:8888", "::1"],
    ...["localhost", "LOCALHOST:8888", "localhost.", "app.localhost:8888", "App.Localhost.", ""],
  ];
  for (const host of ofThisMachine) {
    test(`and not by the host ${JSON.stringify(host)}`, () => {
      assert.equal(verdictOf(`GET / HTTP/1.1\r\nHost: ${host}\r\nAccept: */*\r\n\r\n`), "other");
    });
  }

  test("of https://, by the handshake of TLS", async (t) => {
    const server = net.createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const client = tls.connect({ port: (server.address() as net.AddressInfo).port, host: "127.0.0.1" });
    client.on("error", () => undefined);
    const [socket] = (await once(server, "connection")) as [net.Socket];
    const [hello] = (await once(socket, "data")) as [Buffer];
    assert.equal(isBrowser(hello).is, "browser");
    client.destroy();
    socket.destroy();
  });

  for (const said of others) {
    test(`and is not ${JSON.stringify(said.slice(0, 40))}`, () => assert.equal(verdictOf(said), "other"));
  }

  test("and never by lines that are no request", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (said) => {
        const text = Buffer.from(said).toString("latin1");
        fc.pre(!/^\S+ (\/|\*|https?:)/.test(text) && said[0] !== 0x16);
        assert.equal(isBrowser(said).is, "other");
      }),
    );
  });
});

interface Served {
  readonly server: Child;
  readonly dial: () => Promise<net.Socket>;
}

async function serving(t: TestContext, ...args: readonly string[]): Promise<Served> {
  const server = portcall(t, args);
  const port = await portOf(server);
  return { server, dial: () => passiveClient(t, { host: "127.0.0.1", port }) };
}

describe("serve --exec and browsers", { skip: unless(notLinux).skip, concurrency: 2 }, () => {
  for (const [what, request] of Object.entries(requests)) {
    test(`refuses ${what} before a byte reaches the program`, async (t) => {
      // The program copies its input to stderr.
      const { server, dial } = await serving(t, "serve", "--sh", "cat >&2", ":0");
      const client = await dial();
      // In two pieces, so that the headers come later.
      const cut = request.indexOf("\n") + 3;
      // And a long method in two as well.
      if (cut > 2_000) await new Promise((resolve) => client.write(request.slice(0, 1_000), resolve));
      await new Promise((resolve) => client.write(request.slice(cut > 2_000 ? 1_000 : 0, cut), resolve));
      client.write(request.slice(cut));
      const answer = (await receivesEnd(client)).toString();
      assert.match(
        answer,
        /^HTTP\/1\.1 403 Forbidden\r\n[^]*Start it with --allow-browsers to accept them\.\n$/,
      );
      const length = Number(/Content-Length: (\d+)/.exec(answer)?.[1]);
      assert.equal(answer.split("\r\n\r\n")[1]?.length, length);
      await server.printsOnStderr(
        /^refused 127\.0\.0\.1:\d+: it looks like a web browser \("[-A-Za-z]+: [^\\"]*"\); --allow-browsers accepts it(?:, and so does an IP address or localhost in the URL)?$/m,
      );
      const other = await dial();
      other.end("from another client\n");
      await server.printsOnStderr(/ stderr: from another client$/m);
      assert.equal(server.stderr.match(/ stderr: /g)?.length, 1, server.stderr);
    });
  }

  test("refuses https:// without a word", async (t) => {
    const { server, dial } = await serving(t, "serve", "--exec", "cat", ":0");
    const secured = tls.connect({ socket: await dial() });
    const [error] = (await once(secured, "error")) as [Error];
    assert.doesNotMatch(error.message, /wrong version/);
    await server.printsOnStderr(/it looks like a web browser \(a TLS handshake, as of https:\/\/\)/);
  });

  const request = requests["fetch with a body"];
  for (const [what, args] of Object.entries({
    "serve --allow-browsers": ["serve", "--exec", "cat", "--allow-browsers", ":0"],
    "nc -l -e, as ncat does": ["nc", "-l", "-v", "-k", "-e", pathOf("cat"), "127.0.0.1", "0"],
  })) {
    test(`${what} lets them in, byte for byte`, async (t) => {
      const server = portcall(t, args);
      const [, port] = await server.printsOnStderr(/(?:127\.0\.0\.1:| port |on 127\.0\.0\.1 )(\d+)/i);
      const client = await passiveClient(t, { host: "127.0.0.1", port: Number(port) });
      client.end(request);
      assert.equal((await receivesEnd(client)).toString(), request);
    });
  }

  test("pages cannot reach a Unix socket, so requests through a proxy pass", async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, "socket");
    const server = portcall(t, ["serve", "--exec", "cat", "-U", path]);
    await server.printsOnStderr(/^listening on/);
    const client = await passiveClient(t, { path });
    client.end(request);
    assert.equal((await receivesEnd(client)).toString(), request);
  });

  test("passes on what other clients send, a request of curl's among it", async (t) => {
    const { dial } = await serving(t, "serve", "--exec", "cat", ":0");
    const curls = "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/8.14.1\r\n\r\n";
    for (const said of [curls, "GET key\r\n", "\0\xff\n", "GET / HTTP/1.1\r\nHost: cut off"]) {
      const client = await dial();
      client.write(bytes(said.slice(0, 7)));
      client.end(bytes(said.slice(7)));
      assert.deepEqual(await receivesEnd(client), bytes(said));
    }
  });

  test("delays no client that waits for an answer", async (t) => {
    const { dial } = await serving(t, "serve", "--exec", "cat", ":0");
    for (const said of ["P", "GET", "id\n", "GET /", "GET / HTTP/1.1\r\nHost: localhost\r\n"]) {
      const client = await dial();
      client.write(said);
      // It comes back from cat before more is sent, or the FIN.
      await receives(client, said.length);
      client.end("more");
      assert.equal((await receivesEnd(client)).toString(), `${said}more`);
    }
  });
});
