/** Flags that set options of the library agree with the table of options. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { optionNames as namesOf, type OptionRow } from "../../../src/cli/args/options.ts";
import { defaultTime, settingNumber, typedTime } from "../../../src/cli/args/library-options.ts";
import { commands } from "../../../src/cli/commands/index.ts";
import { optionNames, optionRow } from "../../../src/net/index.ts";

/** The rows of every command, with what the row is called on a line. */
async function allRows(): Promise<readonly (readonly [names: readonly string[], row: OptionRow<unknown>])[]> {
  const all = await commands.loadAll();
  return all.flatMap(({ options }) =>
    Object.entries(options).map(([name, row]) => [namesOf(name, row), row] as const),
  );
}

describe("a flag that sets an option of the library", () => {
  for (const name of optionNames) {
    const { flag } = optionRow(name);
    test(`${name}: ${flag ?? "has none"}`, async () => {
      const setBy = (await allRows()).filter(([, { sets }]) => sets?.includes(name) === true);
      assert.equal(
        setBy.length > 0,
        flag !== undefined,
        "the row of the option and those of the flags differ",
      );
      if (flag === undefined) return;
      assert.ok(
        setBy.some(([names]) => names.includes(flag)),
        `${flag} does not set ${name}`,
      );
    });
  }

  test("takes the numbers that the option takes", () => {
    const backlog = settingNumber("backlog").value;
    assert.equal(backlog.placeholder, "<n>");
    assert.equal(backlog.read("0", "--backlog"), 0);
    assert.throws(
      () => settingNumber("acceptMax").value.read("0", "--connections"),
      /^UsageError: --connections "0" is not a whole number of 1 or more$/,
    );
    const timeout = settingNumber("idleTimeoutMs", "firstByteTimeoutMs");
    assert.deepEqual(timeout.sets, ["idleTimeoutMs", "firstByteTimeoutMs"]);
    assert.equal(timeout.value.placeholder, "<time>");
    assert.equal(timeout.value.read("1.5s", "-w"), 1_500);
  });

  test("states the library's default", () => {
    assert.equal(defaultTime("idleTimeoutMs", "serve"), "60s");
    assert.equal(defaultTime("idleTimeoutMs", "connect"), "300s");
    assert.equal(typedTime(250), "250ms");
  });
});
