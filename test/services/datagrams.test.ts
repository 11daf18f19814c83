/** The services over datagrams, and which senders get a reply (F82). */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { tcpAddress, type UdpAddress } from "../../src/base/address/address.ts";
import { encodeText } from "../../src/base/bytes.ts";
import { answerBytesMax, AnswerGuard, services, type DatagramAnswer } from "../../src/services/index.ts";
import { limits } from "../../src/base/limits.ts";
import { FakeClock } from "../../src/testing/fake-clock.ts";

function answerOf(name: string, reply?: string): DatagramAnswer {
  const create = services.find((one) => one.name === name)?.createAnswer;
  assert.ok(create, `${name} is not for datagrams`);
  return create({ reply });
}

const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

const roomy = 1_000;
const sourcesMax = limits.sourcesMax.value;

/** One of many senders with arbitrary addresses. */
function stranger(at: number): UdpAddress {
  return tcpAddress(`10.0.${at >> 8}.${at & 255}`, 40_000);
}

describe("for datagrams, the service", () => {
  test("echo answers with what came, an empty datagram too", () => {
    const echo = answerOf("echo");
    assert.deepEqual(echo(Uint8Array.of(0, 255, 10), roomy), Uint8Array.of(0, 255, 10));
    assert.equal(echo(new Uint8Array(0), roomy)?.length, 0);
  });

  test("discard answers nothing", () => {
    assert.equal(answerOf("discard")(encodeText("x"), roomy), undefined);
  });

  for (const [question, answer] of [
    ["hi", "OK... hi"],
    ["hi\n", "OK... hi\n"],
    ["hi\r\n", "OK... hi\r\n"],
    ["", "OK... "],
    ["two\nlines\n", "OK... two\nlines\n"],
  ] as const) {
    test(`reply keeps the line ending, or the lack of one: ${JSON.stringify(question)}`, () => {
      assert.equal(text(answerOf("reply")(encodeText(question), roomy)), answer);
    });
  }

  test("reply sends the configured answer", () => {
    assert.equal(text(answerOf("reply", "<{line}>")(encodeText("x\n"), roomy)), "<x>\n");
  });

  test("daytime answers with a line", () => {
    assert.match(
      text(answerOf("daytime")(encodeText(""), roomy)) ?? "",
      /^\w+, \w+ \d+, \d{4} [\d:]{8}-UTC\r\n$/,
    );
  });

  test("daytime's longest line still fits as an answer to an empty question", () => {
    assert.ok("Wednesday, September 30, 2026 17:37:43-UTC\r\n".length <= answerBytesMax(0));
  });

  test("time answers with four bytes, the seconds since 1900", () => {
    const bytes = answerOf("time")(encodeText(""), roomy);
    assert.equal(bytes?.length, 4);
    const seconds = new DataView(Uint8Array.from(bytes).buffer).getUint32(0) - 2_208_988_800;
    assert.ok(Math.abs(seconds - Date.now() / 1_000) < 60);
  });

  test("chargen answers with other characters each time, 512 at most, and no more than it may", () => {
    const chargen = answerOf("chargen");
    const first = chargen(encodeText("x"), roomy);
    assert.match(text(first) ?? "", /^[ -~\r\n]{512}$/);
    assert.notDeepEqual(chargen(encodeText("x"), roomy), first);
    for (let turn = 0; turn < 500; turn++) assert.equal(chargen(encodeText("x"), 56)?.length, 56);
  });
});

describe("F82: an answer", () => {
  const client = tcpAddress("192.0.2.1", 40_000);

  test("is never more than three times what came, headers counted", () => {
    assert.equal(answerBytesMax(0), 56);
    assert.equal(answerBytesMax(100), 356);
    for (const { name, createAnswer } of services) {
      if (name === "reply" || createAnswer === undefined) continue;
      const answer = createAnswer({});
      for (const length of [0, 1, 10, 1_000]) {
        const max = answerBytesMax(length);
        assert.ok((answer(new Uint8Array(length), max)?.length ?? 0) <= max, `${name}, ${length}`);
      }
    }
  });

  test("goes to no port where services live, and not to our own on another machine", () => {
    const guard = new AnswerGuard(new FakeClock(), 8888, 100);
    for (const port of [7, 13, 19, 37, 53, 123, 1_023, 8_888]) {
      assert.equal(guard.refuses(tcpAddress("192.0.2.1", port)), "port");
    }
    assert.equal(guard.refuses(tcpAddress("192.0.2.1", 1_024)), undefined);
  });

  test("goes to each source so often at once, and then at its rate", () => {
    const clock = new FakeClock();
    const guard = new AnswerGuard(clock, 8888, 10);
    const count = (): number => {
      let answers = 0;
      while (guard.refuses(client) === undefined) answers++;
      return answers;
    };
    assert.equal(count(), 100);
    assert.equal(guard.refuses({ ...client, port: 50_000 }), "rate");
    assert.equal(guard.refuses(tcpAddress("192.0.2.2", 40_000)), undefined);
    clock.advance(1_000);
    assert.equal(count(), 10);
    clock.advance(60_000);
    assert.equal(count(), 100);
  });

  test("counts an IPv6 network as one source, in which it has any number of addresses", () => {
    const guard = new AnswerGuard(new FakeClock(), 8888, 10);
    let answers = 0;
    while (guard.refuses(tcpAddress(`2001:db8:0:1::${(answers + 1).toString(16)}`, 40_000)) === undefined)
      answers++;
    assert.equal(answers, 100);
    assert.equal(guard.refuses(tcpAddress("2001:db8:0:2::1", 40_000)), undefined);
  });

  test("remembers a bounded number of sources, and answers no stranger while all of them are busy", () => {
    const clock = new FakeClock();
    const guard = new AnswerGuard(clock, 8888, 10);
    let answered = 0;
    for (let at = 0; at < sourcesMax + 50; at++) {
      if (guard.refuses(stranger(at)) === undefined) answered++;
    }
    assert.equal(answered, sourcesMax);
    clock.advance(100);
    assert.equal(guard.refuses(tcpAddress("192.0.2.9", 40_000)), undefined);
  });

  test("goes to a new source as soon as some are idle, whichever came first", () => {
    const clock = new FakeClock();
    const guard = new AnswerGuard(clock, 8888, 10);
    while (guard.refuses(client) === undefined);
    for (let at = 1; at < sourcesMax; at++) guard.refuses(stranger(at));
    clock.advance(100);
    assert.equal(guard.refuses(tcpAddress("198.51.100.1", 40_000)), undefined);
    assert.equal(guard.refuses(client), undefined, "it has paid for one");
    assert.equal(guard.refuses(client), "rate", "and is not forgotten");
  });
});
