import assert from "node:assert/strict";
import { test } from "node:test";
import { services } from "../../src/services/index.ts";
import { portcall } from "../support/command.ts";

const values = { welcome: "hi", reply: "yes", frame: "lines", messages: "1" } as const;

test("each service of RFC 862-864, 867 and 868 is there, and the tutorial's", () => {
  assert.deepEqual(
    services.map(({ name }) => name),
    ["reply", "echo", "discard", "daytime", "time", "chargen"],
  );
});

for (const { name, takes } of services) {
  const others = Object.entries(values).filter(([option]) => !takes.some((taken) => taken === option));
  if (others.length === 0) continue;
  test(`${name} refuses what it could only ignore: ${others.map(([option]) => `--${option}`).join(", ")}`, async (t) => {
    for (const [option, value] of others) {
      const child = portcall(t, ["serve", name, ":0", `--${option}`, value]);
      assert.equal(await child.code(), 2);
      assert.equal(child.stderr, `portcall serve: the service ${name} takes no --${option}\n`);
    }
  });
}
