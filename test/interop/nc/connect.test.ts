/**
 * `portcall nc` as a client, beside OpenBSD nc and ncat: the same line, the same
 * stdin and the same server give the same stdout, the same exit and the same bytes on the
 * wire.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { connect, backoff } from "../../../src/index.ts";
import { start } from "../../support/command.ts";
import { folderFor, nc, needs } from "../peers.ts";
import { freePort, play, scripts, stage, type Program, type Script } from "./side-by-side.ts";

interface Row {
  readonly promise: string;
  /** The line, with PORT where the server is, and FREE for a port without a listener. */
  readonly line: string;
  /** nc unless given. */
  readonly like?: "ncat";
  readonly script?: Script;
  readonly stdin?: string;
  /** stdin ends only when this has been printed. */
  readonly holdUntil?: RegExp;
  /** What all of them come to: exit (0 unless given), stdout, wire. */
  readonly exit?: number;
  readonly stdout?: string;
  readonly wire?: string;
  /** What stderr has to hold, with PORT and FREE. */
  readonly says?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

const h = "127.0.0.1";
const { answers, countsAtFin, greets, silent, hearsItselfAndEnds } = scripts;

const rows: readonly Row[] = [
  {
    promise: "sends stdin and prints the answer",
    line: `${h} PORT`,
    stdin: "hi\n",
    stdout: "re:hi\n",
    wire: "hi\n<fin>",
  },
  {
    promise: "does so in ncat's dialect",
    like: "ncat",
    line: `--verbose ${h} PORT`,
    stdin: "hi\n",
    stdout: "re:hi\n",
    wire: "hi\n<fin>",
  },
  {
    promise: "hears the peer out, who ended first, until stdin ends",
    line: `${h} PORT`,
    script: greets,
    holdUntil: /bye/,
    stdin: "late\n",
    stdout: "bye\n",
    wire: "late\n<fin>",
  },
  {
    promise: "-N sends FIN at the end of stdin",
    line: `-N ${h} PORT`,
    script: countsAtFin,
    stdin: "four\n",
    stdout: "5 bytes\n",
    wire: "four\n<fin>",
  },
  {
    promise: "ncat's dialect sends FIN at the end of stdin",
    like: "ncat",
    line: `--nodns ${h} PORT`,
    script: countsAtFin,
    stdin: "four\n",
    stdout: "5 bytes\n",
    wire: "four\n<fin>",
  },
  {
    promise: "without -N, -w ends what no FIN does",
    line: `-w1 ${h} PORT`,
    script: countsAtFin,
    stdin: "four\n",
    stdout: "",
    wire: "four\n<fin>",
  },
  { promise: "-w ends a silent connection, well", line: `-w 1 ${h} PORT`, script: silent, stdout: "" },
  {
    promise: "-q sends FIN",
    line: `-q1 ${h} PORT`,
    script: answers,
    stdin: "hi\n",
    stdout: "re:hi\n",
    wire: "hi\n<fin>",
  },
  {
    promise: "-q below 0 waits for ever",
    line: `-q -1 ${h} PORT`,
    script: answers,
    stdin: "hi\n",
    stdout: "re:hi\n",
  },
  {
    promise: "-d does not read stdin",
    line: `-d ${h} PORT`,
    script: greets,
    stdin: "unsent\n",
    stdout: "bye\n",
    wire: "<fin>",
  },
  {
    promise: "-C ends lines with CR LF",
    line: `-CN ${h} PORT`,
    script: countsAtFin,
    stdin: "a\nb\r\n\n",
    stdout: "8 bytes\n",
    wire: "a\r\nb\r\n\r\n<fin>",
  },
  {
    promise: "--crlf is the same",
    like: "ncat",
    line: `--crlf ${h} PORT`,
    script: countsAtFin,
    stdin: "a\nb\n",
    stdout: "6 bytes\n",
    wire: "a\r\nb\r\n<fin>",
  },
  {
    promise: "-W ends after so many pieces",
    line: `-W 1 ${h} PORT`,
    script: (client) => client.write("one\n"),
    holdUntil: /one/,
    stdout: "one\n",
  },
  {
    promise: "-p chooses the port to connect from",
    line: `-p OWN ${h} PORT`,
    script: (client) => client.end(`${client.remotePort}\n`),
    stdout: "OWN\n",
  },
  {
    promise: "-s chooses the address to connect from",
    line: `-s 127.0.0.2 ${h} PORT`,
    script: (client) => client.end(`${client.remoteAddress}\n`),
    stdout: "127.0.0.2\n",
  },
  {
    promise: "--source and --source-port do",
    like: "ncat",
    line: `--source 127.0.0.2 --source-port OWN ${h} PORT`,
    script: (client) => client.end(`${client.remoteAddress} ${client.remotePort}\n`),
    stdout: "127.0.0.2 OWN\n",
  },
  {
    promise: "flags may stand behind the words",
    line: `${h} PORT -N`,
    script: countsAtFin,
    stdin: "x",
    stdout: "1 bytes\n",
  },
  {
    promise: "-- ends the flags",
    line: `-N -- ${h} PORT`,
    script: countsAtFin,
    stdin: "x",
    stdout: "1 bytes\n",
  },
  { promise: "-4 and a name", line: "-4 localhost PORT", stdin: "hi\n", stdout: "re:hi\n" },
  {
    promise: "--send-only ends with stdin",
    like: "ncat",
    line: `--send-only ${h} PORT`,
    script: silent,
    stdin: "hi\n",
    stdout: "",
    wire: "hi\n<fin>",
  },
  {
    promise: "--recv-only sends nothing",
    like: "ncat",
    line: `--recv-only ${h} PORT`,
    script: greets,
    stdin: "unsent\n",
    stdout: "bye\n",
    wire: "<fin>",
  },
  {
    promise: "long names may be cut short",
    like: "ncat",
    line: `--recv ${h} PORT`,
    script: greets,
    stdout: "bye\n",
  },
  {
    promise: "--idle-timeout is a failure",
    like: "ncat",
    line: `--idle-timeout 300ms ${h} PORT`,
    script: silent,
    stdin: "hi\n",
    exit: 1,
    stdout: "",
  },
  {
    promise: "--sh-exec joins it to a shell",
    like: "ncat",
    line: `--sh-exec exec\tcat ${h} PORT`,
    script: hearsItselfAndEnds,
    wire: "echo\n<fin>",
  },
  {
    promise: "-e joins it to a program",
    like: "ncat",
    line: `-e /bin/cat ${h} PORT`,
    script: hearsItselfAndEnds,
    wire: "echo\n<fin>",
  },
  { promise: "a refused connection is 1", line: `${h} FREE`, exit: 1, stdout: "" },
  {
    promise: "a refused connection is ncat's 1",
    like: "ncat",
    line: `--nodns ${h} FREE`,
    exit: 1,
    stdout: "",
  },
  {
    promise: "-v tells of it",
    line: `-v ${h} FREE`,
    exit: 1,
    says: [`nc: connect to ${h} port FREE (tcp) failed: Connection refused`],
  },
  {
    promise: "-v tells of success",
    line: `-v ${h} PORT`,
    stdin: "x",
    stdout: "re:x",
    says: [`Connection to ${h} PORT port [tcp/*] succeeded!`],
  },
  { promise: "-z without -v prints nothing", line: `-z ${h} PORT`, stdout: "", says: [] },
  {
    promise: "-z without -v prints nothing about a failure either",
    line: `-z ${h} FREE`,
    exit: 1,
    stdout: "",
    says: [],
  },
  {
    promise: "-zvw1 in one bundle",
    line: `-zvw1 ${h} PORT`,
    says: [`Connection to ${h} PORT port [tcp/*] succeeded!`],
  },
  {
    promise: "-nvzw 1, the value in the next word",
    line: `-nvzw 1 ${h} PORT`,
    says: [`Connection to ${h} PORT port [tcp/*] succeeded!`],
  },
  {
    promise: "-zv with a name shows the address",
    line: "-4zv localhost PORT",
    says: [`Connection to localhost (${h}) PORT port [tcp/*] succeeded!`],
  },
  {
    promise: "-zv with several ports: one open is enough",
    line: `-zv ${h} FREE PORT`,
    says: [
      `nc: connect to ${h} port FREE (tcp) failed: Connection refused`,
      `Connection to ${h} PORT port [tcp/*] succeeded!`,
    ],
  },
  {
    promise: "-zv with a range that goes down goes up",
    line: `-zv ${h} 3-1`,
    exit: 1,
    says: [1, 2, 3].map((port) => `nc: connect to ${h} port ${port} (tcp) failed: Connection refused`),
  },
  {
    promise: "-zv with the name of a service",
    line: `-zv ${h} discard`,
    exit: 1,
    says: [`nc: connect to ${h} port 9 (tcp) failed: Connection refused`],
  },
  { promise: "-z in ncat's dialect", like: "ncat", line: `-z --wait 2s ${h} PORT`, stdout: "" },
  { promise: "several ports, one after the other", line: `${h} FREE PORT`, stdin: "x", stdout: "re:x" },
  {
    promise: "a name that does not exist",
    line: "-v nosuch.invalid 80",
    exit: 1,
    says: ['nc: getaddrinfo for host "nosuch.invalid" port 80: Name or service not known'],
  },
  {
    promise: "-n looks no name up",
    line: "-nv localhost 80",
    exit: 1,
    says: ['nc: getaddrinfo for host "localhost" port 80: Name or service not known'],
  },
  { promise: "-6 and an IPv4 address", line: `-6 ${h} PORT`, exit: 1, stdout: "" },
  { promise: "an address that is not ours", line: `-s 192.0.2.1 ${h} PORT`, exit: 1, stdout: "" },
  {
    promise: "a Unix socket that is not there",
    line: "-U /nonexistent",
    exit: 1,
    says: ["nc: /nonexistent: No such file or directory"],
  },
  {
    promise: "a port that is none",
    line: `${h} nosuchservice`,
    exit: 1,
    says: ["nc: port number invalid: nosuchservice"],
  },
  { promise: "a port too large", line: `${h} 65536`, exit: 1, says: ["nc: port number too large: 65536"] },
  { promise: "a port too small", line: `${h} 0`, exit: 1, says: ["nc: port number too small: 0"] },
  { promise: "no port", line: h, exit: 1, says: ["nc: missing port number"] },
  { promise: "-k without -l", line: `-k ${h} PORT`, exit: 1, says: ["nc: must use -l with -k"] },
  { promise: "-z with -l", line: "-lz 1", exit: 1, says: ["nc: cannot use -z and -l"] },
  { promise: "a flag that does not exist", line: `-Q ${h} PORT`, exit: 1, stdout: "" },
  { promise: "a flag without its value", line: "-w", exit: 1, stdout: "" },
  { promise: "a proxy that is not there", line: `-x ${h}:FREE ${h} PORT`, exit: 1, stdout: "" },
];

/** Plays a row; what is compared afterwards. */
async function observe(t: TestContext, program: Program, row: Row) {
  const server = await stage(t, row.script ?? answers);
  const [free, own] = [await freePort(), await freePort()];
  const named = (text: string) =>
    text
      .replaceAll("PORT", String(server.port))
      .replaceAll("FREE", String(free))
      .replaceAll("OWN", String(own));
  const unnamed = (text: string) =>
    text
      .replaceAll(String(server.port), "PORT")
      .replaceAll(String(free), "FREE")
      .replaceAll(String(own), "OWN");
  const args = named(row.line)
    .split(" ")
    .map((word) => word.replaceAll("\t", " "));
  const child = play(t, program, args, row.env);
  if (row.holdUntil !== undefined) await child.prints(row.holdUntil);
  child.end(row.stdin ?? "");
  const exit = await child.code();
  const clients = server.clients();
  if (row.wire?.includes("<fin>") === true && !server.seen().includes("<fin>")) {
    await Promise.all(clients.map((client) => once(client, "end")));
  }
  return {
    exit,
    ...(row.stdout === undefined ? {} : { stdout: unnamed(child.stdout) }),
    ...(row.wire === undefined ? {} : { wire: unnamed(server.seen()) }),
    ...(row.says === undefined
      ? {}
      : { says: unnamed(child.stderr.replaceAll("nc.openbsd: ", "nc: ")).split("\n").filter(Boolean) }),
  };
}

function expected({ exit = 0, stdout, wire, says }: Row) {
  return {
    exit,
    ...(stdout === undefined ? {} : { stdout }),
    ...(wire === undefined ? {} : { wire }),
    ...(says === undefined ? {} : { says }),
  };
}

describe("nc that connects", { concurrency: 2 }, () => {
  for (const row of rows) {
    const { like = "nc" } = row;
    test(`like ${like}: ${row.promise}`, needs(like === "nc" ? nc : "ncat"), async (t) => {
      assert.deepEqual(await observe(t, like, row), expected(row), like);
      assert.deepEqual(await observe(t, "ours", row), expected(row), "ours");
    });
  }

  for (const like of ["nc", "ncat"] as const) {
    test(`like ${like}: talks on a Unix socket`, needs(like === "nc" ? nc : "ncat"), async (t) => {
      for (const program of [like, "ours"] as const) {
        const path = join(folderFor(t), "socket");
        await stage(t, answers, path);
        const child = play(t, program, like === "nc" ? ["-U", path] : ["--unixsock", path]);
        child.end("hi\n");
        assert.deepEqual([await child.code(), child.stdout], [0, "re:hi\n"], program);
      }
    });
  }

  test("ours: refuses what ncat records or joins, with the reason", async (t) => {
    for (const [args, reason] of [
      [["-o", "file", h, "1"], "-o: nc records no bytes here; "],
      [["--hex-dump", "file", h, "1"], "--hex-dump: nc records no bytes here; "],
      [["--send-only", "-x", "file", h, "1"], "-x: nc records no bytes here; "],
      [["--append-output", h, "1"], "--append-output: nc records no bytes here; "],
      [["-l", "--broker", h, "0"], "--broker: clients are not joined here; "],
    ] as const) {
      const child = play(t, "ours", args);
      assert.deepEqual([await child.code(), child.stdout], [2, ""], args.join(" "));
      assert.ok(child.stderr.startsWith(`nc: ${reason}`), child.stderr);
    }
  });

  test("like nc and ncat: goes through a SOCKS proxy", needs(nc, "ncat", "microsocks"), async (t) => {
    const port = await freePort();
    start(t, "microsocks", ["-i", h, "-p", String(port)]);
    const retry = backoff({ firstDelayMs: 20, factor: 1, jitter: 0 });
    await (await connect(`${h}:${port}`, { retry, establishTimeoutMs: 20_000 })).close();
    const lines: readonly [Program, readonly string[]][] = [
      ["nc", ["-x", `${h}:${port}`]],
      ["ours", ["-x", `${h}:${port}`]],
      ["ours", ["-X5", `-x${h}:${port}`]],
      ["ncat", ["--proxy", `${h}:${port}`, "--proxy-type", "socks5"]],
      ["ours", ["--proxy", `${h}:${port}`, "--proxy-type", "socks5"]],
    ];
    for (const [program, flags] of lines) {
      const server = await stage(t, answers);
      const child = play(t, program, [...flags, h, String(server.port)]);
      await child.write("hi\n");
      await child.prints(/re:hi/);
      child.end();
      assert.equal(await child.code(), 0, `${program} ${flags.join(" ")}: ${child.stderr}`);
    }
  });

  test("ours: an unsupported flag exits with 2, and one line gives the reason", async (t) => {
    for (const flag of [
      "-S",
      "-T lowdelay",
      "-V 1",
      "-F",
      "-Z",
      "-D",
      "-M 9",
      "-m 9",
      "-b",
      "-P me",
      "--ssl",
      "--sctp",
    ]) {
      const child = play(t, "ours", [...flag.split(" "), h, "1"]);
      assert.equal(await child.code(), 2, flag);
      assert.match(child.stderr, new RegExp(`^nc: ${flag.split(" ")[0]}: .+\n$`), flag);
    }
  });

  test("-I and -O set the buffers of the connection", needs(nc, "ss"), async (t) => {
    for (const program of ["nc", "ours"] as const) {
      const server = await stage(t, answers);
      const child = play(t, program, ["-I", "30000", "-O", "40000", h, String(server.port)]);
      await child.write("hi\n");
      await child.prints(/re:hi/);
      const { stdout } = spawnSync("ss", ["-tmnH", `dport = :${server.port}`], { encoding: "utf8" });
      assert.match(stdout, /skmem:\(r\d+,rb60000,t\d+,tb80000,/, program);
    }
  });

  test("ours: -I and -O are for TCP", async (t) => {
    const child = play(t, "ours", ["-u", "-I", "30000", h, "1"]);
    assert.equal(await child.code(), 1);
    assert.match(child.stderr, /^nc: -I is for TCP\n/);
  });

  test("ours: says which reading it takes where both are possible", async (t) => {
    const cases: readonly [readonly string[], RegExp | undefined][] = [
      [["-i", "1", "-z", h, "1"], /^nc: -i 1 is the delay .*--idle-timeout 1\n/],
      [["-d", "1", h, "1"], /^nc: -d does not read stdin.*--delay 1\n/],
      [["-x", "dump.txt", h, "1"], /^nc: -x dump\.txt is a proxy.*not supported\n/],
      [["-z", "--send-only", "-i", "1", h, "1"], undefined],
      [["-z", "-x", `${h}:1`, h, "1"], undefined],
      [["-zd", h, "1"], undefined],
    ];
    for (const [args, line] of cases) {
      const child = play(t, "ours", args);
      child.end();
      await child.code();
      if (line === undefined) assert.doesNotMatch(child.stderr, / as in /, args.join(" "));
      else assert.match(child.stderr, line, args.join(" "));
    }
  });
});
