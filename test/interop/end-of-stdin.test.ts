/**
 * What each program does at the end of its stdin, in either role: the table of `portcall help end-of-file`, cell by
 * cell, for Portcall and for the originals.
 */
import assert from "node:assert/strict";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { commandPath, start, type Child } from "../support/command.ts";
import { folderFor, nc, needs } from "./peers.ts";
import { freePort } from "./nc/side-by-side.ts";

const host = "127.0.0.1";

type Role = "client" | "listener";

/** The kind of stdin. If it can, it sends `hello`, a line. */
type Stdin = "pipe" | "file" | "terminal" | "/dev/null" | "closed";

interface Program {
  readonly name: string;
  readonly needs: readonly string[];
  readonly client: (port: string) => readonly string[];
  readonly listener: (port: string) => readonly string[];
  /** What is sent at the end of stdin, as client and as listener, if they differ. */
  readonly sendsFin: Readonly<
    Partial<Record<Stdin, boolean | readonly [client: boolean, listener: boolean]>>
  >;
}

const portcall = [process.execPath, commandPath];
const always = { pipe: true, file: true, terminal: true, "/dev/null": true };
const never = { pipe: false, file: false, terminal: false, "/dev/null": false };

const programs: readonly Program[] = [
  {
    name: "portcall connect and listen",
    needs: [],
    client: (port) => [...portcall, "connect", host, port],
    listener: (port) => [...portcall, "listen", `${host}:${port}`],
    sendsFin: { ...always, "/dev/null": false, closed: false },
  },
  {
    name: "portcall connect -N and listen -N",
    needs: [],
    client: (port) => [...portcall, "connect", "-N", host, port],
    listener: (port) => [...portcall, "listen", "-N", `${host}:${port}`],
    sendsFin: { ...always, closed: true },
  },
  {
    name: "portcall connect and listen --no-shutdown",
    needs: [],
    client: (port) => [...portcall, "connect", "--no-shutdown", host, port],
    listener: (port) => [...portcall, "listen", "--no-shutdown", `${host}:${port}`],
    sendsFin: { ...never, closed: false },
  },
  {
    name: "portcall nc",
    needs: [],
    client: (port) => [...portcall, "nc", host, port],
    listener: (port) => [...portcall, "nc", "-l", host, port],
    sendsFin: { ...never, closed: false },
  },
  {
    name: "portcall nc -N",
    needs: [],
    client: (port) => [...portcall, "nc", "-N", host, port],
    listener: (port) => [...portcall, "nc", "-lN", host, port],
    sendsFin: { ...always, closed: true },
  },
  {
    name: "portcall nc in ncat's dialect",
    needs: [],
    client: (port) => [...portcall, "nc", "--nodns", host, port],
    listener: (port) => [...portcall, "nc", "--listen", host, port],
    sendsFin: { ...always, closed: true },
  },
  {
    name: "nc",
    needs: [nc],
    client: (port) => [nc, host, port],
    listener: (port) => [nc, "-l", host, port],
    sendsFin: never,
  },
  {
    name: "nc -N",
    needs: [nc],
    client: (port) => [nc, "-N", host, port],
    listener: (port) => [nc, "-lN", host, port],
    sendsFin: always,
  },
  {
    name: "ncat",
    needs: ["ncat"],
    client: (port) => ["ncat", host, port],
    listener: (port) => ["ncat", "-l", host, port],
    sendsFin: { ...always, closed: [false, true] },
  },
  {
    name: "socat",
    needs: ["socat"],
    // By default it closes the other direction half a second after the first has ended.
    client: (port) => ["socat", "-t20", "-", `TCP:${host}:${port}`],
    listener: (port) => ["socat", "-t20", "-", `TCP-LISTEN:${port},bind=${host}`],
    sendsFin: { ...always, closed: false },
  },
];

/** Starts a program with that kind of stdin. */
function startWith(t: TestContext, stdin: Stdin, [program = "", ...args]: readonly string[]): Child {
  if (stdin === "terminal") {
    const child = start(t, "python3", ["test/cli/support/on-terminal.py", "0", program, ...args]);
    void child.write("hello\n\x04");
    return child;
  }
  if (stdin === "closed") return start(t, "sh", ["-c", '"$@" <&-', "sh", program, ...args]);
  if (stdin === "pipe") return start(t, "sh", ["-c", 'echo hello | "$@"', "sh", program, ...args]);
  let path = stdin as string;
  if (stdin === "file") writeFileSync((path = join(folderFor(t), "stdin")), "hello\n");
  const fd = openSync(path, "r");
  const child = start(t, program, args, { stdio: [fd, "pipe", "pipe"] });
  closeSync(fd);
  return child;
}

/** The far end of one connection, which does nothing by itself. */
async function connected(
  t: TestContext,
  role: Role,
  { client, listener }: Program,
  stdin: Stdin,
): Promise<{ readonly child: Child; readonly peer: net.Socket }> {
  if (role === "client") {
    const server = net.createServer({ allowHalfOpen: true });
    t.after(() => server.close());
    await once(server.listen(0, host), "listening");
    const accepted = once(server, "connection");
    const child = startWith(t, stdin, client(String((server.address() as net.AddressInfo).port)));
    const [peer] = (await accepted) as [net.Socket];
    t.after(() => peer.destroy());
    return { child, peer };
  }
  const port = await freePort();
  const child = startWith(t, stdin, listener(String(port)));
  let hasEnded = false;
  void child.exited.then(() => (hasEnded = true));
  for (;;) {
    assert.ok(!hasEnded, `it ended before the peer could connect: ${child.stderr}`);
    const peer = net.connect({ port, host, allowHalfOpen: true });
    const isOpen = await new Promise<boolean>((settle) => {
      peer.once("connect", () => {
        settle(true);
      });
      // It does not listen yet.
      peer.once("error", () => {
        settle(false);
      });
    });
    t.after(() => peer.destroy());
    if (isOpen) return { child, peer };
  }
}

/** The program has printed so many answers, so it has had as many turns to send FIN. */
const answers = 20;

async function play(t: TestContext, role: Role, program: Program, stdin: Stdin): Promise<void> {
  const expected = program.sendsFin[stdin] ?? assert.fail(stdin);
  const sendsFin = typeof expected === "boolean" ? expected : expected[role === "client" ? 0 : 1];
  const { child, peer } = await connected(t, role, program, stdin);
  let received = "";
  let hasFin = false;
  const fin = once(peer, "end");
  peer.on("data", (bytes) => (received += String(bytes)));
  peer.on("end", () => (hasFin = true));
  peer.on("error", () => undefined);
  const isMute = stdin === "/dev/null" || stdin === "closed";
  while (!isMute && received !== "hello\n") await once(peer, "data");
  if (sendsFin) await fin;
  for (let answer = 1; answer <= answers; answer++) {
    peer.write("answer\n");
    // On a terminal, output of other streams goes to stderr.
    await child.prints(new RegExp(`^(answer\n){${answer}}`), stdin === "terminal" ? "stderr" : "stdout");
  }
  assert.equal(hasFin, sendsFin, "FIN at the end of stdin");
  peer.end();
  if (!hasFin) await fin;
  assert.equal(received, isMute ? "" : "hello\n");
  assert.equal(await child.code(), 0);
}

const kinds = ["pipe", "file", "terminal", "/dev/null", "closed"] as const;

for (const program of programs) {
  describe(`the end of stdin: ${program.name}`, { concurrency: 3 }, () => {
    for (const role of ["client", "listener"] as const) {
      for (const stdin of kinds) {
        if (program.sendsFin[stdin] === undefined) continue;
        const expected = program.sendsFin[stdin];
        const sendsFin = typeof expected === "boolean" ? expected : expected[role === "client" ? 0 : 1];
        const what = `as ${role}, ${stdin}: ${sendsFin ? "sends" : "does not send"} FIN`;
        const programsNeeded = [...program.needs, ...(stdin === "terminal" ? ["python3"] : [])];
        test(`${what}, and writes out every answer until the peer ends`, needs(...programsNeeded), (t) =>
          play(t, role, program, stdin),
        );
      }
    }
  });
}
