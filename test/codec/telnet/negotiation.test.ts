/** RFC 1143, section 7, row by row; and two ends that change their minds while their verbs are in transit. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  requestOff,
  requestOn,
  receivedOff,
  receivedOn,
  type OptionState,
} from "../../../src/codec/telnet/negotiation.ts";
import { createTelnetSession, type TelnetSession } from "../../../src/index.ts";

type Row = readonly [state: OptionState, next: OptionState, reply?: "on" | "off"];

function table(title: string, step: (state: OptionState) => unknown, rows: readonly Row[]): void {
  describe(title, () => {
    for (const [state, next, reply] of rows) {
      test(`in ${state} leads to ${next}${reply === undefined ? "" : `, and replies ${reply}`}`, () => {
        assert.deepEqual(step(state), reply === undefined ? { state: next } : { state: next, reply });
      });
    }
    test("covers each of the six states", () => {
      assert.equal(new Set(rows.map(([state]) => state)).size, 6);
    });
  });
}

table("RFC 1143: on is heard and agreed to", (state) => receivedOn(state, true), [
  ["no", "yes", "on"],
  ["yes", "yes"],
  ["wantNo", "no"],
  ["wantNoOpposite", "yes"],
  ["wantYes", "yes"],
  ["wantYesOpposite", "wantNo", "off"],
]);
table("RFC 1143: on is heard and not agreed to", (state) => receivedOn(state, false), [
  ["no", "no", "off"],
  ["yes", "yes"],
  ["wantNo", "no"],
  ["wantNoOpposite", "yes"],
  ["wantYes", "yes"],
  ["wantYesOpposite", "wantNo", "off"],
]);
table("RFC 1143: off is heard", receivedOff, [
  ["no", "no"],
  ["yes", "no", "off"],
  ["wantNo", "no"],
  ["wantNoOpposite", "wantYes", "on"],
  ["wantYes", "no"],
  ["wantYesOpposite", "no"],
]);
table("RFC 1143: we ask for on", requestOn, [
  ["no", "wantYes", "on"],
  ["yes", "yes"],
  ["wantNo", "wantNoOpposite"],
  ["wantNoOpposite", "wantNoOpposite"],
  ["wantYes", "wantYes"],
  ["wantYesOpposite", "wantYes"],
]);
table("RFC 1143: we ask for off", requestOff, [
  ["no", "no"],
  ["yes", "wantNo", "off"],
  ["wantNo", "wantNo"],
  ["wantNoOpposite", "wantNo"],
  ["wantYes", "wantYesOpposite"],
  ["wantYesOpposite", "wantYesOpposite"],
]);

/** Two ends, and the verbs that each has sent and the other has not received. */
function pair(): { readonly ends: readonly TelnetSession[]; readonly hear: (end: 0 | 1) => boolean } {
  const ends = [createTelnetSession({ role: "client" }), createTelnetSession({ role: "server" })] as const;
  const underWay: Uint8Array[][] = [[], []];
  for (const [index, end] of ends.entries()) end.open((bytes) => underWay[1 - index]?.push(bytes));
  return {
    ends,
    hear(end) {
      const bytes = underWay[end]?.shift();
      if (bytes !== undefined) ends[end].receive(bytes, () => assert.fail("no data was sent"));
      return bytes !== undefined;
    },
  };
}

const anyAct = fc.oneof(
  fc.record({ end: fc.constantFrom(0 as const, 1 as const), hears: fc.constant(true) }),
  fc.record({
    end: fc.constantFrom(0 as const, 1 as const),
    side: fc.constantFrom("us" as const, "peer" as const),
    option: fc.constantFrom("binary" as const, "sga" as const, "echo" as const),
    on: fc.boolean(),
  }),
);

describe("two ends that send requests at any time, with any delay", () => {
  test("F71: stop negotiating, and agree on each option", () => {
    fc.assert(
      fc.property(fc.array(anyAct, { maxLength: 40 }), (acts) => {
        const { ends, hear } = pair();
        const [client, server] = ends as readonly [TelnetSession, TelnetSession];
        for (const act of acts) {
          if ("hears" in act) hear(act.end);
          else ends[act.end]?.ask(act.side, act.option, act.on);
        }
        let turns = 0;
        for (let heard = true; heard; turns++) {
          const both = [hear(0), hear(1)];
          heard = both.includes(true);
          assert.ok(turns < 200, "they never fall silent");
        }
        for (const option of ["binary", "sga", "echo"] as const) {
          assert.equal(client.does("us", option), server.does("peer", option), `client, ${option}`);
          assert.equal(server.does("us", option), client.does("peer", option), `server, ${option}`);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("reach the state that both last requested", () => {
    const { ends, hear } = pair();
    const [client, server] = ends as readonly [TelnetSession, TelnetSession];
    for (const on of [true, false, true, false, true]) server.ask("us", "echo", on);
    while (hear(0) || hear(1));
    assert.equal(client.does("peer", "echo"), true);
    for (const on of [false, true, false]) server.ask("us", "echo", on);
    while (hear(0) || hear(1));
    assert.equal(client.does("peer", "echo"), false);
    assert.equal(server.does("us", "echo"), false);
  });
});
