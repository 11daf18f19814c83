import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { jsonLines, limits } from "../../src/index.ts";
import { bytesOf, decodeAll } from "../../src/testing/cuts.ts";

function outcome(text: string, codec = jsonLines()): unknown {
  const { received, error } = decodeAll(codec, [bytesOf(text)]);
  return error === undefined ? received : error.message;
}

describe("json-lines", () => {
  test("takes CRLF and white space around a value for nothing", () => {
    assert.deepEqual(outcome('{"a":1}\r\n \t[2] \n3'), [{ a: 1 }, [2], 3]);
  });

  test("writes one line, whatever the text in it", () => {
    const wire = Buffer.from(jsonLines().encode({ text: "a\nb\r\u2028\ud800" })).toString();
    assert.equal(wire, '{"text":"a\\nb\\r\u2028\\ud800"}\n');
  });

  test("writes what JSON.stringify writes, of whatever JSON can carry", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(value !== null && !JSON.stringify(value).includes('"__proto__"'));
        assert.equal(Buffer.from(jsonLines().encode(value)).toString(), `${JSON.stringify(value)}\n`);
      }),
    );
  });

  test("sends what a value's toJSON says, and leaves out properties that are undefined", () => {
    const wire = jsonLines().encode({ at: new Date(0), nothing: undefined });
    assert.equal(Buffer.from(wire).toString(), '{"at":"1970-01-01T00:00:00.000Z"}\n');
  });

  test("carries no null alone, which would be taken for the end", () => {
    assert.equal(outcome("[null]\nnull\n"), "a line is null, which stands for the end of messages");
    assert.throws(() => jsonLines().encode(null), /^TypeError: jsonLines: null stands for the end/);
  });

  const ring: unknown[] = [];
  ring.push({ ring });
  for (const [value, reason] of [
    [undefined, /it is undefined$/],
    [() => 1, /it holds a function$/],
    [Symbol("s"), /it holds a symbol$/],
    [{ a: { b: () => 1 } }, /it holds a function$/],
    [{ toJSON: () => undefined }, /it is undefined$/],
    [[undefined], /it holds an array with undefined$/],
    [NaN, /it holds NaN$/],
    [{ a: [-Infinity] }, /it holds -Infinity$/],
    [1n, /BigInt$/],
    [ring, /circular structure to JSON$/],
    [JSON.parse('{"__proto__":1}'), /it has the key __proto__$/],
  ] as const) {
    test(`refuses to send what would not arrive: ${reason.source}`, () => {
      assert.throws(() => jsonLines().encode(value), {
        name: "TypeError",
        message: new RegExp(`^jsonLines: the message cannot be sent as JSON: .*${reason.source}`),
      });
    });
  }

  for (const line of [
    '{"__proto__":{"polluted":true}}',
    '[[{"a":{"__proto__":1}}]]',
    '{"\\u005f_proto__":1}',
    '{"__pr\\u006Fto__":1}',
    '{"__prot\\u006f\\u005f_":1}',
  ]) {
    test(`F69: refuses the key __proto__, however it is written: ${line}`, () => {
      assert.equal(outcome(line), "a line has an object with the key __proto__");
    });
  }

  test("F69: takes __proto__ where it is no key", () => {
    assert.deepEqual(outcome('["__proto__",{"a":"__proto__","proto":1,"\\u0070":2}]'), [
      ["__proto__", { a: "__proto__", proto: 1, p: 2 }],
    ]);
  });

  test("F69: fails with invalid past nestingMax, and lets nestingMax pass", () => {
    const nested = (depth: number): string => `${'[{"a":'.repeat(depth / 2)}1${"}]".repeat(depth / 2)}`;
    assert.equal((outcome(nested(limits.nestingMax.value)) as unknown[]).length, 1);
    const { error } = decodeAll(jsonLines(), [bytesOf(nested(limits.nestingMax.value + 2))]);
    assert.deepEqual(
      { ...error },
      {
        kind: "invalid",
        message: "a line nests deeper than 100",
        missingBytes: undefined,
        option: "nestingMax",
      },
    );
    assert.equal(outcome("[[[1]]]", jsonLines({ nestingMax: 2 })), "a line nests deeper than 2");
  });

  test("F69: refuses a line of nothing but brackets without building it", () => {
    assert.equal(outcome("[".repeat(4_000_000)), "a line nests deeper than 100");
  });

  test("F69: counts no bracket that stands in a text", () => {
    const text = `${'[\\"'.repeat(300)}\\\\`;
    assert.deepEqual(outcome(`["${text}",[[1]]]`, jsonLines({ nestingMax: 3 })), [
      [JSON.parse(`"${text}"`), [[1]]],
    ]);
  });

  test("F69: looks once at a text that never ends, however many quotes are in it", () => {
    // What took minutes when each of them was tried as a beginning.
    const startedMs = performance.now();
    assert.equal(outcome(`"${'\\"'.repeat(200_000)}`), "a line is no JSON");
    assert.ok(performance.now() - startedMs < 10_000);
  });

  test("a last line without its LF is a value, or is invalid", () => {
    assert.deepEqual(outcome("1\n[2]"), [1, [2]]);
    assert.equal(outcome("1\n[2"), "a line is no JSON");
  });

  for (const nestingMax of [0, -1, 1.5, Infinity]) {
    test(`refuses nestingMax ${nestingMax}`, () => {
      assert.throws(() => jsonLines({ nestingMax }), {
        name: "TypeError",
        message: `jsonLines: nestingMax: ${nestingMax} is not a whole number of 1 or more`,
      });
    });
  }
});
