/** Every peer of the bench that is on this machine does what its service says; the load program compares every byte. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { buildLoadProgram } from "../../bench/load-program.ts";
import { measure, type MeasuringSettings } from "../../bench/measurement.ts";
import { peers, type Peer } from "../../bench/peers/index.ts";
import { workloads, type Workload } from "../../bench/workloads.ts";
import { needs } from "../support/programs.ts";

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

/**
 * Measures, and measures more where that showed nothing: a busy machine may give the server no turn in a tenth of a
 * second, and a kernel that counts CPU time by ticks may count none for a short transfer.
 */
async function measureEnough(peer: Peer, workload: Workload): Promise<void> {
  const seen: string[] = [];
  for (const factor of [1, 20, 100]) {
    const row =
      workload.mode === "bulk" ? { ...workload, messageBytes: workload.messageBytes * factor } : workload;
    try {
      const sample = await measure(peer, row, { ...settings, seconds: settings.seconds * factor });
      if (sample.value > 0 && sample.operationsPerSecond > 0) return;
      seen.push(`${sample.operationsPerSecond} operations a second, ${sample.value} ns of CPU time each`);
    } catch (error) {
      seen.push((error as Error).message);
    }
  }
  assert.fail(`${workload.name}: ${seen.join("; ")}`);
}

describe("a server of the bench", needs("cc"), () => {
  before(buildLoadProgram);

  for (const peer of peers) {
    const presence = peer.find();
    test(`${peer.name} serves`, { skip: presence.state === "absent" && presence.why }, async () => {
      for (const workload of samples) {
        if (peer.unfit?.[workload.name] !== undefined) continue;
        await measureEnough(peer, workload);
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
