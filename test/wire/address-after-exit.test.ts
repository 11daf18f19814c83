/**
 * The address of a listener is free when its process has exited, however it ended. io_uring would hold it until the
 * kernel has torn down the ring, if a request of the ring named the listening socket.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { missing } from "../support/programs.ts";
import { nativeEngines } from "../support/native-engines.ts";

const index = new URL("../../src/engine.js", import.meta.url).href;

/** What the process does, or the signal that it receives. */
const ways: Readonly<Record<string, string>> = {
  "process.exit": "process.exit(0)",
  "an uncaught exception": "setImmediate(() => { throw new Error('meant'); })",
  "an unhandled rejection": "void Promise.reject(new Error('meant'))",
  "the end of its work": "listener.close()",
  SIGTERM: "SIGTERM",
  SIGINT: "SIGINT",
  SIGKILL: "SIGKILL",
  SIGABRT: "SIGABRT",
};

/** The process has no clients: with clients, the kernel would take longer to end it than to free the address. */
const program = (engine: string, way: string): string => `
import { chooseEngine } from ${JSON.stringify(index)};
const listener = await chooseEngine("${engine}").listen(
  { family: 4, host: "127.0.0.1", port: 0 },
  { backlog: 8, ipv6Only: false, noDelay: true, keepAliveMs: 0 },
  { acceptFailed() {}, accepted() {} });
console.log(listener.address.port);
process.stdin.once("data", () => { ${way}; process.stdin.unref(); setTimeout(() => process.exit(0), 0); });
// The test has ended, so nothing else would end this process.
process.stdin.once("end", () => process.exit(1));
`;

/**
 * Starts the rest of its arguments, ends that process, and listens on its address at once. Node would learn of the
 * exit milliseconds later. Prints the outcome.
 */
const successor = `
import os, signal, socket, subprocess, sys
way, command = sys.argv[1], sys.argv[2:]
child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
port = int(child.stdout.readline())
if way.startswith("SIG"):
    child.send_signal(getattr(signal, way))
else:
    child.stdin.write(b"\\n")
    child.stdin.flush()
os.waitpid(child.pid, 0)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    listener.bind(("127.0.0.1", port))
    listener.listen()
    print("free")
except OSError as error:
    print(error)
`;

/** Lets a process listen and exit, and another one listen there at once. Returns the outcome. */
async function listenAfter(engine: string, way: string): Promise<string> {
  const source = program(engine, way.startsWith("SIG") ? "" : way);
  const node = [process.execPath, "--input-type=module", "-e", source];
  const { stdout } = await run("python3", ["-c", successor, way, ...node], { timeout: 30_000 });
  return stdout.trim();
}

const run = promisify(execFile);

for (const { name, whyNot } of nativeEngines) {
  describe(
    `the address of a listener of the ${name} engine`,
    { skip: whyNot ?? missing("python3"), timeout: 150_000 },
    () => {
      for (const [what, way] of Object.entries(ways)) {
        test(`is free when its process has gone by ${what}`, async () => {
          const outcomes: string[] = [];
          for (let round = 0; round < 3; round++) outcomes.push(await listenAfter(name, way));
          assert.deepEqual(outcomes, ["free", "free", "free"]);
        });
      }
    },
  );
}
