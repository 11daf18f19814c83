/**
 * `portcall nc -l`, beside OpenBSD nc and ncat: the same line and the same clients give the
 * same stdout, the same exit and the same words to the clients.
 */
import assert from "node:assert/strict";
import dgram from "node:dgram";
import { once } from "node:events";
import { existsSync, symlinkSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { commandPath, start, type Child } from "../../support/command.ts";
import { folderFor, nc, needs } from "../peers.ts";
import { freePort, play, exchange, type Program } from "./side-by-side.ts";

interface Row {
  readonly promise: string;
  /** nc unless given. */
  readonly like?: "ncat";
  /** The line, with PORT. -v is added: by it they say that they listen. */
  readonly line: string;
  readonly stdin?: string;
  /** stdin stays open. */
  readonly held?: true;
  /** What clients say, one after the other; each ends its side then, unless `staying`. */
  readonly visits: readonly string[];
  readonly staying?: true;
  /** What they hear. */
  readonly received?: readonly string[];
  readonly stdout: string;
  /** Goes on, and is ended by the test. */
  readonly goesOn?: true;
}

const h = "127.0.0.1";

const rows: readonly Row[] = [
  {
    promise: "prints what the one client says",
    line: "-l PORT",
    visits: ["one\n"],
    received: ["<fin>"],
    stdout: "one\n",
  },
  { promise: "-lp, the port as a value", line: "-lp PORT", visits: ["one\n"], stdout: "one\n" },
  { promise: "-lvnp, all in one", line: "-lvnp PORT", visits: ["one\n"], stdout: "one\n" },
  { promise: "an address and a port", line: `-l ${h} PORT`, visits: ["one\n"], stdout: "one\n" },
  { promise: "-s and -p", line: `-l -s ${h} -p PORT`, visits: ["one\n"], stdout: "one\n" },
  {
    promise: "sends stdin to the client, and ends with it",
    line: "-l PORT",
    stdin: "out\n",
    visits: ["one\n"],
    received: ["out\n<fin>"],
    stdout: "one\n",
  },
  {
    promise: "ends with the client, though stdin goes on",
    line: "-l PORT",
    stdin: "",
    held: true,
    visits: ["one\n"],
    received: ["<fin>"],
    stdout: "one\n",
  },
  {
    promise: "-N sends FIN at the end of stdin",
    line: "-lN PORT",
    stdin: "out\n",
    visits: ["one\n"],
    received: ["out\n<fin>"],
    stdout: "one\n",
  },
  {
    promise: "-k takes one client after the other, and gives stdin to the first",
    line: "-lk PORT",
    stdin: "out\n",
    visits: ["one\n", "two\n"],
    received: ["out\n<fin>", "<fin>"],
    stdout: "one\ntwo\n",
    goesOn: true,
  },
  {
    promise: "prints what the one client says, in ncat's dialect",
    like: "ncat",
    line: "--listen PORT",
    visits: ["one\n"],
    received: ["<fin>"],
    stdout: "one\n",
  },
  {
    promise: "sends stdin, and ends",
    like: "ncat",
    line: "--listen PORT",
    stdin: "out\n",
    visits: ["one\n"],
    received: ["out\n<fin>"],
    stdout: "one\n",
  },
  {
    promise: "--keep-open takes more",
    like: "ncat",
    line: "--listen --keep-open PORT",
    held: true,
    visits: ["one\n", "two\n"],
    stdout: "one\ntwo\n",
    goesOn: true,
  },
  {
    promise: "--exec serves with a program",
    like: "ncat",
    line: `--listen --exec /usr/bin/head\t-n1 ${h} PORT`,
    visits: ["a\n"],
    staying: true,
    received: ["a\n<fin>"],
    stdout: "",
  },
  {
    promise: "-c serves with a line of the shell",
    like: "ncat",
    line: `-l -c head\t-n1\t|\tcat ${h} PORT`,
    visits: ["a\n"],
    staying: true,
    received: ["a\n<fin>"],
    stdout: "",
  },
  {
    promise: "-k -e serves many",
    like: "ncat",
    line: `-lk -e /usr/bin/head\t-n1 ${h} PORT`,
    visits: ["a\n", "c\n"],
    staying: true,
    received: ["a\n<fin>", "c\n<fin>"],
    stdout: "",
    goesOn: true,
  },
  {
    promise: "--allow lets in",
    like: "ncat",
    line: `--listen --allow ${h} PORT`,
    visits: ["one\n"],
    stdout: "one\n",
  },
  {
    promise: "--deny keeps out, and waits for another",
    like: "ncat",
    line: `--listen --deny ${h} PORT`,
    visits: ["one\n"],
    stdout: "",
    goesOn: true,
  },
];

/** A listener that says when it is there. */
async function listener(
  t: TestContext,
  program: Program,
  line: string,
): Promise<{ child: Child; port: number }> {
  const port = await freePort();
  const args = line
    .replace("PORT", String(port))
    .split(" ")
    .map((word) => word.replaceAll("\t", " "));
  const child = play(t, program, ["-v", ...args]);
  await child.printsOnStderr(new RegExp(`(?:Listening|Bound) on (?!:::)\\S+[ :]${port}\\n`));
  return { child, port };
}

async function observe(t: TestContext, program: Program, row: Row) {
  const { child, port } = await listener(t, program, row.line);
  if (row.stdin !== undefined) await child.write(row.stdin);
  if (row.held !== true) child.end();
  const received: string[] = [];
  for (const words of row.visits) received.push(await exchange(port, words, { fin: row.staying !== true }));
  if (row.goesOn === true) {
    await child.printsBytes(row.stdout.length);
    child.kill("SIGTERM");
  }
  const exit = await child.code();
  return {
    stdout: child.stdout,
    ...(row.goesOn === true ? {} : { exit }),
    ...(row.received === undefined ? {} : { received }),
  };
}

describe("nc that listens", { concurrency: 2 }, () => {
  for (const row of rows) {
    const { like = "nc" } = row;
    test(`like ${like}: ${row.promise}`, needs(like === "nc" ? nc : "ncat"), async (t) => {
      const expected = {
        stdout: row.stdout,
        ...(row.goesOn === true ? {} : { exit: 0 }),
        ...(row.received === undefined ? {} : { received: row.received }),
      };
      assert.deepEqual(await observe(t, like, row), expected, like);
      assert.deepEqual(await observe(t, "ours", row), expected, "ours");
    });
  }

  test("like nc: -lU listens on a Unix socket", needs(nc), async (t) => {
    for (const program of ["nc", "ours"] as const) {
      const path = join(folderFor(t), "socket");
      const child = play(t, program, ["-vlU", path]);
      await child.printsOnStderr(/Listening on /);
      const client = net.connect(path);
      client.end("one\n");
      client.resume();
      assert.deepEqual([await child.code(), child.stdout], [0, "one\n"], program);
    }
  });

  test("like nc: -w ends a silent client, and does not end the wait for one", needs(nc), async (t) => {
    for (const program of ["nc", "ours"] as const) {
      const { child, port } = await listener(t, program, "-lw1 PORT");
      const received = await exchange(port, "one\n", { fin: false });
      assert.deepEqual([await child.code(), child.stdout, received], [0, "one\n", "<fin>"], program);
    }
  });

  test("like nc: -lu takes the first sender for the peer", needs(nc), async (t) => {
    for (const program of ["nc", "ours"] as const) {
      const { child, port } = await listener(t, program, `-lu ${h} PORT`);
      await child.write("out\n");
      const client = dgram.createSocket("udp4");
      client.connect(port, h);
      t.after(() => client.close());
      await once(client, "connect");
      client.send("one\n");
      const [answer] = (await once(client, "message")) as [Buffer];
      client.send("two\n");
      await child.prints(/one\ntwo\n/);
      assert.equal(String(answer), "out\n", program);
      await child.printsOnStderr(/Connection received on \S+ \d+\n/);
    }
  });

  test("like nc: -luk prints the datagrams of all senders", needs(nc), async (t) => {
    for (const program of ["nc", "ours"] as const) {
      const { child, port } = await listener(t, program, `-luk ${h} PORT`);
      for (const words of ["one\n", "two\n"]) {
        const client = dgram.createSocket("udp4");
        client.send(words, port, h, () => client.close());
        await child.prints(new RegExp(words));
      }
      assert.equal(child.stdout, "one\ntwo\n", program);
    }
  });

  test("like nc: -u sends, prints the answer, and -w ends it", needs(nc), async (t) => {
    for (const program of ["nc", "ours"] as const) {
      const server = dgram.createSocket("udp4").bind(0, h);
      t.after(() => server.close());
      await once(server, "listening");
      server.on("message", (bytes, from) => server.send(`re:${String(bytes)}`, from.port, from.address));
      const child = play(t, program, ["-uw1", h, String(server.address().port)]);
      child.end("hi\n");
      assert.deepEqual([await child.code(), child.stdout], [0, "re:hi\n"], program);
    }
  });

  test("like nc: -zu fails where the network reports the port as unreachable", needs(nc), async (t) => {
    for (const program of ["nc", "ours"] as const) {
      const child = play(t, program, ["-zuv", h, String(await freePort())]);
      assert.deepEqual([await child.code(), child.stdout], [1, ""], program);
    }
  });

  test("like nc and ncat: a port that is taken is a failure", needs(nc, "ncat"), async (t) => {
    const server = net.createServer().listen(0, h);
    t.after(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    for (const program of ["nc", "ours"] as const) {
      const child = play(t, program, ["-l", h, String(port)]);
      assert.equal(await child.code(), 1, program);
      assert.match(child.stderr, /^nc\S*: Address already in use\n$/, program);
    }
  });

  test("ours: -e without an address accepts local connections only", async (t) => {
    const { child } = await listener(t, "ours", "-lk -e /bin/cat PORT");
    assert.match(child.stderr, /^Listening on 127\.0\.0\.1 \d+\n/);
  });

  test("ours: clients of a Unix socket have no address to let in", async (t) => {
    const child = play(t, "ours", ["-lU", join(folderFor(t), "socket"), "--allow", h]);
    assert.equal(await child.code(), 2);
    assert.equal(child.stderr, "nc: clients of a Unix socket have no address: leave out --allow\n");
  });

  test("ours: links called nc and netcat speak nc's dialect, and one called ncat ncat's", async (t) => {
    const folder = folderFor(t);
    for (const [name, args, code, stderr] of [
      ["nc", ["-lm", "5", "0"], 2, /^nc: -m: /],
      ["netcat", ["-lm", "5", "0"], 2, /^nc: -m: /],
      ["ncat", ["-lm", "5", h, "0"], 2, /^nc: -m has an effect only with -k\n/],
      ["nc", [h], 1, /^nc: missing port number\n/],
      ["netcat", [h], 1, /^nc: missing port number\n/],
      ["ncat", ["-z", "-i", "1", h, "1"], 2, /^nc: -i has no effect with -z: write -w\n/],
      ["nc", ["-l", "0", "0", "0"], 1, /one word too many/],
      ["ncat", ["-l", "0", "0", "0"], 2, /one word too many/],
    ] as const) {
      const link = join(folder, name);
      if (!existsSync(link)) symlinkSync(commandPath, link);
      const child = start(t, link, args);
      assert.equal(await child.code(), code, [name, ...args].join(" "));
      assert.match(child.stderr, stderr);
    }
  });

  test("ours: -v names the path of a Unix socket on each line", async (t) => {
    const path = join(folderFor(t), "socket");
    const child = play(t, "ours", ["-lkvU", path]);
    await child.printsOnStderr(new RegExp(`^Bound on ${path}\nListening on ${path}\n`));
    net.connect(path).end("one\n");
    await child.prints(/one/);
    assert.equal(child.stderr, `Bound on ${path}\nListening on ${path}\nConnection received on ${path}\n`);
  });

  test("ours: a link of the name nc is the same", async (t) => {
    const link = join(folderFor(t), "nc");
    symlinkSync(commandPath, link);
    const child = start(t, link, ["-z", h, String(await freePort())]);
    assert.deepEqual([await child.code(), child.stderr], [1, ""]);
  });
});
