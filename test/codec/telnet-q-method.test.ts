/**
 * A session against RFC 1143, section 7: every sequence of requests and replies about one option, on either side,
 * whether we allow the option or not. The table is a transcript of the RFC.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createTelnetSession, limits, telnetOptions, type TelnetSide } from "../../src/index.ts";

/** The RFC's `him` with `himq`, as one word. */
type State = "NO" | "YES" | "WANTNO EMPTY" | "WANTNO OPPOSITE" | "WANTYES EMPTY" | "WANTYES OPPOSITE";
/** An event: a verb from the peer, or a request of our user. */
type Event = "WILL" | "WONT" | "enable" | "disable";
/** For each state the next one, and the verb sent: DO, DONT or none. */
type Table = Readonly<Record<State, readonly [next: State, sends?: "DO" | "DONT"]>>;

const willAgreed: Table = {
  NO: ["YES", "DO"],
  YES: ["YES"],
  "WANTNO EMPTY": ["NO"],
  "WANTNO OPPOSITE": ["YES"],
  "WANTYES EMPTY": ["YES"],
  "WANTYES OPPOSITE": ["WANTNO EMPTY", "DONT"],
};

const rfc1143: Readonly<Record<Event | "WILL refused", Table>> = {
  WILL: willAgreed,
  "WILL refused": { ...willAgreed, NO: ["NO", "DONT"] },
  WONT: {
    NO: ["NO"],
    YES: ["NO", "DONT"],
    "WANTNO EMPTY": ["NO"],
    "WANTNO OPPOSITE": ["WANTYES EMPTY", "DO"],
    "WANTYES EMPTY": ["NO"],
    "WANTYES OPPOSITE": ["NO"],
  },
  enable: {
    NO: ["WANTYES EMPTY", "DO"],
    YES: ["YES"],
    "WANTNO EMPTY": ["WANTNO OPPOSITE"],
    "WANTNO OPPOSITE": ["WANTNO OPPOSITE"],
    "WANTYES EMPTY": ["WANTYES EMPTY"],
    "WANTYES OPPOSITE": ["WANTYES EMPTY"],
  },
  disable: {
    NO: ["NO"],
    YES: ["WANTNO EMPTY", "DONT"],
    "WANTNO EMPTY": ["WANTNO EMPTY"],
    "WANTNO OPPOSITE": ["WANTNO EMPTY"],
    "WANTYES EMPTY": ["WANTYES OPPOSITE"],
    "WANTYES OPPOSITE": ["WANTYES OPPOSITE"],
  },
};

const events: readonly Event[] = ["WILL", "WONT", "enable", "disable"];
const will = 251;
/** For the peer's option we receive WILL, WONT and send DO, DONT; for ours it is the reverse. */
const codes = {
  peer: { WILL: will, WONT: will + 1, DO: will + 2, DONT: will + 3 },
  us: { WILL: will + 2, WONT: will + 3, DO: will, DONT: will + 1 },
} as const;

/** A side that ends an option continues with it until it says so itself: the peer, until its WONT is received. */
function inEffect(side: TelnetSide, state: State): boolean {
  return state === "YES" || (side === "peer" && state.startsWith("WANTNO"));
}

function sequences(length: number): readonly (readonly Event[])[] {
  if (length === 0) return [[]];
  return sequences(length - 1).flatMap((before) => events.map((event) => [...before, event]));
}

function follow(side: TelnetSide, agrees: boolean, sequence: readonly Event[]): void {
  const said: number[][] = [];
  let on = false;
  const allowed = agrees ? { us: ["sga"], peer: ["sga"] } : { us: [], peer: [] };
  const session = createTelnetSession({
    role: "server",
    allowed: allowed as { us: ["sga"]; peer: ["sga"] },
    onEvent(event) {
      assert.ok(event.type === "optionChanged" && event.side === side && event.option === "sga");
      assert.notEqual(event.on, on, "an event that changes nothing");
      on = event.on;
    },
  });
  session.open((bytes) => said.push([...bytes]));
  sequence.reduce<State>((state, event, index) => {
    const row = rfc1143[event === "WILL" && !agrees ? "WILL refused" : event];
    const [next, sends]: Table[State] = row[state];
    if (event === "WILL" || event === "WONT") {
      session.receive(Uint8Array.of(255, codes[side][event], telnetOptions.sga), () => assert.fail("data"));
    } else session.ask(side, "sga", event === "enable");
    const where = `${side}, ${agrees ? "agreed" : "refused"}: ${sequence.slice(0, index + 1).join(", ")} in ${state}`;
    const expected = sends === undefined ? [] : [[255, codes[side][sends], telnetOptions.sga]];
    assert.deepEqual(said.splice(0), expected, where);
    assert.equal(session.does(side, "sga"), inEffect(side, next), where);
    assert.equal(on, inEffect(side, next), where);
    return next;
  }, "NO");
}

for (const side of ["us", "peer"] as const) {
  for (const agrees of [true, false]) {
    test(`every sequence of six about an option of ${side} that is ${agrees ? "allowed" : "refused"}`, () => {
      for (const sequence of sequences(6)) follow(side, agrees, sequence);
    });
  }
}

test("an option outside `allowed` that was asked for is ended by the peer as any other: DONT, DO, DONT", () => {
  follow("peer", false, ["WILL", "enable", "WILL", "WONT"]);
});

describe("F71: past telnetAnswersMax requests for an option", () => {
  const requests = Array.from({ length: limits.telnetAnswersMax.value }, () => "WILL" as const);

  test("no request is answered, refused or not", () => {
    follow("peer", false, requests);
    assert.throws(() => follow("peer", false, [...requests, "WILL"]), /WILL in NO/);
    // Each takes two replies: the agreement, and the confirmation of its end.
    const turns = requests.slice(requests.length / 2).flatMap(() => ["WILL", "WONT"] as const);
    follow("peer", true, turns);
    assert.throws(() => follow("peer", true, [...turns, "WILL"]), /WILL in NO/);
  });

  test("what we ask for is still negotiated to its end", () => {
    follow("peer", false, [...requests, "enable", "WILL", "disable", "enable", "WONT", "WILL", "WONT"]);
    follow("us", false, [...requests, "enable", "disable", "WILL", "WONT", "enable", "WONT"]);
  });
});
