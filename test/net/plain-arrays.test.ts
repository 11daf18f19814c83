/** Programs get the same on every engine: plain arrays of bytes, never a Node class. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bindUdp, connect, connectUdp, formatAddress, serve } from "../../src/index.ts";
import { openPair } from "../support/connection-pair.ts";
import { forEachEngine } from "../support/engines.ts";

function assertPlain(what: string, bytes: Uint8Array | null | undefined): void {
  assert.equal(bytes?.constructor, Uint8Array, what);
}

forEachEngine((createEngine) => {
  test("every way of reading gives a plain Uint8Array, and onBytes the same", async (t) => {
    const observed: Uint8Array[] = [];
    const onBytes = ({ type, bytes }: { readonly type: string; readonly bytes: Uint8Array }): void => {
      if (type === "bytesReceived") observed.push(bytes);
    };
    const { client, far } = await openPair(t, createEngine(), { server: { onBytes } });
    await client.write("exact:until;line\nmessage and the rest");
    assertPlain("readExactly", await far.readExactly(6));
    assertPlain("readUntil", await far.readUntil(";"));
    assertPlain("readLine", await far.readLine({ encoding: "bytes" }));
    assertPlain("receive", await far.receive());
    await client.write("again");
    assertPlain("read", await far.read());
    await client.write(new Uint8Array(100_000));
    assertPlain("a long one", await far.readExactly(100_000));
    assert.ok(observed.length > 0);
    for (const bytes of observed) assertPlain("onBytes", bytes);
  });

  test("a view of a raw handler is one, so that slice is a copy", async (t) => {
    const engine = createEngine();
    let viewed!: (view: Uint8Array) => void;
    const view = new Promise<Uint8Array>((resolve) => (viewed = resolve));
    const server = await serve({ engine }, { bytes: (_connection, bytes) => viewed(bytes) });
    t.after(() => server.close({ drainMs: 0 }));
    const client = await connect(formatAddress(server.address), { engine });
    await client.write("x");
    assertPlain("the view", await view);
    await client.abort();
  });

  test("datagrams are, on a bound socket and on a dialed one", async (t) => {
    const engine = createEngine();
    const bound = await bindUdp({ engine });
    t.after(() => bound.close());
    const dialed = await connectUdp(formatAddress(bound.address), { engine });
    t.after(() => dialed.close());
    await dialed.send("question");
    const question = await bound.receive();
    assertPlain("bound", question?.bytes);
    await bound.sendTo("answer", dialed.local);
    assertPlain("dialed", await dialed.receive());
  });
});
