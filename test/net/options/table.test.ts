/**
 * The table of options and the interfaces say the same: `npm run check` compares names and types, these tests the rest.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bindUdp, connect, connectUdp, serve, type ServeOptions } from "../../../src/index.ts";
import type { ConnectOptions } from "../../../src/net/options/connect-settings.ts";
import type { Call, KindTypes } from "../../../src/net/options/option-row.ts";
import { settle } from "../../../src/net/options/settle.ts";
import {
  optionNames,
  optionsOf,
  rowOf,
  type OptionName,
  type OptionsOf,
  type optionTable,
} from "../../../src/net/options/table.ts";
import type { BindUdpOptions, ConnectUdpOptions } from "../../../src/net/options/udp-settings.ts";
import {
  createEpollEngine,
  createMemoryEngine,
  createPortableEngine,
  whyNoEpoll,
} from "../../../src/wire/index.ts";

interface Interfaces {
  readonly connect: ConnectOptions<unknown, unknown>;
  readonly serve: ServeOptions<unknown, unknown>;
  readonly bindUdp: BindUdpOptions;
  readonly connectUdp: ConnectUdpOptions;
}

/** Types of which each fits the other; a function or an object of the interface may say more than its kind. */
type Fits<Declared, Kind> = [Declared] extends [Kind]
  ? [Kind] extends [Declared]
    ? true
    : [Kind] extends [string | number | boolean | readonly string[]]
      ? false
      : true
  : false;

/** The names that only one of the two has, and those whose types differ. */
type Differences<Of extends Call> =
  | Exclude<keyof Interfaces[Of], OptionsOf<Of>>
  | Exclude<OptionsOf<Of>, keyof Interfaces[Of]>
  | {
      [Name in OptionsOf<Of> & keyof Interfaces[Of]]: Fits<
        Exclude<Interfaces[Of][Name], undefined>,
        KindTypes[(typeof optionTable)[Name]["kind"]]
      > extends true
        ? never
        : Name;
    }[OptionsOf<Of> & keyof Interfaces[Of]];

// A line that does not compile names the options that differ.
const differences: { readonly [Of in Call]: Record<Differences<Of>, true> } = {
  connect: {},
  serve: {},
  bindUdp: {},
  connectUdp: {},
};

const calls: Readonly<Record<Call, (options: never) => Promise<unknown>>> = {
  connect: (options) => connect("127.0.0.1:1", options),
  serve: (options) => serve(options, () => undefined),
  bindUdp,
  connectUdp: (options) => connectUdp("127.0.0.1:1", options),
};

function defaults(call: Call): Readonly<Record<string, unknown>> {
  return settle(call, {});
}

describe("the table of options", () => {
  test("differs from no interface", () => {
    assert.deepEqual(
      Object.values(differences).flatMap((names) => Object.keys(names)),
      [],
    );
  });

  for (const [call, run] of Object.entries(calls) as [Call, (typeof calls)[Call]][]) {
    test(`is what ${call} takes, and nothing else`, async () => {
      for (const name of optionNames) {
        const options = { [name]: null };
        const message = optionsOf(call).includes(name)
          ? `${name}: null is not a valid value; leave the option out for its default`
          : new RegExp(`^${call}: there is no option "${name}"`);
        await assert.rejects(async () => run(options as never), { name: "TypeError", message });
      }
    });
  }

  test("gives each option that is left out its default, which its own check takes", () => {
    for (const call of Object.keys(calls) as Call[]) {
      const settled: Record<string, unknown> = settle(call, {});
      assert.deepEqual(Object.keys(settled), optionsOf(call));
      const { ...again } = settled;
      assert.deepEqual(settle(call, again), settled);
    }
    assert.equal(defaults("connect")["idleTimeoutMs"], 300_000);
    assert.equal(defaults("serve")["idleTimeoutMs"], 60_000);
    assert.equal(defaults("bindUdp")["idleTimeoutMs"], Infinity);
    assert.equal(defaults("serve")["noDelay"], true);
    assert.equal(defaults("serve")["allow"], undefined);
  });

  test("keeps what was given, `false` and 0 included", () => {
    const given = { noDelay: false, keepAliveMs: 0, backlog: 0, refusal: "full" };
    const { noDelay, keepAliveMs, backlog, refusal } = settle("serve", given as ServeOptions);
    assert.deepEqual({ noDelay, keepAliveMs, backlog, refusal }, given);
  });

  test("states a reason for the default of each number that has one", () => {
    for (const name of optionNames) {
      const { default: stated, kind, why } = rowOf(name);
      const isLimit = ["timeout", "limit", "integer"].includes(kind);
      const hasNumber = typeof stated === "number" || typeof stated === "object";
      assert.equal(why !== undefined, isLimit && hasNumber, name);
    }
  });

  test("names the engines that have an option", () => {
    const engines = [createPortableEngine(), ...(whyNoEpoll() === undefined ? [createEpollEngine()] : [])];
    for (const name of optionNames) {
      const { engines: named } = rowOf(name);
      if (named === undefined) continue;
      for (const engine of engines) {
        assert.equal(engine.options.includes(name as never), named.includes(engine.name), name);
      }
    }
  });

  const numbers: readonly (readonly [name: OptionName, call: Call, wrong: unknown, range: string])[] = [
    ["idleTimeoutMs", "connect", 0, "a number of milliseconds above 0, or Infinity"],
    ["backlog", "serve", -1, "a whole number of 0 or more, or Infinity"],
    ["connectionsMax", "serve", 0, "a whole number of 1 or more, or Infinity"],
    ["keepAliveMs", "serve", 32_767_001, "a whole number from 0 to 32767000, or Infinity"],
    ["keepAliveProbes", "connect", 128, "a whole number from 1 to 127"],
    ["fd", "serve", -1, "a whole number of 0 or more"],
    ["ttl", "bindUdp", 256, "a whole number from 1 to 255"],
    ["port", "bindUdp", 65_536, "a whole number from 0 to 65535"],
  ];
  for (const [name, call, wrong, range] of numbers) {
    test(`refuses ${name}: ${String(wrong)} with the range of its row`, async () => {
      await assert.rejects(async () => calls[call]({ [name]: wrong } as never), {
        name: "TypeError",
        message: `${name}: ${String(wrong)} is not ${range}`,
      });
    });
  }

  test("refuses on a Unix socket what has no effect there", async () => {
    for (const name of optionsOf("serve")) {
      const { notUnix } = rowOf(name);
      if (notUnix === undefined) continue;
      const value = name === "connectionsPerSourceRate" ? { connections: 1, perMs: 1 } : [];
      const given = ["allow", "deny", "connectionsPerSourceRate"].includes(name)
        ? value
        : rowOf(name).kind === "switch" || 1;
      await assert.rejects(
        async () =>
          serve(
            { path: "/tmp/never", engine: createMemoryEngine(), [name]: given } as never,
            () => undefined,
          ),
        { name: "TypeError", message: `${name}: /tmp/never is a Unix socket, ${notUnix}; leave it out` },
      );
    }
  });
});
