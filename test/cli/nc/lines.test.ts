/** Lines of nc that are unusual: each is accepted or refused in a line, and none is a fault of portcall's (exit 70). */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseHost } from "../../../src/base/address/host.ts";
import type { Dialect } from "../../../src/cli/nc/flag-row.ts";
import { ncFlags } from "../../../src/cli/nc/flags.ts";
import { readFlags } from "../../../src/cli/nc/getopt.ts";
import { readRequest, type NcRequest } from "../../../src/cli/nc/request.ts";
import { UsageError } from "../../../src/cli/usage.ts";
import { portcall } from "../../support/command.ts";

function request(line: string, dialect: Dialect = "nc"): NcRequest {
  return readRequest(readFlags(line.split(" "), dialect));
}

function hostsOf(line: string): string[] {
  return request(line).targets.map(({ target }) => (target.scheme === "unix" ? "" : target.host));
}

describe("hosts of nc", () => {
  test("are addresses in each form that the system's inet_aton reads, and are called as they were typed", () => {
    for (const typed of ["127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1"]) {
      for (const flags of ["", "-u ", "-z ", "-l ", "-lu ", "-lk -e cat ", "-n "]) {
        assert.deepEqual(hostsOf(`${flags}${typed} 9`), ["127.0.0.1"], flags + typed);
      }
      const { name } = request(`${typed} 9`).targets[0] ?? assert.fail();
      assert.equal(typeof name === "string" ? name : name.host, typed);
    }
    assert.deepEqual(hostsOf("-l 0 9"), ["0.0.0.0"]);
  });

  test("are not looked up with -n, in any form", () => {
    for (const flags of ["-n", "-nz", "-nu", "-nl", "-nlu", "-nlk -e cat"]) {
      assert.throws(
        () => hostsOf(`${flags} localhost 9`),
        /getaddrinfo for host "localhost" port 9: Name or service not known/,
      );
      assert.deepEqual(hostsOf(`${flags} ::1 9`), ["::1"]);
    }
  });

  test("are of the family that -4 or -6 asks for, and of that of -s", () => {
    for (const flags of ["", "-z ", "-u ", "-l ", "-lu ", "-lk -e cat "]) {
      for (const [line, host] of [
        ["-4", "::1"],
        ["-6", "127.0.0.1"],
        ["-6", "127.1"],
      ] as const) {
        assert.throws(
          () => hostsOf(`${flags}${line} ${host} 9`),
          /Address family for hostname not supported/,
          flags + host,
        );
      }
    }
    for (const line of ["-s ::1 127.0.0.1 9", "-u -s 127.0.0.1 ::1 9", "-z -4 -s ::1 localhost 9"]) {
      assert.throws(() => hostsOf(line), UsageError, line);
    }
    assert.deepEqual(hostsOf("-6 -s ::1 localhost 9"), ["localhost"]);
  });

  test("alone behind ncat's -l are listened on at its own port, as a number alone is a port", () => {
    for (const [line, host, port] of [
      ["-l", "::", 31_337],
      ["-4l", "0.0.0.0", 31_337],
      ["-6l", "::", 31_337],
      ["-l 9", "::", 9],
      ["-l localhost", "localhost", 31_337],
      ["-l 127.0.0.1", "127.0.0.1", 31_337],
      ["-l -e cat", "127.0.0.1", 31_337],
      ["-l ::1 9", "::1", 9],
    ] as const) {
      const { target } = request(line, "ncat").targets[0] ?? assert.fail();
      assert.deepEqual(target, { scheme: "tcp", host, port }, line);
    }
    assert.throws(() => request("-l localhost"), /port number invalid: localhost/);
  });

  test("stand once", () => {
    assert.throws(() => hostsOf("-l -s 127.0.0.1 127.0.0.2 9"), /is given twice: with -s, and as a word/);
    assert.throws(() => hostsOf("-l -p 9 127.0.0.2 9"), /is given twice: with -p, and as a word/);
  });
});

const strangeHosts = ["", "-", "[", "..", "127.0.0.256", "a".repeat(64), "%", "::1%", "\u00e9", "a b"];

describe("nc with a host that is none", () => {
  for (const [index, flags] of [["-u"], ["-uz"], ["-z"], ["-l"], ["-lu"], ["-lk", "-e", "cat"]].entries()) {
    test(`fails in a line: ${flags.join(" ")}`, async (t) => {
      for (const host of strangeHosts)
        assert.throws(() => request([...flags, host, "9"].join(" ")), UsageError);
      // One of them through the process.
      const child = portcall(t, ["nc", ...flags, "--", strangeHosts[index] ?? "", "9"]);
      assert.equal(await child.code(), flags.includes("-e") ? 2 : 1);
      assert.match(child.stderr, /^nc: .+\n$/);
    });
  }
});

/** Park and Miller's generator: the same line of numbers for a seed on every machine. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

const strangeWords = [
  ...strangeHosts,
  ...["0", "-1", "1", "65535", "65536", "1-", "-1-2", "9-7", "99999999999", "1e3", "0x10", "NaN", "http"],
  ...[
    "127.0.0.1",
    "::1",
    "localhost",
    "/tmp/x",
    "@x",
    "@",
    "\0",
    "socks5://x",
    "a:b@c:1",
    "user:pa:ss",
    "x:",
    ":x",
  ],
  ...[
    "1s",
    "0",
    "0.0001ms",
    "600h",
    "-l",
    "--",
    "--=",
    "--e",
    "--proxy=",
    "10.0.0.0/33",
    "5",
    "connect",
    "4",
  ],
];

test("lines made by chance are read, or refused in one line (the seed is in the message)", () => {
  const names = Object.keys(ncFlags);
  for (let seed = 1; seed <= 5_000; seed++) {
    const random = randomFrom(seed);
    const pick = <Item>(items: readonly Item[]): Item => items[random(items.length)] as Item;
    const argv = Array.from({ length: 1 + random(6) }, () => {
      if (random(3) === 0) return pick(strangeWords);
      const name = pick(names);
      const { short, ncatShort } = ncFlags[name] ?? assert.fail();
      const letter = pick([short, ncatShort, name.length === 1 ? name : undefined]);
      const typed = letter === undefined ? `--${name}` : `-${letter}`;
      return random(2) === 0 ? typed : [typed, pick(strangeWords)];
    }).flat();
    const shown = `seed ${seed}: nc ${JSON.stringify(argv)}`;
    try {
      const { targets } = readRequest(readFlags(argv, pick(["nc", "ncat"])));
      for (const { target } of targets) {
        if (target.scheme !== "unix") assert.equal(parseHost(target.host), target.host, shown);
      }
    } catch (error) {
      assert.ok(error instanceof UsageError, `${shown}: ${(error as Error).stack}`);
      assert.ok(error.message.length > 0 && !error.message.includes("\n"), shown);
    }
  }
});
