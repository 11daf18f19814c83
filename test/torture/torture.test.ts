/**
 * The short form of `npm run torture`: on each native engine some calls of each kind fail, in every way.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { nativeEngines } from "../support/native-engines.ts";
import { someCases } from "./cases.ts";
import { Torment, whyNoTorture, type Verdict } from "./torment.ts";

for (const { name, whyNot } of nativeEngines) {
  describe(
    `the ${name} engine, whose calls fail`,
    { skip: whyNot ?? whyNoTorture(), timeout: 120_000 },
    () => {
      test("loses nothing in silence, hangs nowhere, and goes on", async (t) => {
        const torment = new Torment(name);
        t.after(() => torment.end());
        const counts = await torment.counts();
        const verdicts: Verdict[] = [];
        for (const fault of someCases(counts)) verdicts.push(await torment.try(fault));
        const wrong = verdicts.filter(({ state }) => state === "wrong");
        assert.deepEqual(wrong, []);
        const reached = verdicts.filter(({ state }) => state === "right").length;
        t.diagnostic(`${reached} of ${verdicts.length} faults were reached`);
        assert.ok(reached > 0.8 * verdicts.length, "most of the chosen calls are made");
      });

      test("notices a failure: a socket that cannot be created never connects", async (t) => {
        const torment = new Torment(name);
        t.after(() => torment.end());
        const report = await torment.report({ call: "socket", number: 1, failure: "EMFILE" });
        assert.deepEqual([report.failedWhole, report.reported], [true, ["EMFILE"]]);
      });
    },
  );
}
