/**
 * Every flag of nc in every form of a line: it is accepted, or refused with its name and a
 * reason. What is accepted and what is refused stands below, written out by hand.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ncFlags, supportedFlags } from "../../../src/cli/nc/flags.ts";
import type { Dialect } from "../../../src/cli/nc/flag-row.ts";
import { readRequest } from "../../../src/cli/nc/request.ts";
import { UsageError } from "../../../src/cli/usage.ts";
import { whyNoEpoll } from "../../../src/engine.ts";

const transports: readonly (readonly string[])[] = [[], ["udp"], ["unixsock"]];

/** In the order of the columns. */
const works: readonly (readonly string[])[] = [
  [],
  ["z"],
  ["exec"],
  ["listen"],
  ["listen", "keep-open"],
  ["listen", "exec"],
  ["listen", "keep-open", "exec"],
  ["listen", "chat"],
];

/**
 * `+` is accepted, `-` refused, and `.` stands where the form has the flag already. The
 * columns are those of `works`; the groups TCP, UDP and Unix sockets. A second row is for
 * ncat's dialect, where it differs.
 *
 * Datagrams have no programs and no rooms: there, every flag is refused with the form.
 */
const matrix = `
4              ++++++++  ++-++---  --------
6              ++++++++  ++-++---  --------
udp            ++-++---  ........  --------
unixsock       ++++++++  --------  ........
listen         +-+.....  +--..---  +-+.....
keep-open      ---+.+.+  ---+.---  ---+.+.+
source-port    ++++++++  ++-++---  --------
source         ++++++++  ++-++---  --------
nodns          ++++++++  ++-++---  ++++++++
wait           +++++---  ++-++---  +++++---
wait ncat      +++-----  ++------  +++-----
verbose        ++++++++  ++-++---  ++++++++
z              +.------  +.------  +.------
r              +++-----  ++------  --------
N              ++-++---  --------  ++-++---
q              ++-++---  ++-++---  ++-++---
q ncat         ++-+----  ++-+----  ++-+----
d              ++++++++  ++-++---  ++++++++
i              ++-++---  ++-++---  ++-++---
W              +--++---  +--++---  +--++---
W ncat         +--+----  +--+----  +--+----
I              ++++++++  --------  --------
O              ++++++++  --------  --------
crlf           +-+++++-  +--++---  +-+++++-
telnet         +--++---  --------  +--++---
telnet ncat    +--+----  --------  +--+----
x              +++-----  --------  --------
X              +++-----  --------  --------
proxy          +++-----  --------  --------
proxy-type     +++-----  --------  --------
proxy-auth     +++-----  --------  --------
exec           +-.++..-  --------  +-.++..-
sh-exec        +--++---  --------  +--++---
send-only      +--++---  +--++---  +--++---
recv-only      +--++---  +--++---  +--++---
no-shutdown    +--++---  --------  +--++---
delay          ++-++---  ++-++---  ++-++---
idle-timeout   +-++++++  +--++---  +-++++++
max-conns      ----+-++  --------  ----+-++
allow          ---+++++  ---++---  --------
deny           ---+++++  ---++---  --------
allowfile      ---+++++  ---++---  --------
denyfile       ---+++++  ---++---  --------
chat           ---++--.  --------  ---++--.
version        ++++++++  ++-++---  ++++++++
`;

const values: Readonly<Record<string, string>> = {
  "source-port": "9",
  source: "127.0.0.1",
  X: "5",
  x: "127.0.0.1:1080",
  proxy: "127.0.0.1:1080",
  "proxy-type": "socks5",
  "proxy-auth": "user:password",
  exec: "cat",
  "sh-exec": "cat",
  allow: "127.0.0.1",
  deny: "127.0.0.1",
  allowfile: "/dev/null",
  denyfile: "/dev/null",
};

/** Flags by their names in the table: what a line with these would have given. */
function given(names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.map((name) => [name, supportedFlags[name]?.value?.read(values[name] ?? "1", name) ?? true]),
  );
}

function spelled(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/** Why a line is refused; `undefined` if it is accepted. */
function refusal(dialect: Dialect, names: readonly string[]): string | undefined {
  const spelling = Object.fromEntries(names.map((name) => [name, spelled(name)]));
  const words = addressFor(names);
  try {
    const line = { dialect, given: given(names), spelling, words, verbosity: 0, disputed: [] };
    readRequest({ ...line, refused: undefined });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof UsageError, `${names.join(" ")}: ${String(error)}`);
    return error.message;
  }
}

/** The words behind these flags, beside those that say a part of them. */
function addressFor(names: readonly string[]): string[] {
  if (names.includes("unixsock")) return ["/tmp/socket"];
  const host = names.includes("6") ? "::1" : "127.0.0.1";
  const isListening = names.includes("listen");
  if (isListening && names.includes("source")) return ["9"];
  return isListening && names.includes("source-port") ? [host] : [host, "9"];
}

/** The dialect in which a line with these flags is read; `undefined` if they cannot be together. */
function dialectOf(wanted: Dialect, names: readonly string[]): Dialect | undefined {
  const dialect = names.some((name) => supportedFlags[name]?.ncatOnly === true) ? "ncat" : wanted;
  const letters = Object.values(ncFlags).flatMap(({ ncatShort }) => ncatShort ?? []);
  return dialect === "ncat" && names.some((name) => letters.includes(name)) ? undefined : dialect;
}

describe("the flags of nc in each form", () => {
  const rows = new Map(
    matrix
      .trim()
      .split("\n")
      .map((line) => [line.slice(0, 15).trim(), line.slice(15).trim().split(/\s+/)]),
  );

  test("each flag that is offered has a row", () => {
    const names = [...rows.keys()].filter((name) => !name.endsWith(" ncat"));
    assert.deepEqual(names.toSorted(), Object.keys(supportedFlags).toSorted());
  });

  for (const name of Object.keys(supportedFlags)) {
    // The buffers are set by the native engine alone.
    const skip = (name === "I" || name === "O") && whyNoEpoll();
    for (const wanted of ["nc", "ncat"] as const) {
      test(`${name}, in ${wanted}'s dialect`, { skip }, () => {
        for (const [group, transport] of transports.entries()) {
          for (const [column, work] of works.entries()) {
            const form = [...transport, ...work];
            const names = [...form, ...(supportedFlags[name]?.needs ?? []).slice(0, 1), name];
            const dialect = dialectOf(wanted, names);
            const row = (dialect === "ncat" ? rows.get(`${name} ncat`) : undefined) ?? rows.get(name);
            const expected = row?.[group]?.[column];
            if (form.includes(name) || dialect === undefined) continue;
            const why = refusal(dialect, names);
            const line = `${names.map(spelled).join(" ")}: ${why ?? "accepted"}`;
            assert.equal(why === undefined ? "+" : "-", expected, line);
            if (why !== undefined)
              assert.ok(
                names.some((one) => why.includes(spelled(one))),
                line,
              );
          }
        }
      });
    }
  }

  for (const [one, { excludes = {} }] of Object.entries(supportedFlags)) {
    for (const other of Object.keys(excludes)) {
      for (const pair of [
        [one, other],
        [other, one],
      ]) {
        test(`${pair.join(" and ")} exclude each other`, () => {
          assert.match(refusal("nc", ["listen", ...pair]) ?? "", /^\S+ and \S+ exclude each other$/);
        });
      }
    }
  }

  for (const [name, { needs = [] }] of Object.entries(supportedFlags)) {
    if (needs.length === 0) continue;
    test(`${name} alone is refused`, () => {
      assert.match(refusal("nc", [name]) ?? "", / has an effect only with /);
      for (const other of needs) assert.equal(refusal("nc", [name, other]), undefined);
    });
  }

  test("the flags of which a line can have one are those of nc and ncat", () => {
    const pairs = Object.entries(supportedFlags).flatMap(([one, { excludes = {} }]) =>
      Object.keys(excludes).map((other) => `${one} ${other}`),
    );
    assert.deepEqual(pairs.toSorted(), [
      "4 6",
      "N no-shutdown",
      "X proxy-type",
      "exec chat",
      "exec sh-exec",
      "send-only recv-only",
      "sh-exec chat",
      "udp unixsock",
      "z chat",
      "z exec",
      "z sh-exec",
    ]);
  });
});
