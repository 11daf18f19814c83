/** `connect -z` with several targets: a table on stdout, and an exit for scripts. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { describe, test, type TestContext } from "node:test";
import { commandPath, portcall, start, type Child } from "../../support/command.ts";
import { notLinux, unless } from "../../failures/support/needs.ts";
import { compileShim, noCompiler } from "../../failures/support/shim.ts";
import { missing } from "../../support/programs.ts";
import { fullBacklogPort, passiveServer, receivesEnd, refusingPort } from "../support/passive-peers.ts";

async function openPort(t: TestContext): Promise<string> {
  return String((await passiveServer(t)).port);
}

/**
 * Below the ports that Linux gives for port 0 (ip_local_port_range), and those of freePort: a scan does not reach servers
 * of tests that run at the same time.
 */
const quietPort = 2_000;
const quietPorts = (count: number): string => `${quietPort}-${quietPort + count - 1}`;

function probe(t: TestContext, ...args: readonly (string | number)[]): Child {
  return portcall(t, ["connect", "-z", ...args.map(String)]);
}

/** The table as target and word; every line has a time as well. */
function table({ stdout }: Child): string[] {
  assert.ok(stdout === "" || stdout.endsWith("\n"));
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [, target, word] = /^(\S+) {2,}(\w+) {2,}\d+(?:\.\d)? (?:ms|s)$/.exec(line) ?? assert.fail(line);
      return `${target} ${word}`;
    });
}

describe("connect -z with several targets", { concurrency: 3 }, () => {
  test("ends with 0 when all are open, with a line for each, and nothing else", async (t) => {
    const [first, second] = [await openPort(t), await openPort(t)];
    const child = probe(t, "127.0.0.1", second, first);
    assert.equal(await child.code(), 0, child.stderr);
    assert.deepEqual(table(child), [`127.0.0.1:${second} open`, `127.0.0.1:${first} open`]);
    assert.equal(child.stderr, "");
  });

  test("ends as the first that is not open, in the order of the line", unless(notLinux), async (t) => {
    const [open, refused, deaf] = [await openPort(t), await refusingPort(t), await fullBacklogPort(t)];
    const child = probe(t, "-w", "500ms", "127.0.0.1", open, deaf, refused);
    assert.equal(await child.code(), 12, child.stderr);
    assert.deepEqual(table(child), [
      `127.0.0.1:${open} open`,
      `127.0.0.1:${deaf} silent`,
      `127.0.0.1:${refused} refused`,
    ]);
    assert.equal(child.stderr, "portcall: 2 of 3 are not open\n");
    const other = probe(t, "-w", "500ms", "127.0.0.1", refused, deaf);
    assert.equal(await other.code(), 11);
  });

  test("ends with 0 when any is open, if that is enough", async (t) => {
    const [open, refused] = [await openPort(t), await refusingPort(t)];
    const some = probe(t, "--any", "--concurrency", 1, "127.0.0.1", refused, open);
    assert.equal(await some.code(), 0, some.stderr);
    assert.deepEqual(table(some), [`127.0.0.1:${refused} refused`, `127.0.0.1:${open} open`]);
    const none = probe(t, "--any", `127.0.0.1:${refused}`, "no-such-host.invalid:1");
    assert.equal(await none.code(), 11);
    assert.equal(none.stderr, "portcall: 2 of 2 are not open\n");
  });

  test("--any ends at the first open one, and waits for no other", unless(notLinux), async (t) => {
    const [open, deaf] = [await openPort(t), await fullBacklogPort(t)];
    for (const engine of ["auto", "portable"]) {
      for (const options of [[], ["-v"], ["--json"]]) {
        const child = probe(t, "--any", "-w", "10m", "--engine", engine, ...options, "127.0.0.1", deaf, open);
        assert.equal(await child.code(), 0, child.stderr);
        if (options[0] !== "--json") assert.deepEqual(table(child), [`127.0.0.1:${open} open`]);
        assert.doesNotMatch(child.stderr, /not open|given up/);
      }
    }
  });

  test("lists thousands of ports once each, in order", async (t) => {
    const open = Number(await openPort(t));
    const child = probe(t, "127.0.0.1", quietPorts(4_000), open);
    assert.equal(await child.code(), 11, child.stderr);
    assert.deepEqual(
      table(child).map((line) => Number(/:(\d+) /.exec(line)?.[1])),
      [...Array.from({ length: 4_000 }, (_, index) => quietPort + index), open],
    );
    assert.ok(table(child).includes(`127.0.0.1:${open} open`));
  });

  test("tells names that cannot be resolved, beside those that can", async (t) => {
    const open = await openPort(t);
    const child = probe(t, "no-such-host.invalid:80", `localhost:${open}`, "-4");
    assert.equal(await child.code(), 10);
    assert.deepEqual(table(child), ["no-such-host.invalid:80 unresolved", `localhost:${open} open`]);
  });

  test("leaves each with a FIN, and not with a reset", async (t) => {
    const [first, second] = [await passiveServer(t), await passiveServer(t)];
    const accepted = [first.accept(), second.accept()];
    const child = probe(t, "127.0.0.1", first.port, second.port);
    for (const socket of await Promise.all(accepted)) {
      assert.equal((await receivesEnd(socket)).length, 0);
      socket.end();
    }
    assert.equal(await child.code(), 0);
  });

  test("tries no more than --concurrency at a time", async (t) => {
    let now = 0;
    let most = 0;
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      most = Math.max(most, ++now);
      socket.on("close", () => now--).on("end", () => socket.end());
      socket.resume();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const { port } = server.address() as net.AddressInfo;
    // Each another target, and all of them this machine.
    const targets = Array.from({ length: 12 }, (_, index) => `127.0.0.${index + 1}:${port}`);
    const all = net.createServer({ allowHalfOpen: true }, (socket) => server.emit("connection", socket));
    all.listen(port, "127.0.0.2");
    await once(all, "listening");
    t.after(() => all.close());
    const child = probe(t, "--concurrency", 2, ...targets);
    await child.code();
    assert.equal(table(child).length, 12);
    assert.ok(most <= 2, `${most}`);
  });

  test("prints each line as soon as it and those before it are known", unless(notLinux), async (t) => {
    const [open, deaf] = [await openPort(t), await fullBacklogPort(t)];
    const child = probe(t, "-w", "60s", "127.0.0.1", open, deaf);
    await child.prints(/ open /);
    child.kill("SIGINT");
    assert.equal(await child.code(), 130);
    assert.deepEqual(table(child), [`127.0.0.1:${open} open`]);
    assert.equal(child.stderr, "");
  });

  test("F25: ends quietly when the reader of the table has closed it", async (t) => {
    const child = probe(t, "--concurrency", 1, "127.0.0.1", "1-2000");
    await child.prints(/\n/);
    child.process.stdout?.destroy();
    assert.equal(await child.code(), 141);
    assert.equal(child.stderr, "");
  });

  test("-v tells what happens to each, beside the table", async (t) => {
    const [open, refused] = [await openPort(t), await refusingPort(t)];
    const child = probe(t, "-v", "127.0.0.1", open, refused);
    assert.equal(await child.code(), 11);
    assert.match(child.stderr, new RegExp(`^connect 127\\.0\\.0\\.1:${open}: connected`, "m"));
    assert.match(child.stderr, new RegExp(`^portcall: connect 127\\.0\\.0\\.1:${refused}: refused`, "m"));
    assert.equal(table(child).length, 2);
  });

  test("one target has no line: the exit code is the result", async (t) => {
    const child = probe(t, "127.0.0.1", await openPort(t));
    assert.equal(await child.code(), 0);
    assert.equal(child.stdout, "");
    const closed = probe(t, "127.0.0.1", await refusingPort(t));
    assert.equal(await closed.code(), 11);
    assert.equal(closed.stdout, "");
  });

  test("--json has one target in its report as it has several", async (t) => {
    const [open, refused] = [await openPort(t), await refusingPort(t)];
    for (const [port, outcome, code] of [
      [open, "open", null],
      [refused, "refused", "ECONNREFUSED"],
    ]) {
      const child = probe(t, "--json", "127.0.0.1", String(port));
      assert.equal(await child.code(), code === null ? 0 : 11);
      const { targets } = JSON.parse(child.stdout) as {
        readonly targets: readonly { target: string; outcome: string; error: { code: string } | null }[];
      };
      assert.deepEqual(
        targets.map((one) => [one.target, one.outcome, one.error?.code ?? null]),
        [[`127.0.0.1:${port}`, outcome, code]],
      );
    }
  });

  test("--json has the table in its report, and nothing else on stdout", async (t) => {
    const [open, refused] = [await openPort(t), await refusingPort(t)];
    const child = probe(t, "--json", "127.0.0.1", open, refused);
    assert.equal(await child.code(), 11);
    const report = JSON.parse(child.stdout) as {
      readonly code: string;
      readonly exitName: string;
      readonly targets: readonly { target: string; outcome: string; error: { code: string } | null }[];
    };
    assert.deepEqual([report.code, report.exitName], ["ECONNREFUSED", "refused"]);
    assert.deepEqual(
      report.targets.map(({ target, outcome, error }) => [target, outcome, error?.code]),
      [
        [`127.0.0.1:${open}`, "open", undefined],
        [`127.0.0.1:${refused}`, "refused", "ECONNREFUSED"],
      ],
    );
  });

  test("finds an open one among a thousand, and prints nothing else", unless(notLinux), async (t) => {
    const open = Number(await openPort(t));
    const child = probe(t, "--any", "127.0.0.1", quietPorts(1_000), open);
    assert.equal(await child.code(), 0, child.stderr);
    // Another program may listen on one of these ports, and end it earlier.
    assert.ok(table(child).some((line) => line.endsWith(" open")));
    assert.equal(child.stderr, "");
  });
});

describe("connect that tries again", { concurrency: 3 }, () => {
  test("--wait: waits for a server that is not there yet, also in its pauses", async (t) => {
    const port = await refusingFreePort();
    const child = portcall(t, ["connect", "-z", "-v", "--wait", "60s", "127.0.0.1", String(port)]);
    await child.printsOnStderr(/^retry in .*, after attempt 3: /m);
    const server = await passiveServer(t, { host: "127.0.0.1", port });
    const accepted = server.accept();
    assert.equal(await child.code(), 0, child.stderr);
    await accepted;
    assert.equal(child.stdout, "");
  });

  test("--wait: gives up in time, with the exit of the last failure", async (t) => {
    const port = await refusingPort(t);
    const child = portcall(t, ["connect", "-z", "--wait", "300ms", "127.0.0.1", String(port)]);
    assert.equal(await child.code(), 11);
    assert.match(
      child.stderr,
      /^portcall: connect 127\.0\.0\.1:\d+: \d attempts in \d+ ms, the last one: refused \(ECONNREFUSED\) \(--wait\)\n$/,
    );
  });

  test("--wait: ends an attempt early that gets no answer", unless(notLinux), async (t) => {
    const port = await fullBacklogPort(t);
    const child = portcall(t, ["connect", "-z", "--wait", "300ms", "127.0.0.1", String(port)]);
    assert.equal(await child.code(), 12);
    assert.match(child.stderr, /^portcall: connect 127\.0\.0\.1:\d+: no answer in \d+ ms \(--wait\)\n$/);
  });

  test("--retry: tries so often more, and reports the number of attempts", async (t) => {
    const port = await refusingPort(t);
    const args = ["--retry", "2", "--retry-delay", "20ms", "127.0.0.1", String(port)];
    const child = portcall(t, ["connect", "--explain", ...args]);
    assert.equal(await child.code(), 11);
    assert.equal([...child.stderr.matchAll(/^retry +attempt \d failed/gm)].length, 2);
    assert.match(child.stderr, /^failed +connect .*: 3 attempts in \d+ ms, the last one: refused/m);
  });

  test("--retry: does not repeat what cannot pass", async (t) => {
    const args = ["-s", "192.0.2.1", "--retry", "5", "127.0.0.1", "80"];
    const child = portcall(t, ["connect", ...args]);
    assert.equal(await child.code(), 18);
    assert.doesNotMatch(child.stderr, /tries/);
  });

  test("ends at once with 130 when it is interrupted in a pause", async (t) => {
    const port = await refusingPort(t);
    const args = ["--retry", "3", "--retry-delay", "1h", "127.0.0.1", String(port)];
    const child = portcall(t, ["connect", "-v", ...args]);
    await child.printsOnStderr(/^retry in /m);
    child.kill("SIGINT");
    assert.equal(await child.code(), 130);
  });
});

/** A port that was free just now. */
async function refusingFreePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("connect -z when this process runs out of something", { concurrency: 2 }, () => {
  test(
    "tries fewer at a time where there are few descriptors, and says of each port what is so",
    unless(notLinux, missing("sh")),
    async (t) => {
      const ports: string[] = [];
      for (let count = 0; count < 60; count++) ports.push(await openPort(t));
      const refused = await refusingPort(t);
      for (const limit of [64, 32]) {
        const command = ["connect", "-z", "--concurrency", "500", "127.0.0.1", ...ports, String(refused)];
        const script = `ulimit -n ${limit}; exec "$0" "$@"`;
        const child = start(t, "sh", ["-c", script, process.execPath, commandPath, ...command]);
        assert.equal(await child.code(), 11, child.stderr);
        const expected = [...ports.map((port) => `127.0.0.1:${port} open`), `127.0.0.1:${refused} refused`];
        assert.deepEqual(table(child), expected);
        assert.equal(child.stderr, "portcall: 1 of 61 are not open\n");
      }
    },
  );

  test("stops with one error, and blames no target", unless(noCompiler), async (t) => {
    const { library } = compileShim("errno");
    const env = { LD_PRELOAD: library };
    const open = await openPort(t);
    // Port 10024 stands for the errno 24, EMFILE, whatever listens there.
    const child = portcall(t, ["connect", "-z", "127.0.0.1", open, "10024", "10024-10024", open], { env });
    assert.equal(await child.code(), 23);
    assert.deepEqual(table(child)[0], `127.0.0.1:${open} open`);
    assert.doesNotMatch(child.stdout, /unreachable|10024/);
    assert.match(
      child.stderr,
      /^portcall: connect 127\.0\.0\.1:10024: no descriptors left in this process \(EMFILE\)\nportcall: stopped; 1 of 2 targets were tried\n$/,
    );
    const nc = portcall(t, ["nc", "-zv", "127.0.0.1", "10024-10025"], { env });
    assert.equal(await nc.code(), 1);
    assert.equal(nc.stderr, "nc: connect to 127.0.0.1 port 10024 (tcp) failed: Too many open files\n");
  });
});
