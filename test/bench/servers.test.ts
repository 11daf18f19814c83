/** Every peer of the bench that is on this machine does what its service says; the load program compares every byte. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { buildLoadProgram } from "../../bench/load-program.ts";
import { measurePair, type Comparison, type MeasuringSettings } from "../../bench/pair.ts";
import { peers, type Peer } from "../../bench/peers/index.ts";
import { workloads, type Workload } from "../../bench/workloads.ts";
import { needs } from "../support/programs.ts";

const settings: MeasuringSettings = {
  pinning: { description: "", server: (command) => command, load: (command) => command },
  turns: 1,
  sliceSeconds: 0.02,
};

/** Small forms of what differs in kind; 64 KiB fill the buffers, so that a part of an echo has to wait. */
const samples = workloads
  .filter(({ name }) => ["echo-64k", "churn", "bulk"].includes(name))
  .map((workload) => (workload.name === "bulk" ? { ...workload, messageBytes: 5_000_001 } : workload))
  .map((workload) => ({ ...workload, connections: Math.min(workload.connections, 10) }));

const [baseline] = peers;
assert.ok(baseline);

/**
 * Measures, and longer where that showed nothing: a busy machine may give the server no turn in a short slice, and a
 * kernel that counts CPU time by ticks may count none for a short transfer.
 */
async function measureEnough(
  peer: Peer,
  workload: Workload,
  sliceSeconds = settings.sliceSeconds,
): Promise<Comparison> {
  try {
    return await measurePair(peer, peer, workload, { ...settings, sliceSeconds });
  } catch (error) {
    if (sliceSeconds >= 1) throw error;
    return measureEnough(peer, workload, sliceSeconds * 10);
  }
}

describe("a server of the bench", needs("cc"), () => {
  before(buildLoadProgram);

  for (const peer of peers) {
    const presence = peer.find();
    test(`${peer.name} serves`, { skip: presence.state === "absent" && presence.why }, async () => {
      for (const workload of samples) {
        if (peer.unfit?.[workload.name] !== undefined) continue;
        const { valueNs, operationsPerSecond } = await measureEnough(peer, workload);
        assert.ok(valueNs > 0 && operationsPerSecond > 0);
      }
    });
  }

  test("that cannot start is reported with its own reason", async () => {
    const [workload] = samples;
    assert.ok(workload);
    const broken = { ...baseline, command: () => ["sh", "-c", "echo no memory left >&2; exit 1"] };
    await assert.rejects(
      measurePair(broken, baseline, workload, settings),
      /the server did not start: no memory left/,
    );
  });

  test("that dies under the load is reported", async () => {
    const [workload] = samples;
    assert.ok(workload);
    const program = `
      const server = require("node:net").createServer((socket) => socket.once("data", () => process.exit()));
      server.listen(0, "127.0.0.1", () => console.log("ready " + server.address().port));`;
    const dying = { ...baseline, command: () => [process.execPath, "-e", program] };
    await assert.rejects(
      measurePair(dying, baseline, workload, settings),
      /^Error: (receive: |send: |connect: |the server closed too early|the server is gone)/,
    );
  });
});
