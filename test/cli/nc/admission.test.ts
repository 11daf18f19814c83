/** `nc -l --allow`, `--deny` and their files, for connections and for datagrams. */
import assert from "node:assert/strict";
import dgram from "node:dgram";
import { writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { portcall, type Child } from "../../support/command.ts";
import { folderFor } from "../../interop/peers.ts";

interface Row {
  readonly promise: string;
  /** ALLOW and DENY are files. */
  readonly flags: string;
  readonly allowfile?: string;
  readonly denyfile?: string;
  /** The last byte of 127.0.0.x. */
  readonly accepted: readonly number[];
  readonly rejected: readonly number[];
}

const rows: readonly Row[] = [
  { promise: "--deny", flags: "--deny 127.0.0.2", accepted: [3], rejected: [2] },
  {
    promise: "--deny twice",
    flags: "--deny 127.0.0.2 --deny 127.0.0.3",
    accepted: [4],
    rejected: [2, 3],
  },
  {
    promise: "--allow twice",
    flags: "--allow 127.0.0.2 --allow 127.0.0.3",
    accepted: [2, 3],
    rejected: [4],
  },
  {
    promise: "--deny over --allow",
    flags: "--allow 127.0.0.0/8 --deny 127.0.0.2",
    accepted: [3],
    rejected: [2],
  },
  {
    promise: "files beside options",
    flags: "--allow 127.0.0.2 --allowfile ALLOW --deny 127.0.0.4 --denyfile DENY",
    allowfile: "127.0.0.3 # a comment\n\n127.0.0.4 127.0.0.5\n",
    denyfile: "127.0.0.5\n",
    accepted: [2, 3],
    rejected: [4, 5, 6],
  },
  {
    promise: "two files",
    flags: "--denyfile ALLOW --denyfile DENY",
    allowfile: "127.0.0.2\n",
    denyfile: "127.0.0.3\n",
    accepted: [4],
    rejected: [2, 3],
  },
  {
    promise: "an empty --allowfile, which accepts no address",
    flags: "--allowfile ALLOW",
    accepted: [],
    rejected: [2],
  },
];

interface Listening {
  readonly child: Child;
  readonly port: number;
}

async function listening(t: TestContext, row: Row, ...more: string[]): Promise<Listening> {
  const folder = folderFor(t);
  const [allow, deny] = [join(folder, "allow"), join(folder, "deny")];
  writeFileSync(allow, row.allowfile ?? "");
  writeFileSync(deny, row.denyfile ?? "");
  const flags = row.flags
    .split(" ")
    .map((word) => (word === "ALLOW" ? allow : word === "DENY" ? deny : word));
  const child = portcall(t, ["nc", "-lk", ...more, ...flags, "127.0.0.1", "0"]);
  const [, port = ""] = await child.printsOnStderr(/^(?:Listening|Bound) on 127\.0\.0\.1 (\d+)$/m);
  return { child, port: Number(port) };
}

describe("nc --allow and --deny", () => {
  for (const row of rows) {
    test(`reject connections: ${row.promise}`, async (t) => {
      const { child, port } = await listening(t, row);
      for (const last of row.rejected) {
        const client = net.connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${last}` });
        client.on("error", () => undefined);
        client.end(`from ${last}\n`);
        client.resume();
        await new Promise((resolve) => client.once("close", resolve));
      }
      for (const last of row.accepted) {
        const client = net.connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${last}` });
        client.end(`from ${last}\n`);
        await child.prints(new RegExp(`^from ${last}$`, "m"));
        client.destroy();
      }
      assert.deepEqual(child.stdout, row.accepted.map((last) => `from ${last}\n`).join(""));
    });

    // Of datagrams that are all rejected, nothing tells that they have come.
    if (row.accepted.length === 0) continue;
    test(`reject datagrams: ${row.promise}`, async (t) => {
      const { child, port } = await listening(t, row, "-u");
      const say = async (last: number): Promise<void> => {
        const socket = dgram.createSocket("udp4");
        t.after(() => socket.close());
        await new Promise<void>((resolve) => socket.bind(0, `127.0.0.${last}`, resolve));
        await new Promise<void>((resolve) => {
          socket.send(`from ${last}\n`, port, "127.0.0.1", () => {
            resolve();
          });
        });
      };
      // On loopback datagrams keep their order: what was rejected would stand before what was not.
      for (const last of [...row.rejected, ...row.accepted]) await say(last);
      for (const last of row.accepted) await child.prints(new RegExp(`^from ${last}$`, "m"));
      assert.deepEqual(child.stdout, row.accepted.map((last) => `from ${last}\n`).join(""));
    });
  }

  test("a rejected datagram does not make its sender the peer", async (t) => {
    const child = portcall(t, ["nc", "-luv", "--deny", "127.0.0.2", "127.0.0.1", "0"]);
    const [, port = ""] = await child.printsOnStderr(/^Bound on 127\.0\.0\.1 (\d+)$/m);
    for (const last of [2, 3]) {
      const socket = dgram.createSocket("udp4");
      t.after(() => socket.close());
      await new Promise<void>((resolve) => socket.bind(0, `127.0.0.${last}`, resolve));
      socket.send(`from ${last}\n`, Number(port), "127.0.0.1");
    }
    await child.prints(/^from 3$/m);
    assert.equal(child.stdout, "from 3\n");
  });
});
