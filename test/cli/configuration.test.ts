/**
 * Settings from files and variables: their precedence, and the errors for invalid ones.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { configuredWords, settingsFor } from "../../src/cli/config/index.ts";
import { parseLine, type OptionTable } from "../../src/cli/args/options.ts";
import { UsageError } from "../../src/cli/usage.ts";
import { addressBlocks, duration, text } from "../../src/cli/args/values.ts";
import { notLinux, unless } from "../failures/support/needs.ts";
import { portcall } from "../support/command.ts";
import { temporaryFolder } from "../support/folder.ts";

const options: OptionTable = {
  timeout: { short: "w", brief: "", value: { placeholder: "<time>", read: duration } },
  welcome: { brief: "", value: { placeholder: "<text>", read: text } },
  verbose: { short: "v", brief: "" },
  allow: { brief: "", value: { placeholder: "<list>", read: addressBlocks, accumulates: "line" } },
  deny: { brief: "", value: { placeholder: "<list>", read: addressBlocks, accumulates: "everywhere" } },
  exec: { brief: "", lineOnly: true, value: { placeholder: "<command>", read: text } },
};
const command = { name: "serve", options };
const commands = ["connect", "serve"];

interface Folders {
  readonly home: string;
  readonly folder: string;
  write(which: "user" | "project" | "above", content: unknown): Promise<void>;
}

async function createFolders(t: TestContext): Promise<Folders> {
  const top = temporaryFolder(t);
  const [home, folder] = [join(top, "home"), join(top, "project/deep/down")];
  await mkdir(join(home, "portcall"), { recursive: true });
  await mkdir(folder, { recursive: true });
  const paths = {
    user: join(home, "portcall/config.json"),
    project: join(folder, "portcall.json"),
    above: join(top, "project/portcall.json"),
  };
  const write = (which: keyof typeof paths, content: unknown): Promise<void> =>
    writeFile(paths[which], typeof content === "string" ? content : JSON.stringify(content));
  return { home, folder, write };
}

function meant({ home, folder }: Folders, environment: Record<string, string>, ...argv: string[]): unknown {
  const all = { XDG_CONFIG_HOME: home, ...environment };
  const typed = parseLine(argv, options).options;
  return {
    ...parseLine([...configuredWords(command, commands, all, folder, typed), ...argv], options).options,
  };
}

describe("configuration", () => {
  test("takes a JSON list of one entry, of several, or their text", async (t) => {
    const here = await createFolders(t);
    for (const [written, read] of [
      [["127.0.0.1"], ["127.0.0.1"]],
      [
        ["127.0.0.1", "10.0.0.0/8"],
        ["127.0.0.1", "10.0.0.0/8"],
      ],
      ["127.0.0.1,10.0.0.0/8", ["127.0.0.1", "10.0.0.0/8"]],
    ] as const) {
      await here.write("user", { serve: { deny: written, allow: written } });
      assert.deepEqual(meant(here, {}), { deny: read, allow: read });
    }
  });

  test("rejects an empty list, a list in a list, and a list for an option that has one value", async (t) => {
    const here = await createFolders(t);
    for (const [section, message] of [
      [{ allow: [] }, /serve\.allow: the list is empty; leave the option out$/],
      [{ deny: [["::1"]] }, /serve\.deny: write a text or a list of texts, as on the command line$/],
      [{ deny: ["::1", "x"] }, /serve\.deny: --deny "x" is neither an IP address nor a block/],
      [{ welcome: ["hello"] }, /serve\.welcome: write a text, as on the command line$/],
    ] as const) {
      await here.write("user", { serve: section });
      assert.throws(
        () => meant(here, {}),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    }
  });

  test("adds --deny to every source's, and replaces --allow by the latest source's", async (t) => {
    const here = await createFolders(t);
    await here.write("user", { serve: { deny: ["10.0.0.1"], allow: ["10.0.0.2", "10.0.0.3"] } });
    const user = { deny: ["10.0.0.1"], allow: ["10.0.0.2", "10.0.0.3"] };
    assert.deepEqual(meant(here, {}), user);
    await here.write("project", { all: { deny: "10.1.0.1", allow: "10.1.0.2" } });
    const project = { deny: [...user.deny, "10.1.0.1"], allow: ["10.1.0.2"] };
    assert.deepEqual(meant(here, {}), project);
    const environment = { PORTCALL_DENY: "10.2.0.1", PORTCALL_ALLOW: "10.2.0.2" };
    const set = { deny: [...project.deny, "10.2.0.1"], allow: ["10.2.0.2"] };
    assert.deepEqual(meant(here, environment), set);
    const typed = ["--deny=10.3.0.1", "--deny=10.3.0.2", "--allow=10.3.0.3", "--allow=10.3.0.4"];
    assert.deepEqual(meant(here, environment, ...typed), {
      deny: [...set.deny, "10.3.0.1", "10.3.0.2"],
      allow: ["10.3.0.3", "10.3.0.4"],
    });
  });

  test("counts in this order: command line, environment, project file, user file", async (t) => {
    const here = await createFolders(t);
    assert.deepEqual(meant(here, {}), {});
    await here.write("user", { serve: { timeout: "1s", welcome: "user", verbose: true } });
    assert.deepEqual(meant(here, {}), { timeout: 1_000, welcome: "user", verbose: true });
    await here.write("above", { serve: { timeout: "2s", welcome: "above" } });
    assert.deepEqual(meant(here, {}), { timeout: 2_000, welcome: "above", verbose: true });
    await here.write("project", { serve: { timeout: 3 } });
    assert.deepEqual(meant(here, {}), { timeout: 3_000, welcome: "user", verbose: true });
    assert.deepEqual(meant(here, { PORTCALL_TIMEOUT: "4s" }), {
      timeout: 4_000,
      welcome: "user",
      verbose: true,
    });
    assert.deepEqual(meant(here, { PORTCALL_TIMEOUT: "4s", PORTCALL_SERVE_TIMEOUT: "5s" }, "--no-verbose"), {
      timeout: 5_000,
      welcome: "user",
    });
    assert.deepEqual(meant(here, { PORTCALL_TIMEOUT: "4s", PORTCALL_VERBOSE: "0" }, "-w6"), {
      timeout: 6_000,
      welcome: "user",
    });
  });

  test("takes what is for all commands, where the command has it, and its own first", async (t) => {
    const here = await createFolders(t);
    await here.write("user", {
      all: { timeout: "1s", zero: true, welcome: "all" },
      serve: { welcome: "own" },
    });
    assert.deepEqual(meant(here, {}), { timeout: 1_000, welcome: "own" });
  });

  test("reads one file in place of both, or none, as PORTCALL_CONFIG says", async (t) => {
    const here = await createFolders(t);
    await here.write("user", { serve: { welcome: "user" } });
    await here.write("project", { serve: { welcome: "project" } });
    assert.deepEqual(meant(here, { PORTCALL_CONFIG: "" }), {});
    const path = join(here.home, "portcall/config.json");
    assert.deepEqual(meant(here, { PORTCALL_CONFIG: path }), { welcome: "user" });
    assert.throws(
      () => meant(here, { PORTCALL_CONFIG: "/nowhere/at/all" }),
      /^UsageError: PORTCALL_CONFIG: there is no file/,
    );
  });

  test("takes an empty variable for none, and a path of XDG that is not absolute for none", async (t) => {
    const here = await createFolders(t);
    const environment = { PORTCALL_WELCOME: "", XDG_CONFIG_HOME: "relative", HOME: here.home };
    assert.deepEqual(settingsFor(command, commands, environment, here.folder), []);
  });

  test(
    "passes over a portcall.json that is no file, and could be read without end",
    unless(notLinux),
    async (t) => {
      const here = await createFolders(t);
      const path = join(here.folder, "portcall.json");
      await here.write("above", { serve: { welcome: "above" } });
      const makers: readonly (() => unknown)[] = [
        () => execFileSync("mkfifo", [path]),
        () => symlink("/dev/zero", path),
        () => symlink(path, path),
        () => mkdir(path),
      ];
      for (const make of makers) {
        await make();
        assert.deepEqual(meant(here, {}), { welcome: "above" });
        await rm(path, { recursive: true });
      }
    },
  );

  /** Writes more than is allowed, without room on the disk. */
  const writeHuge = async (path: string): Promise<void> => {
    await writeFile(path, "{}");
    await truncate(path, 3_000_000_000);
  };

  for (const which of ["user", "project", "PORTCALL_CONFIG"] as const) {
    test(`refuses a file of more than 1 MiB before it fills the memory: ${which}`, async (t) => {
      const here = await createFolders(t);
      const path = join(here.home, "portcall/config.json");
      const file = which === "project" ? join(here.folder, "portcall.json") : path;
      await writeHuge(file);
      const environment: Record<string, string> = which === "PORTCALL_CONFIG" ? { [which]: file } : {};
      const before = process.memoryUsage().rss;
      assert.throws(
        () => meant(here, environment),
        (error) =>
          error instanceof UsageError &&
          error.message === `${file}: is too large: settings have 1 MiB at most`,
      );
      assert.ok(process.memoryUsage().rss - before < 100_000_000);
      await writeFile(file, `${" ".repeat(1_048_574)}{}`);
      assert.deepEqual(meant(here, environment), {});
    });
  }

  test("refuses an endless file that PORTCALL_CONFIG names", unless(notLinux), async (t) => {
    const here = await createFolders(t);
    assert.throws(() => meant(here, { PORTCALL_CONFIG: "/dev/zero" }), /\/dev\/zero: is too large/);
  });

  test(
    "rejects a user's file that is a named pipe or a folder, without waiting",
    unless(notLinux),
    async (t) => {
      const here = await createFolders(t);
      const path = join(here.home, "portcall/config.json");
      for (const make of [() => execFileSync("mkfifo", [path]), () => mkdir(path)]) {
        await make();
        // In a process of its own, which a fault would stop for ever.
        const child = portcall(t, ["serve", "echo", ":0"], { env: { XDG_CONFIG_HOME: here.home } });
        assert.equal(await child.code(), 2);
        assert.match(child.stderr, /config\.json: is not a regular file/);
        await rm(path, { recursive: true });
      }
    },
  );

  test("ignores a byte order mark, as editors write it", async (t) => {
    const here = await createFolders(t);
    await here.write("project", `\uFEFF{ "serve": { "welcome": "hi" } }`);
    assert.deepEqual(meant(here, {}), { welcome: "hi" });
  });

  test("reads a pipe that PORTCALL_CONFIG names", unless(notLinux), async (t) => {
    const here = await createFolders(t);
    const path = join(here.home, "pipe");
    execFileSync("mkfifo", [path]);
    const child = portcall(t, ["serve", "echo", ":0"], { env: { PORTCALL_CONFIG: path } });
    await writeFile(path, JSON.stringify({ serve: { timeout: "soon" } }));
    assert.equal(await child.code(), 2);
    assert.match(child.stderr, /pipe: serve\.timeout: --timeout "soon" is not a time/);
  });

  test("lets only the command line open access, or give the terminal to a peer", async (t) => {
    const here = await createFolders(t);
    const doors = [
      ["serve", "exec", "sh"],
      ["serve", "sh", "id"],
      ["serve", "allow-remote", true],
      ["serve", "allow-browsers", true],
      ["connect", "proxy", "socks5://127.0.0.1:1"],
      ["connect", "raw", true],
      ["listen", "raw", true],
    ] as const;
    for (const [verb, option, value] of doors) {
      await here.write("project", { [verb]: { [option]: value } });
      const child = portcall(t, [verb], { cwd: here.folder });
      assert.equal(await child.code(), 2);
      assert.match(
        child.stderr,
        new RegExp(`${verb}\\.${option}: --${option} can be given on the command line only`),
      );
    }
  });

  const wrong: readonly (readonly [content: unknown, says: RegExp])[] = [
    ["{", /portcall\.json: is not JSON/],
    ["[]", /portcall\.json: is not an object of commands/],
    [{ serve: 1 }, /portcall\.json: "serve" is not an object of options/],
    [{ serv: {} }, /portcall\.json: there is no command "serv"; did you mean serve\?/],
    [{ serve: { timeuot: "1s" } }, /serve\.timeuot: there is no such option; did you mean timeout\?/],
    [{ serve: { timeout: "soon" } }, /serve\.timeout: --timeout "soon" is not a time/],
    [{ serve: { timeout: true } }, /serve\.timeout: write a text/],
    [{ serve: { verbose: "yes" } }, /serve\.verbose: is a switch: write true or false/],
    [{ serve: { exec: "sh" } }, /serve\.exec: --exec can be given on the command line only/],
    [{ serve: { __proto__: null, constructor: "x" } }, /serve\.constructor: there is no such option/],
  ];
  for (const [content, says] of wrong) {
    test(`refuses ${JSON.stringify(content)}, and says where it stands`, async (t) => {
      const here = await createFolders(t);
      await here.write("project", content);
      assert.throws(
        () => meant(here, {}),
        (error: Error) =>
          error instanceof UsageError && says.test(error.message) && !error.message.includes("\n"),
      );
    });
  }

  test("refuses a variable that cannot be, by its name", async (t) => {
    const here = await createFolders(t);
    assert.throws(
      () => meant(here, { PORTCALL_VERBOSE: "perhaps" }),
      /PORTCALL_VERBOSE: "perhaps" is neither 1 nor 0/,
    );
    assert.throws(
      () => meant(here, { PORTCALL_SERVE_TIMEOUT: "-1" }),
      /PORTCALL_SERVE_TIMEOUT: --timeout "-1" is not/,
    );
    assert.throws(() => meant(here, { PORTCALL_EXEC: "sh" }), /PORTCALL_EXEC: --exec can be given/);
  });

  describe("leaves out of a command line what was set for others", () => {
    const lines: readonly (readonly [set: Record<string, string>, argv: string[], says: RegExp])[] = [
      [{ SERVE_TIMEOUT: "5m", SERVE_WELCOME: "hi" }, ["serve", "-u", "echo", ":0"], /listening on/],
      [{ SERVE_RATE: "5", SERVE_WATCH: "1", SERVE_REPLY: "no" }, ["serve", "echo", ":0"], /listening on/],
      [{ SERVE_FRAME: "raw" }, ["serve", "--exec", "cat", ":0"], /listening on/],
      [{ SERVE_ALLOW: "10.0.0.0/8" }, ["serve", "-U", "@portcall-left-out"], /listening on/],
      [{ LISTEN_NO_HISTORY: "1", LISTEN_BACKLOG: "5" }, ["listen", "-u", ":0"], /listening on/],
      [{ IPV4: "1" }, ["listen", "-6", ":0"], /listening on \[::1\]/],
      [{ IPV6: "1" }, ["listen", "-4", ":0"], /listening on 127\.0\.0\.1/],
      [{ QUIT: "1s", ANY: "1", RETRY_DELAY: "1s" }, ["connect", "127.0.0.1:1"], /refused/],
    ];
    for (const [set, argv, says] of lines) {
      const names = Object.keys(set).map((name) => `PORTCALL_${name}`);
      test(`${names.join(" ")} portcall ${argv.join(" ")}`, unless(notLinux), async (t) => {
        const env = Object.fromEntries(
          Object.entries(set).map(([name, value]) => [`PORTCALL_${name}`, value]),
        );
        await portcall(t, argv, { env }).printsOnStderr(says);
      });
    }

    test("but never what turns clients away, nor what was typed", async (t) => {
      const open = portcall(t, ["serve", "-u", ":0"], { env: { PORTCALL_SERVE_DENY: "10.0.0.0/8" } });
      assert.equal(await open.code(), 2);
      assert.match(open.stderr, /--deny is for connections, not for datagrams/);
      const typed = portcall(t, ["serve", "-u", "-w", "5m", ":0"], { env: { PORTCALL_TIMEOUT: "1m" } });
      assert.equal(await typed.code(), 2);
      assert.match(typed.stderr, /--timeout is for connections, not for datagrams/);
    });
  });

  test("applies to the command itself", async (t) => {
    const here = await createFolders(t);
    await here.write("project", { connect: { timeout: "soon" } });
    const child = portcall(t, ["connect", "127.0.0.1:1"], { cwd: here.folder });
    assert.equal(await child.code(), 2);
    assert.match(
      child.stderr,
      /^portcall connect: \/.*portcall\.json: connect\.timeout: --timeout "soon" is not a time.*\n$/,
    );
    const other = portcall(t, ["connect", "127.0.0.1:1"], { env: { PORTCALL_VERBOSE: "1" } });
    assert.equal(await other.code(), 11);
    assert.match(other.stderr, /^connect 127\.0\.0\.1:1: ECONNREFUSED/);
  });
});
