import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { jsonLines, limits } from "../../src/index.ts";
import { bytesOf, decodeAll } from "../../src/testing/cuts.ts";

function outcome(text: string, codec = jsonLines()): unknown {
  const { received, error } = decodeAll(codec, [bytesOf(text)]);
  return error === undefined ? received : error.message;
}

function hasMinusZero(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return Object.is(value, -0);
  return Object.values(value).some(hasMinusZero);
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
        fc.pre(value !== null && !JSON.stringify(value).includes('"__proto__"') && !hasMinusZero(value));
        assert.equal(Buffer.from(jsonLines().encode(value)).toString(), `${JSON.stringify(value)}\n`);
      }),
    );
  });

  test("sends what a value's toJSON says, and leaves out properties that are undefined", () => {
    const wire = jsonLines().encode({ at: new Date(0), nothing: undefined });
    assert.equal(Buffer.from(wire).toString(), '{"at":"1970-01-01T00:00:00.000Z"}\n');
  });

  test("carries no null alone, which would be taken for the end", () => {
    assert.equal(outcome("[null]\nnull\n"), "a line is null, which stands for the end of the stream");
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
    [new Map([[1, 2]]), /it holds a Map; make an array/],
    [{ a: new Set([1]) }, /it holds a Set; make an array/],
    [[new Error("lost")], /it holds an Error; make an array/],
    [/lost/, /it holds a RegExp; make an array/],
    [Promise.resolve(1), /it holds a Promise; make an array/],
    [new Uint8Array(2), /it holds a Uint8Array; make an array/],
    [{ a: new ArrayBuffer(2) }, /it holds an ArrayBuffer; make an array/],
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
    // Took minutes when every byte was tried as a beginning.
    const startedMs = performance.now();
    assert.equal(outcome(`"${'\\"'.repeat(200_000)}`), "a line is not JSON");
    assert.ok(performance.now() - startedMs < 10_000);
  });

  /** Lines of JSON in all spellings; many of them exceed what JavaScript can hold. */
  const digits = fc
    .integer({ min: 0, max: 320 })
    .chain((length) =>
      fc
        .stringMatching(/^[1-9]?[0-9]*$/)
        .map((some) => (some || "0").repeat(length).slice(0, length).replace(/^0+/, "")),
    );
  const anyNumber = fc
    .tuple(
      fc.constantFrom("", "-"),
      digits,
      fc.constantFrom("", ".0", ".5", ".10000000000000000555", ".00000000000000000000001"),
      fc.constantFrom("", "e5", "E-3", "e+308", "e400", "e-400", "e0"),
    )
    .map(([sign, whole, fraction, exponent]) => `${sign}${whole || "0"}${fraction}${exponent}`);
  const text = fc.oneof(
    fc.string({ unit: "binary" }).map((value) => JSON.stringify(value)),
    fc.constantFrom('"\\ud800"', '"\\\\"', '":"', '"[{"', '"-0"', '"toJSON"'),
  );
  const { value: anyJson } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      anyNumber,
      text,
      fc.constantFrom("true", "false", "null", " null "),
      fc.array(tie("value"), { maxLength: 4 }).map((values) => `[${values.join(" , ")}]`),
      fc
        .array(fc.tuple(text, tie("value")), { maxLength: 4 })
        .map((entries) => `{${entries.map(([key, value]) => `${key} : ${value}`).join(",")}}`),
    ),
  }));

  test("what was received can be sent, and is received as an equal value", () => {
    let received = 0;
    fc.assert(
      fc.property(anyJson, (line) => {
        const codec = jsonLines();
        const first = decodeAll(codec, [bytesOf(`${line}\n`)]);
        if (first.error !== undefined) return;
        received++;
        const again = decodeAll(codec, [codec.encode(first.received[0])]);
        assert.equal(again.error, undefined);
        // Strict: -0 and 0 differ.
        assert.deepStrictEqual(again.received, first.received);
      }),
      { numRuns: 3000 },
    );
    assert.ok(received > 500, `only ${received} lines were received`);
  });

  test("an integer is received exactly, or refused", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (integer) => {
        const { received, error } = decodeAll(jsonLines(), [bytesOf(`[${integer}]\n`)]);
        const value = Number(integer);
        const isKept = BigInt(value) === integer || String(value) === String(integer);
        assert.equal(error === undefined, isKept, `${integer}`);
        if (isKept) assert.deepEqual(received, [[value]]);
      }),
    );
  });

  for (const [line, held] of [
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["9007199254740992", 2 ** 53],
    ["-9007199254740994", -(2 ** 53) - 2],
    ["1152921504606846976", 2 ** 60],
    ["1152921504606847000", 2 ** 60],
    ["100000000000000000000", 1e20],
    ["0.1000000000000000055511151231257827", 0.1],
    ["1.7976931348623157e308", Number.MAX_VALUE],
    ["5e-324", Number.MIN_VALUE],
    ["0e999", 0],
    ["-0", -0],
    ["-0.0e5", -0],
    ["0.00000000000000000000", 0],
    ['"9007199254740993"', "9007199254740993"],
    ['{"9007199254740993":1}', { "9007199254740993": 1 }],
  ] as const) {
    test(`receives ${line}, and sends it back as the same`, () => {
      const codec = jsonLines();
      const [value] = decodeAll(codec, [bytesOf(`${line}\n`)]).received;
      assert.deepStrictEqual(value, held);
      assert.deepStrictEqual(decodeAll(codec, [codec.encode(value)]).received, [held]);
    });
  }

  for (const [line, number] of [
    ["9007199254740993", "9007199254740993"],
    ['{"id":[-9007199254740993]}', "-9007199254740993"],
    ["1152921504606846977", "1152921504606846977"],
    ["1e400", "1e400"],
    ["-1E+400", "-1E+400"],
    ["1e-400", "1e-400"],
    [`0.${"0".repeat(400)}1`, `0.${"0".repeat(38)}…`],
    ["9".repeat(400_000), `${"9".repeat(40)}…`],
  ] as const) {
    test(`refuses the number ${number}`, () => {
      assert.equal(outcome(line), `a line has the number ${number}, which JavaScript cannot hold`);
    });
  }

  for (const line of ['{"a":1,"a":1}', '[{"b":{"a":1,"\\u0061":2}}]', '{"":[],"":{}}']) {
    test(`refuses the same key twice: ${line}`, () => {
      assert.equal(outcome(line), "a line has an object with the same key twice");
    });
  }

  test("takes no colon or quote in a text for one of a key", () => {
    assert.deepEqual(outcome('{"a:b":":\\":\\\\","c":[{"a":":"},{"a":1}]}'), [
      { "a:b": ':":\\', c: [{ a: ":" }, { a: 1 }] },
    ]);
  });

  test("sends -0 as it is, beside texts that look like it", () => {
    assert.equal(
      Buffer.from(jsonLines().encode({ "-0": ["-0", -0, "-0-", { a: -0 }] })).toString(),
      '{"-0":["-0",-0,"-0-",{"a":-0}]}\n',
    );
  });

  test("a last line without its LF is a value, or is invalid", () => {
    assert.deepEqual(outcome("1\n[2]"), [1, [2]]);
    assert.equal(outcome("1\n[2"), "a line is not JSON");
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
