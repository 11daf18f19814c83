/**
 * The address of a listener is free when its process has gone, whatever ended it. io_uring would hold it until the kernel
 * has taken the ring apart, if a request of the ring named the listening socket.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { describe, test } from "node:test";
import { nativeEngines } from "../support/native-engines.ts";

const index = new URL("../../src/index.js", import.meta.url).href;

/** What the process does, or the signal that it is sent. */
const ways: Readonly<Record<string, string>> = {
  "process.exit": "process.exit(0)",
  "an exception that nobody catches": "setImmediate(() => { throw new Error('meant'); })",
  "a rejection that nobody handles": "void Promise.reject(new Error('meant'))",
  "the end of its work": "listener.close()",
  SIGTERM: "SIGTERM",
  SIGINT: "SIGINT",
  SIGKILL: "SIGKILL",
  SIGABRT: "SIGABRT",
};

/** Also with a client that is served, and one that waits to be accepted. */
const program = (engine: string, way: string): string => `
import net from "node:net";
import { chooseEngine } from ${JSON.stringify(index)};
const events = { bytes() {}, ended() {}, drained() {}, closed() {} };
const listener = await chooseEngine("${engine}").listen(
  { family: "ipv4", host: "127.0.0.1", port: 0 },
  { backlog: 8, ipv6Only: false, noDelay: true, keepAliveMs: 0 },
  { acceptFailed() {}, accepted(wire) {
    listener.pause();
    wire.start(events);
    net.connect(listener.address.port, "127.0.0.1", () => {
      console.log(listener.address.port);
      process.stdin.once("data", () => { ${way}; process.stdin.unref(); setTimeout(() => process.exit(0), 0); });
    }).unref();
  } });
net.connect(listener.address.port, "127.0.0.1").unref();
`;

/** Lets a process listen and end; the port it had. */
async function listenAndEnd(engine: string, way: string): Promise<number> {
  const source = program(engine, way.startsWith("SIG") ? "" : way);
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: "pipe" });
  const exited = once(child, "exit");
  let complaint = "";
  child.stderr.on("data", (text: Buffer) => (complaint += text.toString()));
  const said = await Promise.race([once(child.stdout, "data"), exited.then(() => undefined)]);
  assert.ok(said !== undefined, complaint);
  if (way.startsWith("SIG")) child.kill(way as NodeJS.Signals);
  else child.stdin.write("\n");
  await exited;
  return Number(String(said[0]));
}

/** Listens there at once, and only once. */
async function canListen(port: number): Promise<string> {
  const server = net.createServer();
  const listening = new Promise<string>((resolve) => {
    server.once("listening", () => resolve("free"));
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
  });
  server.listen(port, "127.0.0.1");
  const outcome = await listening;
  if (outcome === "free") await new Promise((resolve) => server.close(resolve));
  return outcome;
}

for (const { name, whyNot } of nativeEngines) {
  describe(`the address of a listener of the ${name} engine`, { skip: whyNot, timeout: 60_000 }, () => {
    for (const [what, way] of Object.entries(ways)) {
      test(`is free when its process has gone by ${what}`, async () => {
        const outcomes = await Promise.all(
          Array.from({ length: 3 }, async () => canListen(await listenAndEnd(name, way))),
        );
        assert.deepEqual(outcomes, ["free", "free", "free"]);
      });
    }
  });
}
