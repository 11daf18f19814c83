/** Every peer of the bench that is on this machine does what its service says; the load program compares every byte. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { before, describe, test } from "node:test";
import { buildLoadProgram } from "../../bench/load-program.ts";
import { measure, type MeasuringSettings } from "../../bench/measurement.ts";
import { peers } from "../../bench/peers/index.ts";
import { workloads } from "../../bench/workloads.ts";

const noCompiler = spawnSync("cc", ["--version"]).status === 0 ? false : "there is no C compiler here";

const settings: MeasuringSettings = {
  pinning: { description: "", server: (command) => command, load: (command) => command },
  warmupSeconds: 0.05,
  seconds: 0.1,
  mayRepeat: () => false,
};

/** Small forms of what differs in kind; 64 KiB fill the buffers, so that a part of an echo has to wait. */
const samples = workloads
  .filter(({ name }) => ["echo-64k", "churn", "bulk"].includes(name))
  .map((workload) => (workload.name === "bulk" ? { ...workload, messageBytes: 5_000_001 } : workload));

describe("a server of the bench", { skip: noCompiler }, () => {
  before(buildLoadProgram);

  for (const peer of peers) {
    const presence = peer.find();
    test(`${peer.name} serves`, { skip: presence.state === "absent" && presence.why }, async () => {
      for (const workload of samples) {
        if (peer.unfit?.[workload.name] !== undefined) continue;
        // On a busy machine a tenth of a second may pass without a turn of the server's.
        const sample = await measure(peer, workload, settings).catch(() =>
          measure(peer, workload, { ...settings, seconds: 2 }),
        );
        assert.ok(sample.operationsPerSecond > 0, workload.name);
        assert.ok(sample.value > 0, workload.name);
      }
    });
  }

  test("that cannot start is told, with its own word for why", async () => {
    const [peer] = peers;
    const [workload] = samples;
    assert.ok(peer && workload);
    const broken = { ...peer, command: () => ["sh", "-c", "echo no memory left >&2; exit 1"] };
    await assert.rejects(measure(broken, workload, settings), /the server did not start: no memory left/);
  });

  test("that dies under the load is told", async () => {
    const [peer] = peers;
    const [workload] = samples;
    assert.ok(peer && workload);
    const program = `
      const server = require("node:net").createServer((socket) => socket.once("data", () => process.exit()));
      server.listen(0, "127.0.0.1", () => console.log("ready " + server.address().port));`;
    const dying = { ...peer, command: () => [process.execPath, "-e", program] };
    await assert.rejects(measure(dying, workload, settings), /failed, the first: |the server is gone/);
  });
});
