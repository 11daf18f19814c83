/** The stream beneath TLS, over a wire whose every event is chosen. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Wire, WireEvents } from "../../../src/wire/index.ts";
import { WireStream } from "../../../src/wire/tls/wire-stream.ts";

/** A wire that takes every write, and is full only when the test reports it. */
class ChosenWire {
  events!: WireEvents;
  readonly written: string[] = [];
  readonly stableViews = true;

  start(events: WireEvents): void {
    this.events = events;
  }

  write(bytes: Uint8Array): boolean {
    this.written.push(Buffer.from(bytes).toString());
    return true;
  }

  resume(): void {}
  close(): void {}
}

describe("the stream beneath TLS", () => {
  test("writes nothing to a wire that became full after it had taken a write, until that has drained", () => {
    const wire = new ChosenWire();
    const stream = new WireStream(wire as unknown as Wire, true);
    stream.write("one");
    wire.events.filled?.();
    stream.write("two");
    stream.write("three");
    assert.deepEqual(wire.written, ["one"]);
    wire.events.drained();
    assert.deepEqual(wire.written, ["one", "two", "three"]);
    stream.destroy();
  });
});
