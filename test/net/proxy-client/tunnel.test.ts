/** A wire through a proxy, with the events below it in every order. */
import assert from "node:assert/strict";
import net from "node:net";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { exactly } from "../../../src/net/connection/read-decoders.ts";
import { HandshakeError, type Handshake } from "../../../src/net/proxy-client/handshake.ts";
import { openTunnel } from "../../../src/net/proxy-client/tunnel.ts";
import { WireError, type Wire, type WireEvents } from "../../../src/wire/index.ts";
import { bytesOf } from "./scripted-wire.ts";

/** A wire without activity of its own, which records its calls. */
class HandWire implements Wire {
  readonly local = { family: 4, host: "127.0.0.1", port: 1 } as const;
  readonly remote = { family: 4, host: "127.0.0.1", port: 1080 } as const;
  readonly stableViews = true;
  readonly reported: string[] = [];
  takes = true;
  pendingBytes = 0;
  events!: WireEvents;

  start(events: WireEvents): void {
    this.events = events;
  }

  write(bytes: Uint8Array): boolean {
    return this.writeAll([bytes]);
  }

  writeAll(pieces: readonly Uint8Array[]): boolean {
    this.reported.push(`write ${Buffer.concat(pieces).toString()}`);
    return this.takes;
  }

  tcpInfo(): undefined {
    this.reported.push("tcpInfo");
  }

  pause(): void {
    this.reported.push("pause");
  }

  resume(): void {
    this.reported.push("resume");
  }

  holdProcess(): void {
    // There is no process to keep alive.
  }

  end(): void {
    this.reported.push("end");
  }

  close(): void {
    this.reported.push("close");
  }

  abort(): void {
    this.reported.push("abort");
  }
}

/** The same with a socket, which it hands over. */
class DetachableWire extends HandWire {
  readonly socket = new net.Socket();
  signal: AbortSignal | undefined;

  async detach(signal?: AbortSignal): Promise<net.Socket> {
    this.signal = signal;
    return this.socket;
  }
}

function owner(): { readonly reported: string[]; readonly events: WireEvents } {
  const reported: string[] = [];
  return {
    reported,
    events: {
      bytes: (view) => void reported.push(`bytes ${Buffer.from(view).toString()}`),
      ended: () => void reported.push("ended"),
      drained: () => void reported.push("drained"),
      closed: (error) => void reported.push(`closed ${error?.code ?? "well"}`),
    },
  };
}

/** Sends hello twice, and gets two answers. */
function* hello(): Handshake {
  yield { send: bytesOf("hello") };
  yield { read: exactly(2) };
  yield { send: bytesOf("again") };
  yield { read: exactly(2) };
}

function open(handshake = hello(), below = new HandWire()) {
  const giveUp = new AbortController();
  const opening = openTunnel(below, handshake, giveUp.signal);
  opening.catch(() => undefined);
  return { below, giveUp, opening };
}

describe("a wire through a proxy", () => {
  test("tells its owner what came behind the answer, and not during start", async () => {
    const { below, opening } = open();
    below.events.bytes(bytesOf("ok"));
    below.events.bytes(bytesOf("okfirst"));
    below.events.bytes(bytesOf(" words"));
    const tunnel = await opening;
    const { reported, events } = owner();
    tunnel.start(events);
    below.events.bytes(bytesOf(", and more"));
    assert.deepEqual(reported, []);
    await turn();
    below.events.bytes(bytesOf("later"));
    assert.deepEqual(reported, ["bytes first words, and more", "bytes later"]);
    assert.deepEqual(below.reported, ["write hello", "write again", "pause", "resume"]);
    assert.deepEqual([tunnel.local, tunnel.remote], [below.local, below.remote]);
  });

  test("is detached with what came behind the answer, in front of what the wire below had", async () => {
    const { below, opening } = open(hello(), new DetachableWire());
    below.events.bytes(bytesOf("okokfirst"));
    const tunnel = await opening;
    const signal = new AbortController().signal;
    const detaching = tunnel.detach?.(signal);
    assert.ok(below instanceof DetachableWire);
    assert.equal(below.signal, signal);
    below.socket.unshift(bytesOf(", then"));
    const socket = await detaching;
    assert.equal(String(socket?.read()), "first, then");
    const { reported, events } = owner();
    tunnel.start(events);
    await turn();
    assert.deepEqual(reported, []);
  });

  test("cannot be detached from a wire that cannot", async () => {
    const { below, opening } = open();
    below.events.bytes(bytesOf("okok"));
    assert.equal((await opening).detach, undefined);
  });

  test("keeps its own copy of a view that does not last", async () => {
    const { below, opening } = open();
    const view = bytesOf("okok!");
    below.events.bytes(view);
    view.fill(0);
    const { reported, events } = owner();
    (await opening).start(events);
    await turn();
    assert.deepEqual(reported, ["bytes !"]);
  });

  test("tells the end and the close that came before its owner, in their order", async () => {
    const { below, opening } = open();
    below.events.bytes(bytesOf("okokbye"));
    below.events.ended();
    below.events.closed(new WireError("ECONNRESET", "send"));
    const tunnel = await opening;
    const { reported, events } = owner();
    tunnel.start(events);
    // The wire below has closed, but the owner has not received the event yet.
    assert.equal(tunnel.write(bytesOf("lost")), false);
    assert.equal(tunnel.pendingBytes, 4);
    tunnel.end();
    tunnel.pause();
    tunnel.close();
    tunnel.abort();
    await turn();
    assert.deepEqual(reported, ["bytes bye", "ended", "closed ECONNRESET"]);
    assert.deepEqual(below.reported, ["write hello", "write again", "pause"]);
  });

  test("stays paused for an owner who has paused it at once", async () => {
    const { below, opening } = open();
    below.events.bytes(bytesOf("okok"));
    const tunnel = await opening;
    const { reported, events } = owner();
    tunnel.start(events);
    tunnel.pause();
    await turn();
    assert.equal(below.reported.at(-1), "pause");
    tunnel.resume();
    assert.equal(below.reported.at(-1), "resume");
    assert.deepEqual(reported, []);
  });

  test("is the wire below from then on", async () => {
    const { below, opening } = open();
    below.events.bytes(bytesOf("okok"));
    const tunnel = await opening;
    const { reported, events } = owner();
    tunnel.start(events);
    await turn();
    below.reported.length = 0;
    below.pendingBytes = 7;
    assert.equal(tunnel.write(bytesOf("a")), true);
    below.takes = false;
    assert.equal(tunnel.writeAll([bytesOf("b"), bytesOf("c")]), false);
    assert.equal(tunnel.pendingBytes, 7);
    below.events.drained();
    below.events.ended();
    tunnel.end();
    tunnel.close();
    tunnel.abort();
    below.events.closed(undefined);
    assert.deepEqual(below.reported, ["write a", "write bc", "end", "close", "abort"]);
    assert.deepEqual(reported, ["drained", "ended", "closed well"]);
  });

  test("does not write to a wire that is full, and is not open before it is empty", async () => {
    const { below, opening } = open();
    let opened = false;
    void opening.then(() => (opened = true));
    below.takes = false;
    // An answer to half of a request.
    below.events.bytes(bytesOf("ok"));
    assert.deepEqual(below.reported, ["write hello", "write again"]);
    below.events.bytes(bytesOf("ok"));
    await turn();
    assert.equal(opened, false);
    below.events.drained();
    await opening;
  });

  test("sends what had to wait when it can", async () => {
    const below = new HandWire();
    below.takes = false;
    const opening = openTunnel(below, hello(), new AbortController().signal);
    below.events.bytes(bytesOf("okok"));
    assert.deepEqual(below.reported, ["write hello"]);
    below.takes = true;
    below.events.drained();
    await opening;
    assert.deepEqual(below.reported, ["write hello", "write again", "pause"]);
  });
});

describe("a handshake that fails", () => {
  const failures: readonly (readonly [what: string, happens: (below: HandWire) => void, code: string])[] = [
    ["because the proxy hangs up", (below) => below.events.ended(), "ERR_PROXY_REFUSED"],
    [
      "because the proxy resets",
      (below) => below.events.closed(new WireError("ECONNRESET", "receive")),
      "ECONNRESET",
    ],
    ["because the wire is gone", (below) => below.events.closed(undefined), "ECONNRESET"],
  ];
  for (const [what, happens, code] of failures) {
    test(`${what}, says so, and lets go`, async () => {
      const { below, opening } = open();
      below.events.bytes(bytesOf("o"));
      happens(below);
      await assert.rejects(opening, { code });
      assert.equal(below.reported.includes("close"), code === "ERR_PROXY_REFUSED");
      // Later bytes belong to no reader.
      below.events.bytes(bytesOf("late"));
      below.events.drained();
    });
  }

  test("that throws closes the wire once", async () => {
    const { below, opening } = open(
      (function* (): Handshake {
        yield { read: exactly(1) };
        throw new HandshakeError("ERR_PROXY_AUTH_FAILED", "no");
      })(),
    );
    below.events.bytes(bytesOf("!"));
    below.events.bytes(bytesOf("!"));
    below.events.ended();
    below.events.closed(undefined);
    await assert.rejects(opening, { code: "ERR_PROXY_AUTH_FAILED" });
    assert.deepEqual(below.reported, ["close"]);
  });

  test("because it is given up, rejects with the signal's reason", async () => {
    const { below, opening, giveUp } = open();
    giveUp.abort(new Error("enough"));
    await assert.rejects(opening, /^Error: enough$/);
    assert.deepEqual(below.reported, ["write hello", "close"]);
  });

  test("before it has begun, sends nothing", async () => {
    const below = new HandWire();
    await assert.rejects(openTunnel(below, hello(), AbortSignal.abort(new Error("enough"))), /enough/);
    assert.deepEqual(below.reported, ["close"]);
  });
});
