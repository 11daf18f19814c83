/**
 * Every command in every environment: it works, or it reports what is missing with a fitting exit. None of the
 * failures counts as a bug (70).
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import net from "node:net";
import { after, before, describe, test, type TestContext } from "node:test";
import { notLinux, unless } from "../failures/support/needs.ts";
import { commandPath, start, type Child } from "../support/command.ts";
import { missing } from "../support/programs.ts";
import { passiveClient, receivesEnd } from "./support/passive-peers.ts";
import { temporaryFolder } from "../support/folder.ts";

const folder = temporaryFolder();
chmodSync(folder, 0o755);

const greeter = net.createServer((socket) => {
  socket.on("error", () => undefined).end("hello\n");
});
let port = 0;
before(async () => {
  await new Promise<void>((resolve) => greeter.listen(0, "127.0.0.1", resolve));
  ({ port } = greeter.address() as net.AddressInfo);
});
after(() => {
  greeter.close();
});

interface Command {
  readonly name: string;
  readonly words: () => readonly string[];
  readonly prints: RegExp;
  readonly reads?: true;
  readonly listens?: true;
}

const target = (): readonly string[] => ["127.0.0.1", String(port)];
const commands: readonly Command[] = [
  { name: "connect", words: () => ["connect", ...target()], prints: /^hello\n$/, reads: true },
  { name: "nc", words: () => ["nc", ...target()], prints: /^hello\n$/, reads: true },
  { name: "listen", words: () => ["listen", "127.0.0.1:0"], prints: /^hi\n$/, reads: true, listens: true },
  {
    name: "serve",
    words: () => ["serve", "echo", "127.0.0.1:0", "--connections", "1"],
    prints: /^$/,
    listens: true,
  },
  { name: "doctor", words: () => ["doctor"], prints: /^ok +portcall/ },
  { name: "help", words: () => ["help", "exit-codes"], prints: /Every command ends/ },
  { name: "completion", words: () => ["completion", "bash"], prints: /complete -F/ },
  { name: "--version", words: () => ["--version"], prints: /^\d+\.\d+\.\d+/ },
];

interface Outcome {
  /** Of those who print, or read stdin; 0 for all others. */
  readonly exit: (command: Command) => number;
  readonly says?: RegExp;
  /** Nothing of stdout, or of stderr, can be seen here. */
  readonly hides?: "stdout" | "stderr" | "both";
}

interface Environment extends Partial<Outcome> {
  readonly name: string;
  /** Before the command, in the same shell. */
  readonly setup?: string;
  /** Behind the command: redirections. */
  readonly behind?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly needs?: string | undefined;
}

const works = (): number => 0;
const failsToPrint = ({ name, listens, reads }: Command): number =>
  name === "serve" ? 0 : name === "nc" ? 1 : listens === true || reads === true ? 3 : 3;
const failsToRead = ({ name, reads }: Command): number => (reads !== true ? 0 : name === "nc" ? 1 : 3);

/** Closed streams: Node opens /dev/null in their place, so nothing is lost but what they would have had. */
const closed: readonly Environment[] = [1, 2, 3, 4, 5, 6, 7].map((mask) => {
  const [stdin, stdout, stderr] = [mask & 1, mask & 2, mask & 4];
  const hides = stdout && stderr ? "both" : stdout ? "stdout" : stderr ? "stderr" : undefined;
  return {
    name: `closed: ${[stdin && "stdin", stdout && "stdout", stderr && "stderr"].filter(Boolean).join(", ")}`,
    behind: [stdin && "0<&-", stdout && "1>&-", stderr && "2>&-"].filter(Boolean).join(" "),
    ...(hides === undefined ? {} : { hides }),
  };
});

const enough = "a".repeat(100_000);
const environments: readonly Environment[] = [
  { name: "as usual" },
  { name: "a current folder that has been removed", setup: `mkdir gone$$; cd gone$$; rmdir ../gone$$` },
  { name: "no HOME", setup: "unset HOME" },
  {
    name: "a user of whom the system has no entry, without HOME",
    setup: 'unset HOME; set -- setpriv --reuid 54321 --clear-groups "$@"',
    needs: missing("setpriv") ?? (process.getuid?.() === 0 ? undefined : "this needs root"),
  },
  { name: "no TERM", setup: "unset TERM" },
  { name: "TERM=dumb", env: { TERM: "dumb" } },
  { name: "LANG=C", env: { LANG: "C", LC_ALL: "C" } },
  { name: "an empty environment", setup: 'set -- env -i "$@"' },
  {
    name: "a huge environment",
    env: Object.fromEntries(Array.from({ length: 10 }, (_, number) => [`BIG${number}`, enough])),
  },
  {
    name: "a read-only filesystem",
    setup: 'set -- unshare -m sh -c \'mount -o remount,ro,bind / && exec "$@"\' sh "$@"',
    needs: missing("unshare", "mount") ?? cannotRemount(),
  },
  { name: "few addresses (ulimit -v)", setup: "ulimit -v 8000000" },
  { name: "fewer addresses (ulimit -v)", setup: "ulimit -v 2000000" },
  { name: "a small stack (ulimit -s)", setup: "ulimit -s 1024" },
  { name: "no files to write (ulimit -f)", setup: "ulimit -f 0" },
  { name: "few descriptors (ulimit -n)", setup: "ulimit -n 72" },
  {
    name: "stdin is a directory",
    behind: "< .",
    exit: failsToRead,
    says: /standard input: it is a directory\n/,
  },
  {
    name: "stdout is /dev/full",
    behind: "> /dev/full",
    exit: failsToPrint,
    says: /standard output: ENOSPC/,
    hides: "stdout",
  },
  {
    name: "stdout is only for reading",
    behind: "1< /dev/null",
    exit: failsToPrint,
    says: /standard output: EBADF/,
    hides: "stdout",
  },
  {
    name: "stdout is a file that may not grow",
    setup: "ulimit -f 0",
    behind: "> file$$",
    exit: failsToPrint,
    says: /standard output: EFBIG/,
    hides: "stdout",
  },
  { name: "stderr is /dev/full", behind: "2> /dev/full", hides: "stderr" },
  ...closed,
];

function cannotRemount(): string | undefined {
  const { status } = spawnSync("unshare", ["-m", "sh", "-c", "mount -o remount,ro,bind /"]);
  return status === 0 ? undefined : "this needs to remount the root of the filesystem";
}

function startIn(
  t: TestContext,
  { setup = ":", behind = "", env = {} }: Environment,
  words: readonly string[],
): Child {
  const script = `${setup}\nexec "$@" ${behind}`;
  return start(t, "sh", ["-c", script, "sh", process.execPath, commandPath, ...words], { cwd: folder, env });
}

for (const environment of environments) {
  const { name, exit = works, says, hides } = environment;
  describe(`with ${name}`, { concurrency: 2, ...unless(notLinux, missing("sh"), environment.needs) }, () => {
    for (const command of commands) {
      const expected = exit(command);
      test(`${command.name} ${expected === 0 ? "works" : `says what is missing, and ends with ${expected}`}`, async (t) => {
        const isHidden = hides === "stderr" || hides === "both";
        // It could not print where it listens.
        if (command.listens === true && isHidden) return;
        const child = startIn(t, environment, command.words());
        child.end("hi\n");
        if (command.listens === true) {
          const [, where = ""] = await child.printsOnStderr(/^listening on \S+:(\d+)/m);
          const client = await passiveClient(t, { host: "127.0.0.1", port: Number(where) });
          client.end("hi\n");
          await receivesEnd(client).catch(() => undefined);
        }
        assert.equal(await child.code(), expected, child.stderr);
        assert.doesNotMatch(child.stderr, /a fault in portcall|\bat \S+ \(/);
        if (expected !== 0) assert.match(child.stderr, says ?? /^$/);
        else if (hides !== "stdout" && hides !== "both") assert.match(child.stdout, command.prints);
      });
    }
  });
}

describe("with hardly any descriptors", unless(notLinux, missing("sh")), () => {
  const few: Environment = { name: "", setup: "ulimit -n 28" };

  for (const { name, words, prints, listens } of commands.filter((one) => one.name !== "serve")) {
    test(`${name} works`, async (t) => {
      const child = startIn(t, few, words());
      child.end("hi\n");
      if (listens === true) {
        const [, where = ""] = await child.printsOnStderr(/^listening on \S+:(\d+)/m);
        const client = await passiveClient(t, { host: "127.0.0.1", port: Number(where) });
        client.end("hi\n");
        await receivesEnd(client);
      }
      assert.equal(await child.code(), 0, child.stderr);
      assert.match(child.stdout, prints);
    });
  }

  test("serve says why it refuses a client", async (t) => {
    const child = startIn(t, few, ["serve", "echo", "127.0.0.1:0"]);
    const [, where = ""] = await child.printsOnStderr(/^listening on \S+:(\d+)/m);
    const client = await passiveClient(t, { host: "127.0.0.1", port: Number(where) });
    await receivesEnd(client).catch(() => undefined);
    await child.printsOnStderr(/refused.*descriptors/);
  });
});
