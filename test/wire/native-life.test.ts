/**
 * How long the native engines keep a process alive, and how a process ends in the middle of their work: always as
 * with node:net. Each case is a separate program that runs on the portable engine and on a native one. Both must
 * print the same, in the same order, and end in the same way.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { nativeEngines } from "../support/native-engines.ts";

const index = new URL("../../src/engine.js", import.meta.url).href;

/** What a peer does with a client whose first byte this is. */
const orders: Readonly<Record<number, (socket: net.Socket) => void>> = {
  1: (socket) => socket.end(),
  2: (socket) => socket.resetAndDestroy(),
  // Reads everything, and then ends.
  3: (socket) => socket.resume().once("end", () => socket.end()),
  // Bytes after the first chunk stay unread.
  4: (socket) => socket.pause(),
};

/** What each case does with a wire to such a peer, or with a listener. */
const cases: readonly (readonly [what: string, source: string])[] = [
  ["a wire that reads", `wire.start(events);`],
  ["a wire that was never started", ``],
  ["a wire that was written to, and never started", `wire.write(Uint8Array.of(4));`],
  ["a wire that is paused", `wire.start(events); wire.pause();`],
  ["a wire that is paused and goes on", `wire.start(events); wire.pause(); wire.resume();`],
  [
    "a wire that is full",
    `wire.start(events); wire.pause(); wire.write(Uint8Array.of(4)); refills = true; fill();`,
  ],
  [
    "a wire that was full, and whose peer has taken all",
    `wire.start(events); wire.pause(); wire.write(Uint8Array.of(3)); fill(); await told("drained");`,
  ],
  ["a wire whose peer has ended", `wire.start(events); wire.write(Uint8Array.of(1)); await told("ended");`],
  [
    "a wire whose peer has ended, and that is full",
    `wire.start(events); wire.write(Uint8Array.of(1)); await told("ended"); refills = true; fill();`,
  ],
  [
    "a wire whose peer has ended, and that ends",
    `wire.start(events); wire.write(Uint8Array.of(1)); await told("ended"); wire.end(); await told("closed");`,
  ],
  ["a wire that has ended", `wire.start(events); wire.end();`],
  [
    "a wire that has ended, and whose peer answers",
    `wire.start(events); wire.write(Uint8Array.of(3)); wire.end();`,
  ],
  ["a wire that was reset", `wire.start(events); wire.write(Uint8Array.of(2)); await told("closed");`],
  ["a wire that was let go of", `wire.start(events); wire.close();`],
  ["a wire that was let go of unstarted", `wire.close();`],
  ["a wire that was aborted", `wire.start(events); wire.abort();`],
  ["a wire that a timer lets go of", `wire.start(events); setTimeout(() => wire.close(), 20);`],
  ["a listener", `wire.close(); await listen();`],
  ["a listener that is paused", `wire.close(); (await listen()).pause();`],
  ["a listener that is closed", `wire.close(); await (await listen()).close();`],
  [
    "a listener that is closed while its client stays",
    `wire.close(); const listener = await listen(); await dial(listener.address.port); await told("accepted"); await listener.close();`,
  ],
  ["a connection that is refused", `wire.close(); await dial(1).catch((error) => console.log(error.code));`],
  [
    "a connection that is given up",
    `wire.close(); const up = new AbortController(); const dialing = dial(port, up.signal); up.abort(); await dialing.catch((error) => console.log(error.name));`,
  ],
  [
    "process.exit in the middle of bytes",
    `onTold = () => process.exit(3); wire.start(events); wire.write(Uint8Array.of(1));`,
  ],
  [
    "an exception in the middle of bytes",
    `onTold = () => { throw new Error("uncaught in the test"); }; wire.start(events); wire.write(Uint8Array.of(1));`,
  ],
  [
    "an unhandled rejection",
    `onTold = async () => { throw new Error("unhandled in the test"); }; wire.start(events); wire.write(Uint8Array.of(1));`,
  ],
  [
    "an exception that is caught",
    `process.on("uncaughtException", (error) => { console.log(error.message); wire.close(); }); onTold = () => { onTold = undefined; throw new Error("caught"); }; wire.start(events); wire.write(Uint8Array.of(1));`,
  ],
];

function program(engine: string, port: number, source: string): string {
  return `
    import { chooseEngine } from ${JSON.stringify(index)};
    const engine = chooseEngine("${engine}");
    const port = ${port};
    const options = { backlog: 8, ipv6Only: false, noDelay: true, keepAliveMs: 0 };
    const free = { family: 4, host: "127.0.0.1", port: 0 };
    const seen = new Set();
    let wake = () => {};
    // Full for good: what the peer has taken meanwhile is written again.
    let refills = false;
    let onTold;
    const tell = (what) => {
      console.log(what);
      seen.add(what);
      wake();
      return onTold?.();
    };
    const told = async (what) => {
      while (!seen.has(what)) await new Promise((resolve) => (wake = resolve));
    };
    const accepted = [];
    const events = {
      bytes() {}, ended: () => tell("ended"), drained: () => (refills ? fill() : tell("drained")),
      closed: (error) => tell("closed") && error, acceptFailed() {},
      accepted: (wire) => { accepted.push(wire); wire.start(events); tell("accepted"); },
    };
    const listen = () => engine.listen(free, options, events);
    const dial = (port, signal = new AbortController().signal) =>
      engine.connect({ ...free, port }, options, signal);
    process.on("exit", (code) => console.log("exit", code));
    const wire = await dial(port);
    const fill = () => { while (wire.write(new Uint8Array(65_536))); };
    // It keeps nothing alive itself, and is reached only if something else does.
    setTimeout(() => { console.log("alive"); process.exit(0); }, 1_000).unref();
    ${source}`;
}

async function run(source: string): Promise<readonly [string, number | null, string]> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  let complaint = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  const [code] = (await once(child, "close")) as [number | null];
  return [printed, code, /^(\w*Error: .*)$/m.exec(complaint)?.[1] ?? complaint];
}

describe("how long a process lives", { timeout: 120_000 }, () => {
  const peer = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (chunk) => orders[chunk[0] ?? 0]?.(socket));
  });
  let port = 0;
  before(async () => {
    peer.listen(0, "127.0.0.1");
    await once(peer, "listening");
    ({ port } = peer.address() as net.AddressInfo);
  });
  after(() => peer.close());

  for (const [what, source] of cases) {
    test(`as with node:net: ${what}`, async (t) => {
      const engines = nativeEngines.filter(({ whyNot }) => whyNot === undefined);
      if (engines.length === 0) return t.skip(nativeEngines[0]?.whyNot);
      const [portable, ...natives] = await Promise.all(
        ["portable", ...engines.map(({ name }) => name)].map((name) => run(program(name, port, source))),
      );
      assert.match(portable?.[0] ?? "", /^exit \d|alive/m);
      for (const [at, native] of natives.entries()) assert.deepEqual(native, portable, engines[at]?.name);
      return undefined;
    });
  }
});
