/**
 * Failures as the command prints them: flags in place of the library's options, and nothing else changed.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { errorCodes, NetError, type Stage } from "../../src/base/errors.ts";
import { errorLine, flagOfOption } from "../../src/cli/error-line.ts";
import { explainForCommand } from "../../src/cli/report/fix.ts";
import { portcall } from "../support/command.ts";

const options = [...flagOfOption];

function failure(parts: { happened: string; address?: string; option?: string }): NetError {
  return new NetError({ code: "ERR_CONNECT_TIMEOUT", stage: "connect", ...parts });
}

describe("an error line", () => {
  for (const [option, flag] of options) {
    test(`names ${flag} where the library names ${option}`, () => {
      const error = failure({ address: "10.0.0.7:9000", happened: "no answer in 3000 ms", option });
      assert.equal(errorLine(error), `connect 10.0.0.7:9000: no answer in 3000 ms (${flag})`);
    });

    test(`keeps a host, and a handler's message, that read ${option}`, () => {
      const error = failure({
        address: `${option}:80`,
        happened: `the handler threw: ${option} (${option})`,
      });
      assert.equal(errorLine(error), `connect ${option}:80: the handler threw: ${option} (${option})`);
    });
  }

  test("keeps an option that no flag sets", () => {
    const error = failure({ happened: "a line is too long", option: "lineBytesMax" });
    assert.equal(errorLine(error), error.message);
  });

  test("keeps an option named as what every object has", () => {
    const error = failure({ happened: "failed", option: "constructor" });
    assert.equal(errorLine(error), error.message);
  });

  test("is the message of an error that is no NetError", () => {
    assert.equal(errorLine(new Error("drainMs")), "drainMs");
  });
});

test("no fix names an option of the library that has a flag", () => {
  for (const [code, { stages }] of Object.entries(errorCodes)) {
    for (const option of [undefined, ...options.map(([name]) => name)]) {
      for (const address of ["127.0.0.1:80", "unix:/tmp/s"]) {
        const stage = stages[0] as Stage;
        const error = new NetError({ code, stage, address, happened: "failed", option });
        const { fix } = explainForCommand(error);
        for (const [name] of options.filter(([one]) => one.endsWith("Ms"))) {
          assert.doesNotMatch(fix, new RegExp(`\\b${name}\\b`), `${code}: ${fix}`);
        }
      }
    }
  }
});

describe("a host that is named as an option", () => {
  for (const mode of [[], ["-v"], ["--explain"], ["--json"]]) {
    test(`stands as it was typed, ${mode[0] ?? "in the one line"}`, async (t) => {
      const child = portcall(t, ["connect", ...mode, "connectTimeoutMs.invalid:80"]);
      assert.equal(await child.code(), 10, child.stderr);
      const output = mode[0] === "--json" ? child.stdout : child.stderr;
      assert.match(output, /resolve connectTimeoutMs\.invalid: /);
    });
  }
});
