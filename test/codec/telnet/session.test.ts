/** One end of a telnet connection: what it delivers, what it replies, which events it emits. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { concatBytes } from "../../../src/base/bytes.ts";
import {
  createTelnetSession,
  limits,
  telnet,
  telnetOptions,
  type TelnetEvent,
  type TelnetMessage,
  type TelnetSession,
  type TelnetSessionOptions,
} from "../../../src/index.ts";
import { bytesOf, cutAt, decodeAll, everySplit, singleBytes } from "../../../src/testing/cuts.ts";

/** One end, driven by the test. */
interface End {
  readonly session: TelnetSession;
  readonly events: TelnetEvent[];
  /** Bytes that it has sent by itself since the last call. */
  readonly said: () => string;
  /** Receives chunks; returns the data in them. */
  readonly receives: (...chunks: readonly Uint8Array[]) => string;
}

function end(options: Partial<TelnetSessionOptions> = {}): End {
  const events: TelnetEvent[] = [];
  const session = createTelnetSession({ role: "server", onEvent: (event) => events.push(event), ...options });
  const spoken: Uint8Array[] = [];
  session.open((bytes) => spoken.push(bytes));
  return {
    session,
    events,
    said: () => decodeAll(telnet(), spoken.splice(0)).received.map(spelled).join(", "),
    receives(...chunks) {
      const data: Uint8Array[] = [];
      for (const chunk of chunks) session.receive(chunk, (piece) => data.push(piece));
      return latin1(concatBytes(data));
    },
  };
}

function spelled(message: TelnetMessage): string {
  switch (message.type) {
    case "data":
      return JSON.stringify(latin1(message.bytes));
    case "command":
      return String(message.command);
    case "negotiation":
      return `${message.verb} ${message.option}`;
    case "subnegotiation":
      return `sb ${message.option} ${Buffer.from(message.bytes).toString("hex")}`;
    default:
      return message satisfies never;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** `will 1` and the like, as bytes. */
function says(...spellings: readonly string[]): Uint8Array {
  return concatBytes(
    spellings.map((spelling) => {
      const [verb, option, content = ""] = spelling.split(" ");
      return telnet().encode(
        verb === "sb"
          ? { type: "subnegotiation", option: Number(option), bytes: Buffer.from(content, "hex") }
          : { type: "negotiation", verb: verb as "will", option: Number(option) },
      );
    }),
  );
}

const { binary, echo, naws, sga, timingMark, ttype } = telnetOptions;
const oldEnviron = 36;
const newEnviron = 39;

describe("what is agreed on", () => {
  test("a client lets a server echo, and does as a terminal does", () => {
    const client = end({ role: "client", terminalType: "xterm", window: { columns: 80, rows: 255 } });
    client.receives(says(`will ${echo}`, `will ${sga}`, `do ${sga}`, `do ${ttype}`, `do ${naws}`));
    assert.equal(
      client.said(),
      `do ${echo}, do ${sga}, will ${sga}, will ${ttype}, will ${naws}, sb ${naws} 005000ff`,
    );
    assert.equal(client.session.does("peer", "echo"), true);
    client.receives(says(`wont ${echo}`));
    assert.equal(client.said(), `dont ${echo}`);
    assert.deepEqual(client.events.at(-1), {
      type: "optionChanged",
      side: "peer",
      option: "echo",
      on: false,
    });
    client.receives(says(`sb ${ttype} 01`));
    assert.equal(client.said(), `sb ${ttype} 00${Buffer.from("xterm").toString("hex")}`);
    client.session.resize({ columns: 132, rows: 24 });
    assert.equal(client.said(), `sb ${naws} 00840018`);
  });

  test("a client does not echo, and tells nothing of a terminal that it has not got", () => {
    const client = end({ role: "client" });
    client.receives(says(`do ${echo}`, `do ${ttype}`, `do ${naws}`, `sb ${ttype} 01`));
    assert.equal(client.said(), `wont ${echo}, wont ${ttype}, wont ${naws}`);
    client.session.resize({ columns: 80, rows: 24 });
    assert.equal(client.said(), "");
  });

  test("a window size is sent when it is asked for, with its value at that time", () => {
    const client = end({ role: "client", window: { columns: 80, rows: 24 } });
    client.session.resize({ columns: 65_535, rows: 0 });
    assert.equal(client.said(), "");
    client.receives(says(`do ${naws}`));
    assert.equal(client.said(), `will ${naws}, sb ${naws} ffff0000`);
  });

  test("a server asks for the terminal's name and window, and tells them", () => {
    const server = end();
    server.session.ask("peer", "ttype");
    server.session.ask("peer", "naws");
    assert.equal(server.said(), `do ${ttype}, do ${naws}`);
    server.receives(says(`will ${ttype}`, `will ${naws}`));
    assert.equal(server.said(), `sb ${ttype} 01`);
    server.receives(says(`sb ${ttype} 00${Buffer.from("VT100").toString("hex")}`, `sb ${naws} 0084ff18`));
    assert.deepEqual(server.events.slice(2), [
      { type: "terminalTypeReceived", name: "VT100" },
      { type: "windowReceived", window: { columns: 132, rows: 0xff18 } },
    ]);
  });

  test("requests from before the connection opened are sent first", () => {
    const session = createTelnetSession({ role: "server" });
    session.ask("us", "echo");
    const said: Uint8Array[] = [];
    session.open((bytes) => said.push(bytes));
    assert.deepEqual(decodeAll(telnet(), said).received, [
      { type: "negotiation", verb: "will", option: echo },
    ]);
  });

  test("subnegotiations of another form, or for options that were not agreed on, have no effect", () => {
    const server = end();
    const name = Buffer.from("xterm").toString("hex");
    const long = "61".repeat(41);
    server.receives(says(`sb ${naws} 00500018`, `sb ${ttype} 00${name}`, `sb ${ttype} 01`));
    server.receives(says(`will ${ttype}`, `will ${naws}`));
    server.receives(
      says(
        `sb ${ttype} 00`,
        `sb ${ttype} 00${long}`,
        `sb ${ttype} 001b5b41`,
        `sb ${ttype} 02`,
        `sb ${ttype}`,
      ),
    );
    server.receives(says(`sb ${naws} 005000`, `sb ${naws} 0050001800`, "sb 99 00"));
    assert.deepEqual(
      server.events.map(({ type }) => type),
      ["optionChanged", "optionChanged"],
    );
  });

  test("allowed says what each side may do", () => {
    const server = end({ allowed: { us: ["echo"], peer: [] } });
    server.receives(says(`do ${echo}`, `do ${sga}`, `will ${naws}`));
    assert.equal(server.said(), `will ${echo}, wont ${sga}, dont ${naws}`);
  });
});

describe("F71: a peer that repeats requests", () => {
  test("receives each refusal, up to telnetAnswersMax times", () => {
    const server = end();
    const refused = Array.from({ length: 256 }, (_, option) => option).filter(
      (option) => !(Object.values(telnetOptions) as number[]).includes(option),
    );
    const all = says(...refused.flatMap((option) => [`will ${option}`, `do ${option}`]));
    server.receives(all);
    assert.equal(server.said(), refused.flatMap((option) => [`dont ${option}`, `wont ${option}`]).join(", "));
    for (let time = 1; time < limits.telnetAnswersMax.value; time++) server.receives(all);
    assert.equal(server.said().split(", ").length, 2 * refused.length * (limits.telnetAnswersMax.value - 1));
    server.receives(all, all, all);
    assert.equal(server.said(), "");
  });

  test("receives no answer to a refusal without a request, or to a request for the current state", () => {
    const server = end();
    server.receives(says(`wont ${echo}`, `dont ${echo}`, `dont 99`, `wont 99`));
    assert.equal(server.said(), "");
    server.receives(says(...Array.from({ length: 1000 }, () => `do ${echo}`)));
    assert.equal(server.said(), `will ${echo}`);
  });

  const turns = 10_000;
  for (const [title, request, answer] of [
    ["turns an option on and off", says(`will ${sga}`, `wont ${sga}`), 1],
    ["asks for a terminal's name", says(`do ${ttype}`, `sb ${ttype} 01`), 1],
    ["asks for a timing mark", says(`do ${timingMark}`), 1],
    ["asks whether we are there", Uint8Array.of(0xff, 246), 1],
  ] as const) {
    test(`is answered no more than telnetAnswersMax times: ${title}`, () => {
      for (const role of ["client", "server"] as const) {
        const one = end({ role, terminalType: "xterm" });
        one.receives(concatBytes(Array.from({ length: turns }, () => request)));
        const answers = one.said().split(", ").filter(Boolean).length;
        assert.ok(answers <= limits.telnetAnswersMax.value + answer, `${role}: ${answers} answers`);
      }
    });
  }

  test("can not make us agree to an option any more, nor keep it on", () => {
    const server = end();
    server.receives(
      says(...Array.from({ length: 200 }, (_, turn) => `${turn % 2 ? "wont" : "will"} ${sga}`)),
    );
    assert.equal(server.session.does("peer", "sga"), false);
    server.receives(says(`will ${sga}`));
    assert.equal(server.session.does("peer", "sga"), false);
  });

  test("gets a bounded number of answers to any command sent a million times", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (seed) => {
        const server = end();
        let state = seed[0] ?? 0;
        const flood = Uint8Array.from({ length: 60_000 }, (_, index) => {
          state = (state * 1_103_515_245 + 12_345 + (seed[index % 64] ?? 0)) & 0x7fffffff;
          return index % 3 === 0 ? 0xff : index % 3 === 1 ? 0xfb + ((state >> 16) & 3) : (state >> 16) & 0xff;
        });
        let answers = 0;
        for (let time = 0; time < 10; time++) {
          server.receives(flood);
          answers += server.said().split(", ").filter(Boolean).length;
        }
        assert.ok(answers <= (512 + 2 * 6) * limits.telnetAnswersMax.value, `${answers} answers`);
      }),
      { numRuns: 5 },
    );
  });
});

describe("F72: what must be neither sent nor accepted", () => {
  test("the environment is refused, and never sent", () => {
    const client = end({ role: "client", terminalType: "xterm" });
    for (const option of [oldEnviron, newEnviron]) {
      client.receives(
        says(`do ${option}`, `sb ${option} 01`, `sb ${option} 0100555345520301`, `will ${option}`),
      );
    }
    assert.equal(
      client.said(),
      [oldEnviron, newEnviron].map((option) => `wont ${option}, dont ${option}`).join(", "),
    );
  });

  test("linemode's characters (SLC) are refused, and not looked at", () => {
    const client = end({ role: "client" });
    client.receives(says("do 34", `sb 34 03${"0fff0f".repeat(1000)}`));
    assert.equal(client.said(), "wont 34");
  });

  test("a subnegotiation without an end fails, after the data before it", () => {
    const server = end({ subnegotiationBytesMax: 10 });
    const heard: string[] = [];
    assert.throws(
      () => {
        server.session.receive(
          concatBytes([bytesOf("data"), Uint8Array.of(255, 250, 24), bytesOf("x".repeat(10))]),
          (piece) => heard.push(latin1(piece)),
        );
      },
      { name: "CodecError", kind: "too-long", option: "subnegotiationBytesMax" },
    );
    assert.deepEqual(heard, ["data"]);
  });
});

describe("text", () => {
  for (const [data, wire] of [
    ["a\n", "a\r\n"],
    ["a\r\n", "a\r\n"],
    ["a\rb", "a\r\0b"],
    ["\r\r\n\n", "\r\0\r\n\r\n"],
    ["\r\0", "\r\0\0"],
    ["a\xffb", "a\xff\xffb"],
    ["\r\xff", "\r\0\xff\xff"],
    ["\r", "\r\0"],
    ["", ""],
  ] as const) {
    test(`${JSON.stringify(data)} goes out as ${JSON.stringify(wire)}, however it is cut`, () => {
      const bytes = Buffer.from(data, "latin1");
      for (const pieces of [[bytes], singleBytes(bytes), ...everySplit(bytes)]) {
        const { session } = end();
        const sent = pieces.map((piece) => session.send(piece));
        assert.equal(latin1(concatBytes([...sent, session.end()])), wire);
      }
    });
  }

  for (const [wire, toClient, toServer] of [
    ["a\r\nb", "a\r\nb", "a\r\nb"],
    ["a\r\0b", "a\rb", "a\r\nb"],
    ["\r\0\0\r\r\0\n", "\r\0\r\r\n", "\r\n\0\r\r\n\n"],
    ["\r\0\r\0", "\r\r", "\r\n\r\n"],
    ["\0a\n", "\0a\n", "\0a\n"],
    ["\0", "\0", "\0"],
    ["a\r", "a\r", "a\r"],
    ["a\rb\0", "a\rb\0", "a\rb\0"],
    ["a\r\xff\xf9\0b", "a\rb", "a\r\nb"],
    ["a\r\xff\xf1\nb", "a\r\nb", "a\r\nb"],
    ["\r\xff\xff\0", "\r\xff\0", "\r\xff\0"],
  ] as const) {
    for (const [role, data] of [
      ["client", toClient],
      ["server", toServer],
    ] as const) {
      const title = `${JSON.stringify(wire)} comes to a ${role} as ${JSON.stringify(data)}`;
      test(`RFC 1123: ${title}, however it is cut`, () => {
        const bytes = Buffer.from(wire, "latin1");
        for (const chunks of [[bytes], singleBytes(bytes), ...everySplit(bytes)]) {
          assert.equal(end({ role }).receives(...chunks), data);
        }
      });
    }
  }

  test("F73: with BINARY, every byte goes and comes as it is, one direction at a time", () => {
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const odd = Buffer.from("\r\0\n\r\r\n\xff\xff", "latin1");
    const server = end();
    server.receives(says(`do ${binary}`));
    const sent = server.session.send(concatBytes([every, odd]));
    assert.deepEqual(decodeAll(telnet(), [sent]).received, [
      { type: "data", bytes: concatBytes([every, odd]) },
    ]);
    assert.equal(server.receives(bytesOf("a\r\0")), "a\r\n");
    assert.equal(server.receives(says(`will ${binary}`), bytesOf("a\r\0")), "a\r\0");
    assert.equal(server.receives(says(`wont ${binary}`), bytesOf("a\r\0")), "a\r\n");
    // The halves of a line ending belong together only on one side of a change.
    assert.equal(server.receives(bytesOf("a\r"), says(`will ${binary}`), bytesOf("\0")), "a\r\0");
    assert.equal(server.receives(bytesOf("b\r"), says(`wont ${binary}`), bytesOf("\0")), "b\r\0");
  });

  test("BINARY that we end lasts until the peer's WONT: what was under way is taken as it is", () => {
    for (const role of ["client", "server"] as const) {
      const one = end({ role });
      one.receives(says(`will ${binary}`));
      one.session.ask("peer", "binary", false);
      assert.equal(one.session.does("peer", "binary"), true);
      assert.equal(one.receives(bytesOf("a\r\0b\r\0")), "a\r\0b\r\0");
      one.session.ask("peer", "binary", true);
      assert.equal(one.receives(bytesOf("\r\0")), "\r\0");
      one.session.ask("peer", "binary", false);
      assert.equal(one.receives(says(`wont ${binary}`), bytesOf("\r\0")), role === "server" ? "\r\n" : "\r");
      const changes = one.events.map((event) => event.type === "optionChanged" && event.on);
      assert.deepEqual(changes, [true, false]);
    }
  });

  test("BINARY that we send ends at once when we end it", () => {
    const server = end();
    server.receives(says(`do ${binary}`));
    server.session.ask("us", "binary", false);
    assert.equal(latin1(server.session.send(bytesOf("a\n"))), "a\r\n");
    server.receives(says(`dont ${binary}`));
    assert.equal(latin1(server.session.send(bytesOf("a\n"))), "a\r\n");
  });
});

describe("F70: two ends", () => {
  const telling = fc
    .array(fc.oneof(fc.constantFrom(0xff, 0x0d, 0x0a, 0x00), fc.integer({ min: 0, max: 255 })), {
      maxLength: 60,
    })
    .map((values) => Uint8Array.from(values));

  test("F73: carry any bytes, cut anywhere, when both directions are BINARY", () => {
    fc.assert(
      fc.property(
        telling,
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.array(fc.nat()),
        (data, cuts, wireCuts) => {
          const [sender, receiver] = [end({ role: "client" }), end()];
          sender.receives(says(`do ${binary}`));
          receiver.receives(says(`will ${binary}`));
          const wire = concatBytes(cutAt(data, cuts).map((piece) => sender.session.send(piece)));
          assert.equal(receiver.receives(...cutAt(wire, wireCuts)), latin1(data));
        },
      ),
    );
  });

  test("carry text, cut anywhere: each LF arrives as CR LF, to a server each CR too, and all else as it was", () => {
    fc.assert(
      fc.property(
        telling,
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.array(fc.nat()),
        fc.boolean(),
        (data, cuts, wireCuts, toServer) => {
          const [sender, receiver] = toServer
            ? [end({ role: "client" }), end()]
            : [end(), end({ role: "client" })];
          const lineEnd = toServer ? /\r\n|\r|\n/g : /\r?\n/g;
          const pieces = cutAt(data, cuts).map((piece) => sender.session.send(piece));
          const wire = concatBytes([...pieces, sender.session.end()]);
          assert.equal(receiver.receives(...cutAt(wire, wireCuts)), latin1(data).replaceAll(lineEnd, "\r\n"));
        },
      ),
    );
  });

  test("make the same of any bytes under any cut: data, answers, events, failure", () => {
    const stream = fc
      .array(
        fc.oneof(
          fc.constantFrom(0xff, 0xff, 0xfa, 0xf0, 0xfb, 0xfc, 0xfd, 0xfe, 0, 1, 3, 24, 31, 0x0d, 0x0a),
          fc.integer({ min: 0, max: 255 }),
        ),
        { maxLength: 60 },
      )
      .map((values) => Uint8Array.from(values));
    const outcome = (chunks: readonly Uint8Array[]): unknown => {
      const server = end({ subnegotiationBytesMax: 6 });
      const data: Uint8Array[] = [];
      let failure: unknown;
      try {
        for (const chunk of chunks) server.session.receive(chunk, (piece) => data.push(piece));
      } catch (error) {
        failure = (error as Error).message;
      }
      return { data: latin1(concatBytes(data)), said: server.said(), events: server.events, failure };
    };
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), (bytes, cuts) => {
        assert.deepEqual(outcome(cutAt(bytes, cuts)), outcome([bytes]));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("commands and questions", () => {
  test("commands cause events, and can be sent", () => {
    const server = end();
    assert.equal(server.receives(Uint8Array.of(0x61, 0xff, 244, 0x62)), "ab");
    assert.deepEqual(server.events, [{ type: "commandReceived", command: 244 }]);
    server.session.command(241);
    assert.equal(server.said(), "241");
    assert.throws(() => {
      server.session.command(255);
    }, TypeError);
  });

  test("a server says that it is there; a client, whose answer would be input, does not", () => {
    const [server, client] = [end(), end({ role: "client" })];
    const ayt = Uint8Array.of(0xff, 246);
    server.receives(ayt);
    client.receives(ayt);
    assert.equal(server.said(), JSON.stringify("\r\n[yes]\r\n"));
    assert.equal(client.said(), "");
  });

  test("a timing mark is answered each time, for a client that throws output away until then", () => {
    const server = end();
    server.receives(says(`do ${timingMark}`, `do ${timingMark}`, `dont ${timingMark}`));
    assert.equal(server.said(), `will ${timingMark}, will ${timingMark}`);
  });

  test("a client refuses a timing mark each time, since a server would take it for one that edits lines", () => {
    const client = end({ role: "client" });
    client.receives(says(`do ${timingMark}`, `do ${timingMark}`, `dont ${timingMark}`));
    assert.equal(client.said(), `wont ${timingMark}, wont ${timingMark}`);
  });
});

for (const [options, complaint] of [
  [{ role: "user" }, 'telnet: role: "user" is none of client, server'],
  [{ terminalType: "a b" }, 'telnet: terminalType: "a b" is not 1 to 40 characters of ASCII without spaces'],
  [{ terminalType: "" }, 'telnet: terminalType: "" is not 1 to 40 characters of ASCII without spaces'],
  [{ window: { columns: -1, rows: 1 } }, "telnet: columns: -1 is not a whole number of 0 or more"],
  [{ window: { columns: 80, rows: 65_536 } }, "telnet: rows: 65536 is more than 65535"],
] as const) {
  test(`refuses ${JSON.stringify(options)}`, () => {
    assert.throws(() => end(options as unknown as TelnetSessionOptions), {
      name: "TypeError",
      message: complaint,
    });
  });
}
