/** The limits of what `--json` keeps. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CloseInfo } from "../../src/base/events.ts";
import { DatagramRecords } from "../../src/cli/json/datagram-records.ts";
import { JsonReport } from "../../src/cli/json/json-report.ts";
import { FakeClock } from "../../src/testing/index.ts";

const peer = { family: 4, host: "192.0.2.1", port: 9 } as const;

const closeInfo: CloseInfo = {
  how: "fin",
  by: "peer",
  stage: "close",
  error: undefined,
  bytesReceived: 1,
  bytesSent: 0,
  bytesUnsent: 0,
  durationMs: 1,
};

/** A report of so many connections, each of which has received these bytes; they end when all have come, or one by one. */
async function reportOf(
  connections: number,
  bytes: Uint8Array,
  end: "together" | "one by one" = "together",
): Promise<Record<string, unknown>> {
  let printed = "";
  const output = {
    print(line: string) {
      printed += line;
      return Promise.resolve();
    },
    unreadBytes: () => 0,
  };
  const report = new JsonReport("report", "serve", output, new FakeClock());
  const { onEvent, onBytes } = report.observers;
  for (let connection = 1; connection <= connections; connection++) {
    const base = { atMs: 0, connection };
    onEvent({ ...base, type: "opened", role: "server", local: peer, remote: peer, durationMs: 0 });
    onBytes({ ...base, type: "bytesReceived", bytes });
    if (end === "one by one") onEvent({ ...base, type: "closed", closeInfo });
  }
  if (end === "together") {
    for (let connection = 1; connection <= connections; connection++) {
      onEvent({ atMs: 0, connection, type: "closed", closeInfo });
    }
    // The one that comes next finds them ended.
    onEvent({
      ...{ atMs: 0, connection: connections + 1, durationMs: 0 },
      ...{ type: "opened", role: "server", local: peer, remote: peer },
    });
  }
  await report.finish("ok");
  return JSON.parse(printed) as Record<string, unknown>;
}

for (const end of ["together", "one by one"] as const) {
  test(`reports the last hundred of many connections that close ${end}, and the total`, async () => {
    const report = await reportOf(1_000, new Uint8Array(1), end);
    const reported = report["connections"] as { readonly connection: number }[];
    const last = end === "together" ? 1_001 : 1_000;
    assert.equal(reported.length, 100);
    assert.equal(reported.at(-1)?.connection, last);
    assert.equal(report["connectionsTotal"], last);
  });
}

test("of many bytes 16 MiB are kept, and the others counted", async () => {
  const report = await reportOf(5, new Uint8Array(5 * 1024 * 1024));
  const reported = report["connections"] as { readonly bytesLeftOut: number }[];
  const leftOut = reported.map(({ bytesLeftOut }) => bytesLeftOut);
  assert.deepEqual(leftOut.slice(0, 5), [0, 0, 0, 5 * 1024 * 1024, 5 * 1024 * 1024]);
});

test("empty datagrams are bounded by what each costs, and the others counted", () => {
  const records = new DatagramRecords(true);
  records.note({ type: "datagramsOpened", atMs: 0, socket: 1, addresses: [peer], remote: undefined });
  for (let count = 0; count < 100_000; count++) {
    records.note({ type: "datagramBytesReceived", atMs: 0, socket: 1, peer, bytes: new Uint8Array(0) });
  }
  const [record] = records.records;
  assert.equal(record?.datagrams?.length, 65_536);
  assert.equal(record?.datagramsLeftOut, 100_000 - 65_536);
});
