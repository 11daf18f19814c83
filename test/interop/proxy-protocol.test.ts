/** The PROXY protocol with HAProxy, nginx and curl. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { backoff, connect } from "../../src/index.ts";
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
